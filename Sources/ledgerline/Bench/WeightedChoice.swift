/// Draws one of several things as often as its weight says: a table with as many entries for each as its share is.
struct WeightedChoice: Sendable {
    /// Entries of the table: a draw takes so many bits of a random word.
    static let bits = 10

    private let entries: [UInt8]

    /// - Parameter weights: 1 … 255 of them, none larger than their sum, none so small that its share is below 1/1024.
    init(_ weights: [Int]) {
        let count = 1 << WeightedChoice.bits
        let total = weights.reduce(0, +)
        var entries: [UInt8] = []
        var sum = 0
        for (index, weight) in weights.enumerated() {
            sum += weight
            entries += Array(repeating: UInt8(index), count: sum * count / total - entries.count)
        }
        self.entries = entries
    }

    /// Draws with the lowest bits, and takes them away.
    @inline(__always)
    func draw(_ random: inout UInt64) -> Int {
        defer { random >>= WeightedChoice.bits }
        return Int(entries[Int(truncatingIfNeeded: random & (1 << WeightedChoice.bits - 1))])
    }
}
