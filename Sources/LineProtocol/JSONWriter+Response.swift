public import LineJSON

/// Answers and notifications, as the server writes them. The caller ends the line.
extension JSONWriter {
    /// Writes an answer whose result is the value that `result` writes.
    @inlinable
    package mutating func answer<E: Error>(
        _ reply: ReplyHeader,
        result: (inout JSONWriter) throws(E) -> Void
    ) throws(E) {
        try object(openedBy: { $0.openAnswer(reply, with: #""result":"#) }, upTo: reply.answerBytesMax, result)
    }

    /// Writes an answer whose result is the value of at most `capacity` bytes that `result` writes, in one step.
    @inlinable @inline(__always)
    package mutating func answer(_ reply: ReplyHeader, upTo capacity: Int, result: (inout JSONPieces) -> Void) {
        value(upTo: reply.answerBytesMax + capacity) { answer in
            answer.openAnswer(reply, with: #""result":"#)
            result(&answer)
            answer.write("}")
        }
    }

    /// Writes an answer that is an error.
    package mutating func answer(_ reply: ReplyHeader, error: RPCError) {
        object(openedBy: { $0.openAnswer(reply, with: #""error":"#) }, upTo: reply.answerBytesMax) { answer in
            answer.value(error)
        }
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

extension JSONPieces {
    /// Writes an answer up to the value of its last member, given by its name in quotes and the colon.
    @inlinable @inline(__always)
    mutating func openAnswer(_ reply: ReplyHeader, with lastName: StaticString) {
        switch reply.dialect {
        case .jsonRPC: write(#"{"jsonrpc":"2.0","id":"#)
        case .netcat: write(#"{"id":"#)
        }
        reply.id.withBytes { id in write(id) }
        write(",")
        write(lastName)
    }
}

extension ReplyHeader {
    /// What an answer may take besides its result or error, in bytes.
    @inlinable var answerBytesMax: Int { 64 + id.count }
}
