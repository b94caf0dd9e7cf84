import LineProtocol
import NIOCore

/// Everything about one connection's load but the connection: which requests go out, what their answers say, and how
/// long they took.
struct ConnectionLoad: ~Copyable {
    private var writer: RequestWriter
    private var framer = LineFramer()
    private var decoder = ServerMessageDecoder()
    private var exchange: Exchange

    init(_ writer: RequestWriter, inFlight: Int) {
        self.writer = writer
        exchange = Exchange(writer.kind, inFlight: inFlight)
    }

    /// Requests that may be sent now.
    var sendable: Int { exchange.inFlight.freeCount }
    /// Whether every request was answered.
    var isDrained: Bool { exchange.inFlight.isEmpty }

    /// Appends up to `count` requests.
    mutating func writeRequests(_ count: Int, to buffer: inout ByteBuffer, at now: UInt64) {
        for _ in 0..<count {
            guard let id = exchange.inFlight.begin(at: now) else { return }
            writer.write(id: id, to: &buffer)
        }
    }

    /// Reads the answers that have come whole.
    mutating func read(_ input: inout ByteBuffer, at now: UInt64) {
        framer.append(&input)
        framer.forEachLine { line in exchange.take(line, at: now, &decoder) }
    }

    /// Takes note of something that went wrong.
    mutating func note(_ problem: String) {
        exchange.slice.note(problem)
    }

    /// What was measured since the last time.
    mutating func takeSlice() -> LoadSlice {
        let taken = exchange.slice
        exchange.slice = LoadSlice()
        return taken
    }
}
