import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import NIOCore

/// How a reader of events wants them written.
enum EventOutput {
    /// `events.stream`: the log's own lines, byte for byte, and control lines between them.
    case rawLines
    /// `events.subscribe`: notifications that name the subscription.
    case notifications(subscription: Int64, RequestDialect)

    /// Events that are appended at a time at most: those of one `events.batch`. Raw lines have no borders.
    var eventsAtATime: Int {
        switch self {
        case .rawLines: .max
        case .notifications: 1_000
        }
    }

    /// Appends events that follow each other, given as lines with their `\n`.
    func append(_ lines: ArraySlice<UInt8>, count: Int, through position: LogPosition, to buffer: inout ByteBuffer) {
        guard count > 0 else { return }
        switch self {
        case .rawLines:
            buffer.writeBytes(lines)
        case .notifications(let subscription, let dialect):
            var writer = JSONWriter()
            writer.notification("events.batch", dialect: dialect) { params in
                params.member("subscription", subscription)
                params.key("events")
                params.value(raw: EventOutput.array(of: lines))
                params.member("position", position)
            }
            writer.endLine()
            buffer.writeBytes(writer.bytes)
        }
    }

    /// Appends a control line.
    func append(control name: StaticString, to buffer: inout ByteBuffer, members: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        switch self {
        case .rawLines:
            writer.control(name, members: members)
        case .notifications(let subscription, let dialect):
            writer.notification("events.control", dialect: dialect) { params in
                params.member("subscription", subscription)
                params.member("control", name)
                members(&params)
            }
        }
        writer.endLine()
        buffer.writeBytes(writer.bytes)
    }

    /// `[line,line,…]`: each line is a JSON object already.
    private static func array(of lines: ArraySlice<UInt8>) -> [UInt8] {
        var array: [UInt8] = [UInt8(ascii: "[")]
        array.reserveCapacity(lines.count + 1)
        array.append(contentsOf: lines)
        for index in array.indices where array[index] == UInt8(ascii: "\n") { array[index] = UInt8(ascii: ",") }
        array[array.count - 1] = UInt8(ascii: "]")
        return array
    }
}
