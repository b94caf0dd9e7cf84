public import LineJSON

/// Requests, as the client writes them. The caller ends the line.
extension JSONWriter {
    /// Writes a JSON-RPC 2.0 request.
    ///
    /// - Parameters:
    ///   - params: the parameters as a JSON object, or nil for none.
    ///   - deadlineMilliseconds: how long the caller waits, 1 … `RequestEnvelope.deadlineMillisecondsMax`; nil for ever.
    public mutating func request(
        id: Int64,
        method: String,
        params: [UInt8]? = nil,
        deadlineMilliseconds: Int64? = nil,
        token: String? = nil
    ) {
        object { request in
            request.member("jsonrpc", "2.0" as StaticString)
            request.member("id", id)
            request.member("method", method)
            if let params { request.member("params", raw: params) }
            if let deadlineMilliseconds { request.member("deadline_ms", deadlineMilliseconds) }
            if let token { request.member("token", token) }
        }
    }
}
