import LineProtocol

/// Something about tokens changed: those who stream by a token that is at its end are told so, and get nothing more.
struct AccessChangedEvent: Sendable {}

extension ConnectionHandler {
    func endReadersWithoutAccess() {
        if case .running(let pump) = stream, !router.access.isStillGood(pump.grant) {
            endStreams(reason: RPCError.accessEnded.message)
        }
        for (number, pump) in subscriptions where !router.access.isStillGood(pump.grant) {
            endSubscription(number, because: RPCError.accessEnded)
        }
    }
}

extension ConnectionHandler {
    /// Takes nothing more from this connection, which ends once what came before is answered.
    func refuseHTTP() {
        answer(ReplyHeader(dialect: .netcat, id: .null), .place(order.takePlace()), error: .noHTTP)
        perform(machine.inputClosed())
    }

    /// Takes nothing more from this connection, on which nothing but useless tokens is to be expected.
    func refuseTokens() {
        let error = RPCError.tooManyUselessTokens(max: setup.configuration.limits.uselessTokensMax)
        setup.connections.countClosed(.uselessTokens)
        // Nothing streams here: what stands behind events.stream is refused unheard, tokens and all.
        answer(ReplyHeader(dialect: .netcat, id: .null), .place(order.takePlace()), error: error)
        stopServing(reason: error.message)
    }
}

extension RPCError {
    static let noHTTP = RPCError(
        .failedPrecondition,
        "this port does not speak HTTP: send one JSON text a line",
        reason: "NO_HTTP"
    )

    /// To a reader whose token was good when it began.
    static let accessEnded = RPCError(
        .unauthenticated,
        "the token by which this was read is at its end, or tokens are demanded now",
        reason: "TOKEN_INVALID"
    )
}
