package import EventSourcing
package import LineJSON
import SQLiteEventLog

/// One line of the log, its members found but not decoded. Valid only within the closure it was lent to.
package struct LogLine {
    package let position: LogPosition
    package let time: Timestamp
    package let type: JSONView
    package let org: JSONView
    /// Nil for events of an org.
    package let workspace: JSONView?
    package let data: JSONView

    /// Throws `UnreadableEvent` when a member that every event has is missing.
    fileprivate init(_ view: JSONView, times: inout TimeMemo) throws(UnreadableEvent) {
        var found = Found()
        for (key, value) in view.members { found.take(key, value, times: &times) }
        guard let position = found.position, let time = found.time, let type = found.type, let org = found.org,
            let data = found.data
        else {
            throw UnreadableEvent(position: found.position, reason: "position, time, type, org or data is missing")
        }
        (self.position, self.time, self.type, self.org, self.data) = (position, time, type, org, data)
        workspace = found.workspace
    }

    package var isCall: Bool { type.equals("api.called") }

    private struct Found {
        var position: LogPosition?
        var time: Timestamp?
        var type: JSONView?
        var org: JSONView?
        var workspace: JSONView?
        var data: JSONView?

        mutating func take(_ key: JSONView, _ value: JSONView, times: inout TimeMemo) {
            if key.equals("position") {
                position = value.integer.map { LogPosition($0) }
            } else if key.equals("time") {
                time = times.time(value)
            } else if key.equals("type") {
                type = value
            } else if key.equals("org") {
                org = value
            } else if key.equals("workspace") {
                workspace = value
            } else if key.equals("data") {
                data = value
            }
        }
    }
}

/// The last time read: the lines of one turn of the sequencer have the same one, as the same bytes.
private struct TimeMemo {
    private var text: [UInt8] = []
    private var time: Timestamp?

    mutating func time(_ view: JSONView) -> Timestamp? {
        let isSame = text.withUnsafeBytes { known in
            known.count == view.rawBytes.count && known.elementsEqual(view.rawBytes)
        }
        if isSame { return time }
        text.removeAll(keepingCapacity: true)
        text.append(contentsOf: view.rawBytes)
        time = view.timestamp
        return time
    }
}

/// Reads lines of the log one by one with one tape.
package struct LogLineReader: ~Copyable {
    private var tape = JSONTape()
    private var times = TimeMemo()

    package init() {}

    /// Lends every line of a block to `body`, in order.
    package mutating func forEachLine(of block: Block, _ body: (LogLine) throws -> Void) throws {
        try block.forEachLine { bytes in try withLine(bytes, body) }
    }

    /// Lends one line, given without its `\n`.
    package mutating func withLine<R>(_ bytes: UnsafeRawBufferPointer, _ body: (LogLine) throws -> R) throws -> R {
        do {
            return try tape.withParsed(bytes) { view in try body(try LogLine(view, times: &times)) }
        } catch let error as JSONError {
            throw UnreadableEvent(position: nil, reason: "\(error)")
        }
    }
}

extension Block {
    /// Lends the bytes of every line, without its `\n`, in order.
    package func forEachLine(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        try lines.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let end = bytes.firstNewline(from: start) ?? bytes.count
                try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                start = end + 1
            }
        }
    }
}
