import EventSourcing
import LineProtocol

/// What is said where a bound is reached that is about no parameter.
extension RPCError {
    static let tooManyConnections = RPCError(
        .resourceExhausted,
        "the server takes no more connections now; try again later",
        reason: ClosedConnection.connectionsMax.rawValue
    )

    /// No token is looked at any more, good ones neither.
    static func tooManyUselessTokens(max: Int) -> RPCError {
        RPCError(
            .unauthenticated,
            "\(max) tokens that are of no use were shown on this connection, which is closed; connect again with a valid one",
            reason: ClosedConnection.uselessTokens.rawValue
        ).with("max", max)
    }

    static func tooManySubscriptions(max: Int) -> RPCError {
        RPCError(.resourceExhausted, "a connection may have \(max) subscriptions", reason: "SUBSCRIPTIONS_MAX")
            .with("max", max)
    }

    static func tooManyReaders(max: Int) -> RPCError {
        RPCError(
            .resourceExhausted,
            "there are \(max) streams and subscriptions already, as many as there may be",
            reason: "READERS_MAX"
        ).with("max", max)
    }

    /// The answers to the first requests of a batch are so long that no more of it is carried out.
    static let batchAnswersTooLong = RPCError(
        .resourceExhausted,
        "the answer to the batch is too long already; ask in another one. Nothing was done",
        reason: "BATCH_ANSWER_TOO_LONG"
    )

    /// There is more to do than can be held; nothing was done.
    static func overloaded(retryAfter: TimeSpan) -> RPCError {
        RPCError(
            .unavailable,
            "the server has more to do than it takes; nothing was done. Try again in \(retryAfter.milliseconds) ms",
            reason: "OVERLOADED"
        ).with("retry_after_ms", retryAfter.milliseconds)
    }
}
