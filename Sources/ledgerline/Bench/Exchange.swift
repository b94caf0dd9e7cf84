import LineJSON
import LineProtocol

/// Matches answers with the requests that wait for them, and judges them.
struct Exchange: Sendable {
    var inFlight: InFlight
    var slice = LoadSlice()

    private var check: AnswerCheck

    init(_ kind: RequestKind, inFlight: Int) {
        self.inFlight = InFlight(max: inFlight)
        check = AnswerCheck(kind)
    }

    @inline(__always)
    mutating func take(_ line: FramedLine, at now: UInt64, _ decoder: inout ServerMessageDecoder) {
        guard case .line(let bytes) = line else { return slice.note("an over-long line") }
        guard let id = check.idOfUsualAnswer(bytes) else { return decode(bytes, at: now, &decoder) }
        end(id, at: now)
    }

    private mutating func decode(
        _ line: UnsafeRawBufferPointer,
        at now: UInt64,
        _ decoder: inout ServerMessageDecoder
    ) {
        do {
            try decoder.withDecoded(line) { message in take(message, at: now) }
        } catch {
            slice.note("\(error)")
        }
    }

    private mutating func take(_ message: ServerMessage, at now: UInt64) {
        switch message {
        case .result(let id, let result):
            if let problem = check.problem(with: result) {
                refuse(id.integer, "\(problem): \(String(decoding: result.rawBytes, as: UTF8.self))")
            } else {
                end(id.integer, at: now)
            }
        case .failure(let id, let error):
            refuse(id.integer, "\(error.status): \(error.message)")
        case .notification, .control, .event:
            slice.note("an unexpected line")
        }
    }

    @inline(__always)
    private mutating func end(_ id: Int64?, at now: UInt64) {
        guard let id, let sentAt = inFlight.end(id) else { return slice.note("an answer to no request") }
        slice.record(nanoseconds: now &- min(now, sentAt))
    }

    /// Frees the slot of a request that was answered, but not well.
    private mutating func refuse(_ id: Int64?, _ problem: String) {
        if let id { _ = inFlight.end(id) }
        slice.note(problem)
    }
}
