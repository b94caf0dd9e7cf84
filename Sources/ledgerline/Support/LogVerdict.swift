import EventSourcing
import LineJSON
import SQLiteEventLog

/// What a verification of a log found, from wherever it comes.
struct LogVerdict {
    private let events: Int64
    private let blocks: Int64
    private let firstHeld: Int64
    private let head: LogHead

    init(_ report: VerificationReport) {
        (events, blocks) = (Int64(report.events), Int64(report.blocks))
        (firstHeld, head) = (report.firstHeld.ordinal, report.head)
    }

    /// From the result of `log.verify`.
    init(_ result: JSONView) {
        (events, blocks, firstHeld) = (result.count("events"), result.count("blocks"), result.count("first_held"))
        head = LogHead(result["head"]) ?? .empty
    }

    /// To a person.
    func show(_ title: String = "log", expected: [LogHead] = []) {
        let held = "from \(firstHeld) to \(head.position)"
        Terminal.output.writeLine(
            "\(title.padded(to: 10)) ok: \(Numbers.grouped(events)) events in \(Numbers.grouped(blocks)) blocks, \(held)"
        )
        Terminal.output.writeLine("           \(head)")
        for head in expected { Terminal.output.writeLine("expected   ok: \(head)") }
    }

    /// The members of `log.verify`.
    func write(to writer: inout JSONWriter) {
        writer.member("events", events)
        writer.member("blocks", blocks)
        writer.member("first_held", firstHeld)
        writer.object("head") { $0.members(of: head) }
    }
}

extension LogHead {
    /// From `{position, hash}`.
    init?(_ value: JSONView?) {
        guard let value, let position = value.integer("position") else { return nil }
        self.init(position: LogPosition(position), hash: value.text("hash"))
    }

    /// To standard output: `POSITION:HASH`, or for a program `{position, hash}`.
    func show(asJSON: Bool) {
        guard asJSON else { return Terminal.output.writeLine(description) }
        Terminal.output.writeJSON { $0.members(of: self) }
    }
}

extension JSONWriter {
    mutating func members(of head: LogHead) {
        member("position", head.position.ordinal)
        member("hash", head.hash)
    }
}

extension Terminal {
    /// One object on a line, for a program.
    func writeJSON(_ members: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.object(members)
        writeLine(String(decoding: writer.bytes, as: UTF8.self))
    }
}
