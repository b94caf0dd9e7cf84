public import LineJSON

/// The wire form: `{"code":9,"message":"…","data":{"status":"FAILED_PRECONDITION","reason":"…","field":"…",
/// …details}}`.
extension RPCError: JSONWritable {
    /// Writes the error object (JSON-RPC 2.0 section 5.1).
    public func write(to writer: inout JSONWriter) {
        writer.object { error in
            error.member("code", code)
            error.member("message", message)
            error.object("data") { data in writeData(to: &data) }
        }
    }

    private func writeData(to data: inout JSONWriter) {
        data.member("status", status.name)
        if let reason { data.member("reason", reason) }
        if let field { data.member("field", field) }
        for detail in details {
            data.key(detail.name)
            data.value(raw: detail.json)
        }
    }

    /// Reads an error object; nil when it is none. Servers that send no `data.status` get the one their code stands
    /// for.
    public init?(_ error: JSONView) {
        guard let code = error["code"]?.integer, let message = error["message"]?.string() else { return nil }
        self.init(code: Int(code), RPCError.status(impliedBy: Int(code)), message)
        guard let data = error["data"] else { return }
        for (name, value) in data.members { readData(name, value) }
    }

    private mutating func readData(_ name: JSONView, _ value: JSONView) {
        if name.equals("status"), let status = value.string().flatMap(StatusCode.init(name:)) {
            self.status = status
        } else if name.equals("reason"), let reason = value.string() {
            self.reason = reason
        } else if name.equals("field"), let field = value.string() {
            self.field = field
        } else {
            details.append(Detail(name: name.string() ?? "", json: Array(value.rawBytes)))
        }
    }

    private static func status(impliedBy code: Int) -> StatusCode {
        switch code {
        case ReservedCode.parseError, ReservedCode.invalidRequest, ReservedCode.invalidParams: .invalidArgument
        case ReservedCode.methodNotFound: .unimplemented
        case ReservedCode.internalError: .internal
        default: StatusCode(number: code) ?? .unknown
        }
    }
}
