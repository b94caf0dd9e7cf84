/// What happened in a run: as a hash, by which two runs are told apart, and, when it is wanted, in words.
struct Trace {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var steps: [String] = []
    private let isKept: Bool

    init(isKept: Bool) {
        self.isKept = isKept
    }

    mutating func note(_ step: @autoclosure () -> String, _ numbers: Int...) {
        for number in numbers { add(UInt64(bitPattern: Int64(number))) }
        if isKept { steps.append(step()) }
    }

    /// Takes in bytes that somebody got.
    mutating func take(_ bytes: [UInt8]) {
        var mixed = hash
        bytes.withUnsafeBytes { bytes in
            for byte in bytes { mixed = (mixed ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        hash = mixed
    }

    private mutating func add(_ number: UInt64) {
        hash = (hash ^ number) &* 0x100_0000_01B3
        hash ^= hash >> 29
    }
}
