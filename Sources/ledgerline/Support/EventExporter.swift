import EventSourcing
import LineJSON

/// Turns pages of events into the bytes of a file.
struct EventExporter {
    /// Behind which event an export ends.
    struct End {
        /// The last position that is exported.
        var position: Int64?
        /// Events at or after this instant are not exported.
        var time: Timestamp?
    }

    let format: ExportCommand.Format
    let end: End
    private(set) var events: Int64 = 0
    /// Whether an event behind the end came.
    private(set) var isDone = false
    private var bytes: [UInt8] = []

    init(format: ExportCommand.Format, end: End) {
        self.format = format
        self.end = end
    }

    var header: [UInt8] {
        format == .csv ? Array("position,time,type,org,workspace,data\r\n".utf8) : []
    }

    /// Takes an answer of `events.read`; returns the position to go on from.
    mutating func take(_ page: JSONView) throws -> Int64 {
        guard let next = page.integer("next"), let events = page["events"] else {
            throw CommandFailure(.refused, "events.read answered without events")
        }
        for event in events.elements where !isDone { take(event: event) }
        return next
    }

    mutating func takeBytes() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func take(event: JSONView) {
        guard !isBehindEnd(event) else {
            isDone = true
            return
        }
        events += 1
        switch format {
        case .jsonl:
            bytes += event.rawBytes
            bytes.append(UInt8(ascii: "\n"))
        case .csv:
            appendRow(event)
        }
    }

    private func isBehindEnd(_ event: JSONView) -> Bool {
        if let position = end.position, event.count("position") > position { return true }
        if let time = end.time, let eventTime = Timestamp(event.text("time")), eventTime >= time { return true }
        return false
    }

    private mutating func appendRow(_ event: JSONView) {
        let fields = ["time", "type", "org", "workspace"] as [StaticString]
        bytes += Array("\(event.count("position"))".utf8)
        for name in fields { appendField(Array((event[name]?.string() ?? "").utf8)) }
        appendField(event["data"].map { Array($0.rawBytes) } ?? [])
        bytes += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
    }

    /// A field behind a comma, in quotes where RFC 4180 wants them.
    private mutating func appendField(_ field: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        bytes.append(UInt8(ascii: ","))
        let needsQuotes = field.contains {
            [quote, UInt8(ascii: ","), UInt8(ascii: "\r"), UInt8(ascii: "\n")].contains($0)
        }
        guard needsQuotes else { return bytes += field }
        bytes.append(quote)
        for byte in field {
            if byte == quote { bytes.append(quote) }
            bytes.append(byte)
        }
        bytes.append(quote)
    }
}
