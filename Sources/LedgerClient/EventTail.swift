import LineProtocol

/// Follows the log through lost connections and restarts of the server: each time it connects again and goes on behind the
/// last event it saw, so that nothing is missed and nothing comes twice.
public struct EventTail: Sendable {
    /// What happens while the log is followed.
    public enum Update: Sendable {
        /// The next line of the stream.
        case line(StreamLine)
        /// The connection was lost; the next attempt is made after `retryIn`.
        case disconnected(any Error, retryIn: Duration)
        /// The stream goes on after it was disconnected.
        case reconnected
    }

    /// Where the server is.
    public var address: ServerAddress
    /// Where to begin, and which events.
    public var request: EventStreamRequest
    /// How connections are made.
    public var configuration: ClientConfiguration
    /// How long to wait between attempts.
    public var backoff: Backoff

    /// Follows the events of a request.
    public init(
        _ address: ServerAddress,
        _ request: EventStreamRequest,
        configuration: ClientConfiguration = ClientConfiguration(),
        backoff: Backoff = Backoff()
    ) {
        self.address = address
        self.request = request
        self.configuration = configuration
        self.backoff = backoff
    }

    /// Hands every update to `body` until the task is cancelled or `body` throws.
    ///
    /// Throws when the first connection fails, when the server refuses the stream (`RPCError` other than UNAVAILABLE), and
    /// whatever `body` throws.
    public func run(_ body: (Update) async throws -> Void) async throws {
        var resumePoint = ResumePoint(request)
        var backoff = backoff
        var random = SystemRandomNumberGenerator()
        var isFirst = true
        while true {
            let failure: any Error
            do {
                try await follow(&resumePoint, &backoff, isFirst: isFirst, body)
                failure = LedgerClientError.connectionLost(address, reason: "the server closed the stream")
            } catch let error as BodyError {
                throw error.underlying
            } catch  where EventTail.mayPass(error) && !(isFirst && resumePoint.next == nil) {
                failure = error
            }
            isFirst = false
            let wait = backoff.afterFailure(using: &random)
            try await body(.disconnected(failure, retryIn: wait))
            try await Task.sleep(for: wait)
        }
    }

    /// Follows one connection to its end.
    private func follow(
        _ resumePoint: inout ResumePoint,
        _ backoff: inout Backoff,
        isFirst: Bool,
        _ body: (Update) async throws -> Void
    ) async throws {
        // Copies, because what the closure changes must not be borrowed from the caller while it is suspended.
        var point = resumePoint
        var wait = backoff
        defer { (resumePoint, backoff) = (point, wait) }
        try await withEventStream(to: address, point.resumed, configuration: configuration) { lines in
            var isConfirmed = isFirst
            for try await line in lines {
                wait.reset()
                guard point.take(line) else { continue }
                do {
                    if !isConfirmed { try await body(.reconnected) }
                    isConfirmed = true
                    try await body(.line(line))
                } catch {
                    throw BodyError(underlying: error)
                }
            }
        }
    }

    /// Whether another attempt may succeed.
    private static func mayPass(_ error: any Error) -> Bool {
        switch error {
        case let error as RPCError: error.status == .unavailable
        case LedgerClientError.cannotConnect, LedgerClientError.cannotEncrypt, LedgerClientError.connectionLost: true
        default: false
        }
    }

    /// Tells what the caller's own closure threw from what the connection did.
    private struct BodyError: Error {
        var underlying: any Error
    }
}
