/// How far a stream was followed, so that the next one goes on exactly there.
struct ResumePoint {
    private var request: EventStreamRequest
    /// The first position that was not seen yet; nil until the server said anything.
    private(set) var next: Int64?

    init(_ request: EventStreamRequest) {
        self.request = request
    }

    /// The request that goes on where this one stopped.
    var resumed: EventStreamRequest {
        var resumed = request
        if let next { resumed.from = .position(next) }
        return resumed
    }

    /// Takes note of a line; false when it is an event that was seen before.
    mutating func take(_ line: StreamLine) -> Bool {
        switch line {
        case .event(let event):
            if let next, event.position < next { return false }
            next = event.position + 1
        case .control(let control):
            advance(by: control)
        }
        return true
    }

    private mutating func advance(by control: ControlLine) {
        guard let position = control.position else { return }
        switch control.name {
        case "streaming": next = max(next ?? 0, position)
        case "caught_up": next = max(next ?? 0, position + 1)
        // A heartbeat tells the log's head, which a stream may not have reached.
        default: break
        }
    }
}
