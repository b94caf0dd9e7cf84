import EventSourcing

extension Timestamp {
    /// Reads the compact form of event log files, in UTC: `20150517100500.561`.
    init?(eventLog text: ArraySlice<UInt8>) {
        let digits = Array(text)
        guard digits.count == 18, digits[14] == UInt8(ascii: ".") else { return nil }
        // The same instant in the form that `Timestamp` reads: only the separators are missing.
        var rfc3339: [UInt8] = []
        rfc3339 += digits[0..<4] + [UInt8(ascii: "-")] + digits[4..<6] + [UInt8(ascii: "-")] + digits[6..<8]
        rfc3339 += [UInt8(ascii: "T")] + digits[8..<10] + [UInt8(ascii: ":")] + digits[10..<12]
        rfc3339 += [UInt8(ascii: ":")] + digits[12..<18] + [UInt8(ascii: "Z")]
        self.init(text: rfc3339)
    }
}
