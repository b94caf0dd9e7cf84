import LineJSON
import LineProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Counts the events of a stream, each of which must be one position behind the one before it. Only as much of a line is
/// read as that takes: what is measured is the server.
struct StreamLineCounter {
    private(set) var events: Int64 = 0
    /// Bytes of event lines, their ends included.
    private(set) var bytes: Int64 = 0

    private static let eventOpening: StaticString = #"{"position":"#
    private var last: Int64?

    /// Takes the next line; true when it says that everything was sent. Throws `CommandFailure` when an event is missing
    /// or the line is a refusal, and `RPCError`.
    mutating func take(_ line: FramedLine) throws -> Bool {
        guard case .line(let text) = line else { throw CommandFailure(.refused, "an over-long line") }
        guard let position = position(text) else { return try takeControl(text) }
        if let last, position != last + 1 {
            throw CommandFailure(.verification, "position \(position) came behind \(last)")
        }
        last = position
        events += 1
        bytes += Int64(text.count) + 1
        return false
    }

    /// nil when the line is no event.
    private func position(_ text: UnsafeRawBufferPointer) -> Int64? {
        let opening = StreamLineCounter.eventOpening
        let start = opening.utf8CodeUnitCount
        guard text.count > start, memcmp(text.baseAddress.unsafelyUnwrapped, opening.utf8Start, start) == 0 else {
            return nil
        }
        var number: Int64 = 0
        var cursor = start
        while cursor < text.count, cursor - start < TextCursor.decimalBytesMax {
            let digit = text[cursor] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            number = number * 10 + Int64(digit)
            cursor += 1
        }
        return cursor > start ? number : nil
    }

    private func takeControl(_ text: UnsafeRawBufferPointer) throws -> Bool {
        var decoder = ServerMessageDecoder()
        return try decoder.withDecoded(text) { message in
            switch message {
            case .control(let name, _): return name.equals("caught_up")
            case .failure(_, let error): throw error
            case .result, .notification, .event: throw CommandFailure(.refused, "an unexpected line")
            }
        }
    }
}
