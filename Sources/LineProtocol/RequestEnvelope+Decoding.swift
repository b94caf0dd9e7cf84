import LineJSON

/// From a parsed JSON value to a request, by section 4 of JSON-RPC 2.0 or by the netcat rules.
extension RequestEnvelope {
    /// Throws what has to be answered instead (or, for a notification, only counted).
    init(_ value: JSONView, isInBatch: Bool) throws(RejectedRequest) {
        guard value.kind == .object else {
            throw RejectedRequest(reply: .unreadable, error: .invalidRequest("a request is an object"))
        }
        let members = EnvelopeMembers(of: value)
        dialect = members.jsonrpc == nil && !isInBatch ? .netcat : .jsonRPC
        do throws(RPCError) {
            try members.checkShape(dialect: dialect)
        } catch {
            // Whether an invalid request was a notification cannot be told: it is answered (section 5 and its
            // examples).
            throw RejectedRequest(reply: ReplyHeader(dialect: dialect, id: members.readableID), error: error)
        }
        method = members.method.unsafelyUnwrapped
        id = members.id
        params = members.params
        token = members.token
        deadlineMilliseconds = members.deadline?.integer
        do throws(RPCError) {
            try members.checkExtensions()
        } catch {
            throw RejectedRequest(reply: reply, error: error)
        }
    }
}

/// The members of a request object, before they are checked.
private struct EnvelopeMembers {
    var jsonrpc: JSONView?
    var id: JSONView?
    var method: JSONView?
    var params: JSONView?
    var deadline: JSONView?
    var token: JSONView?
    /// The name of the first member that is none of these.
    var unknownName: JSONView?

    init(of request: JSONView) {
        for (name, value) in request.members {
            if name.equals("method") {
                method = value
            } else if name.equals("params") {
                params = value
            } else if name.equals("id") {
                id = value
            } else if name.equals("jsonrpc") {
                jsonrpc = value
            } else if name.equals("deadline_ms") {
                deadline = value
            } else if name.equals("token") {
                token = value
            } else if unknownName == nil {
                unknownName = name
            }
        }
    }

    private static let knownNames = "method, params, id, deadline_ms, token, jsonrpc"

    /// The id when it is a legal one, else null.
    var readableID: RequestID {
        guard let id, EnvelopeMembers.isLegalID(id) else { return .null }
        return RequestID(json: id.rawBytes)
    }

    /// Throws -32600 when the object is no request.
    func checkShape(dialect: RequestDialect) throws(RPCError) {
        try checkDialect(dialect)
        guard id.map(EnvelopeMembers.isLegalID) != false else {
            throw .invalidRequest("id must be a string, a number or null")
        }
        guard method?.kind == .string else { throw .invalidRequest("method must be a string") }
        guard let params else { return }
        guard params.kind == .object || params.kind == .array else { throw .invalidRequest("params must be an object") }
    }

    private func checkDialect(_ dialect: RequestDialect) throws(RPCError) {
        switch dialect {
        case .jsonRPC:
            guard jsonrpc?.equals("2.0") == true else { throw .invalidRequest("jsonrpc must be \"2.0\"") }
        case .netcat:
            guard let unknownName else { return }
            throw .invalidRequest(
                "unknown member \"\(unknownName.string() ?? "")\"; known are \(EnvelopeMembers.knownNames)"
            )
        }
    }

    /// Throws -32602 when one of our own members beside the specification's is wrong.
    func checkExtensions() throws(RPCError) {
        if let deadline, !EnvelopeMembers.isLegalDeadline(deadline) {
            throw .invalidParams(
                "deadline_ms must be an integer from 1 to \(RequestEnvelope.deadlineMillisecondsMax)",
                field: "deadline_ms"
            )
        }
        if let token, token.kind != .string { throw .invalidParams("token must be a string", field: "token") }
    }

    private static func isLegalDeadline(_ deadline: JSONView) -> Bool {
        deadline.integer.map((1...RequestEnvelope.deadlineMillisecondsMax).contains) ?? false
    }

    private static func isLegalID(_ id: JSONView) -> Bool {
        id.kind == .number || id.kind == .string || id.kind == .null
    }
}
