import TestSupport

/// Makes new inputs of those that are there.
enum InputChange {
    /// Bytes that mean something to one reader or another, or to none.
    private static let telling: [UInt8] =
        Array("\0\t\n\r \",:;=/\\{}[]-+.0159eEtfnu".utf8) + [0x7F, 0x80, 0xBF, 0xC0, 0xEF, 0xFF]
    private static let stretchMax = 64

    /// One of the inputs after one to four changes.
    static func random(of inputs: [[UInt8]], using random: inout SeededRandom) -> [UInt8] {
        var input = inputs.randomElement(using: &random) ?? []
        for _ in 1...Int.random(in: 1...4, using: &random) {
            let other = inputs.randomElement(using: &random) ?? []
            change(&input, with: other, using: &random)
        }
        return input
    }

    private static func change(_ input: inout [UInt8], with other: [UInt8], using random: inout SeededRandom) {
        guard !input.isEmpty else {
            input = other
            return
        }
        let place = Int.random(in: input.indices, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: input[place] = telling.randomElement(using: &random)!
        case 2: input.insert(telling.randomElement(using: &random)!, at: place)
        case 3: input.removeSubrange(stretch(of: input, from: place, using: &random))
        case 4: input.insert(contentsOf: input[stretch(of: input, from: place, using: &random)], at: place)
        case 5: input.removeSubrange(place...)
        default: input = Array(input[..<place] + other.suffix(.random(in: 0...other.count, using: &random)))
        }
    }

    private static func stretch(of input: [UInt8], from place: Int, using random: inout SeededRandom) -> Range<Int> {
        place..<min(input.count, place + Int.random(in: 1...stretchMax, using: &random))
    }
}
