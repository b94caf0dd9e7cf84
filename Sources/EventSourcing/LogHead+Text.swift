/// `POSITION:HASH`, for people to note elsewhere: who has it can tell later that the log was not cut off.
extension LogHead: LosslessStringConvertible {
    /// `18:7f83b165…`
    public var description: String { "\(position):\(hash)" }

    /// Reads what `description` writes; nil for anything else.
    public init?(_ description: String) {
        let parts = description.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let ordinal = Int64(parts[0]), ordinal >= 0, LogHead.isHash(parts[1].utf8) else {
            return nil
        }
        self.init(position: LogPosition(ordinal), hash: String(parts[1]))
    }

    private static func isHash(_ text: Substring.UTF8View) -> Bool {
        text.count == empty.hash.utf8.count
            && text.allSatisfy { digit in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(digit)
            }
    }
}
