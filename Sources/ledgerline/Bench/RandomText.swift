/// Random characters, two at a time out of a table.
struct RandomText: Sendable {
    /// Five bits a character, as in ULIDs (Crockford's alphabet).
    static let base32 = RandomText(alphabet: "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    /// Letters of both cases and digits, as in Salesforce's record ids.
    static let base62 = RandomText(alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// Bits of a random word that choose one pair.
    private static let bitsPerPair = 16
    /// All pairs of characters, as they lie in memory.
    private let pairs: [UInt16]

    private init(alphabet: String) {
        pairs = alphabet.utf8.flatMap { first in
            alphabet.utf8.map { second in UInt16(littleEndian: UInt16(second) << 8 | UInt16(first)) }
        }
    }

    /// Appends so many pairs of characters.
    @inline(__always)
    func write(pairs count: Int, to text: inout TextCursor, using random: inout SplitMix64) {
        var rest = count
        while rest > 0 {
            var bits = random.next()
            for _ in 0..<min(rest, UInt64.bitWidth / RandomText.bitsPerPair) {
                let index = ((bits & 0xFFFF) &* UInt64(truncatingIfNeeded: pairs.count)) >> RandomText.bitsPerPair
                text.write(pairs[Int(truncatingIfNeeded: index)])
                bits >>= RandomText.bitsPerPair
            }
            rest &-= UInt64.bitWidth / RandomText.bitsPerPair
        }
    }
}
