/// `help`, alone or with the name of a method or service behind it: what a person at netcat types first.
enum BareHelp {
    private static let word = "help"

    /// What help is asked for, empty for all; nil when the line is something else.
    static func topic(of line: UnsafeRawBufferPointer) -> String? {
        // Nearly all lines are JSON and begin otherwise: one byte tells.
        guard line.first == UInt8(ascii: "h"), line.starts(with: word.utf8) else { return nil }
        let rest = line.dropFirst(word.utf8.count)
        guard rest.first ?? UInt8(ascii: " ") == UInt8(ascii: " ") else { return nil }
        return String(decoding: rest.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
    }

    static func text(on topic: String) -> String {
        if topic.isEmpty { return Help.overview }
        return Help.text(on: topic) ?? "there is no such method or service; help lists them"
    }
}
