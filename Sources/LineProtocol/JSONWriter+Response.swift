public import LineJSON

/// Answers and notifications, as the server writes them. The caller ends the line.
extension JSONWriter {
    /// Writes an answer whose result is the value that `result` writes.
    @inlinable
    public mutating func answer<E: Error>(
        _ reply: ReplyHeader,
        result: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        try object { answer throws(E) in
            answer.writeHeader(reply)
            answer.key("result")
            try result(&answer)
        }
    }

    /// Writes an answer that is an error.
    public mutating func answer(_ reply: ReplyHeader, error: RPCError) {
        object { answer in
            answer.writeHeader(reply)
            answer.member("error", error)
        }
    }

    @inlinable
    mutating func writeHeader(_ reply: ReplyHeader) {
        writeVersion(reply.dialect)
        member("id", reply.id)
    }

    @inlinable
    mutating func writeVersion(_ dialect: RequestDialect) {
        if dialect == .jsonRPC { member("jsonrpc", "2.0" as StaticString) }
    }

    /// Writes a notification to a client that speaks `dialect`; its parameters are the members that `params` writes.
    @inlinable
    public mutating func notification<E: Error>(
        _ method: StaticString,
        dialect: RequestDialect,
        params: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        try object { notification throws(E) in
            notification.writeVersion(dialect)
            notification.member("method", method)
            try notification.object("params", params)
        }
    }

    /// Writes a control line of an event stream: `{"control":"…", …}` with the members that `members` writes.
    @inlinable
    public mutating func control<E: Error>(
        _ name: StaticString,
        members: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        try object { control throws(E) in
            control.member("control", name)
            try members(&control)
        }
    }
}
