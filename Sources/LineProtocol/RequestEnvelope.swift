public import LineJSON

/// Which rules a request line follows, and so its answer.
public enum RequestDialect: Hashable, Sendable {
    /// The line says `"jsonrpc":"2.0"`: that specification to the letter.
    case jsonRPC
    /// The line does not: a person at netcat. Always answered; `id` and `params` may be left out.
    case netcat
}

/// What an answer needs of its request; small enough to keep until the answer is ready.
public struct ReplyHeader: Hashable, Sendable {
    /// The rules of the request, which its answer follows.
    public var dialect: RequestDialect
    /// The id that is echoed.
    public var id: RequestID

    /// The header of an answer.
    public init(dialect: RequestDialect, id: RequestID) {
        self.dialect = dialect
        self.id = id
    }

    /// For what was no readable request: JSON-RPC 2.0 section 5 wants the id null then.
    public static let unreadable = ReplyHeader(dialect: .jsonRPC, id: .null)
}

/// One well-formed request. It borrows from the line and is valid only inside the closure it was lent to.
public struct RequestEnvelope {
    /// The longest deadline that can be asked for: one day.
    public static let deadlineMillisecondsMax: Int64 = 86_400_000

    /// The name of the method: a string.
    public let method: JSONView
    /// How long the caller waits, in milliseconds, 1 … `deadlineMillisecondsMax`; nil: as long as it takes.
    public let deadlineMilliseconds: Int64?
    /// The caller's credential: a string; nil when it sent none.
    public let token: JSONView?
    /// The rules of the line.
    public let dialect: RequestDialect

    let id: JSONView?
    let params: JSONView?

    /// What the answer begins with, copied out of the line; nil for a notification, which gets none.
    public var reply: ReplyHeader? {
        if id == nil && dialect == .jsonRPC { return nil }
        return ReplyHeader(dialect: dialect, id: id.map { RequestID(json: $0.rawBytes) } ?? .null)
    }

    /// The parameters: an object, or nil when there are none. Asked for after the method is known, so that an unknown
    /// method is the first thing a caller hears about.
    ///
    /// Throws -32602 for parameters by position; an empty list of them counts as none.
    public func namedParams() throws(RPCError) -> JSONView? {
        guard let params, params.kind == .array else { return params }
        guard params.count == 0 else {
            throw .invalidParams("use named parameters (an object), not a list", field: "params")
        }
        return nil
    }
}

/// A request that was refused before any method saw it.
public struct RejectedRequest: Error, Hashable, Sendable {
    /// What the answer begins with; nil for a notification, which gets none.
    public var reply: ReplyHeader?
    /// Why.
    public var error: RPCError
}
