public import LineJSON

/// Why a request failed, as it travels in the `error` member of an answer.
///
/// Clients branch on `status` and `reason`, never on the text of `message`.
public struct RPCError: Error, Hashable, Sendable {
    /// One of JSON-RPC's five numbers (section 5.1), or the status's own number for the failures of methods.
    public var code: Int
    /// gRPC's canonical status; `data.status` on the wire.
    public var status: StatusCode
    /// One sentence for people.
    public var message: String
    /// What exactly was in the way, such as `BULK_SYNC_ACTIVE`; `data.reason`.
    public var reason: String?
    /// The parameter that is wrong; `data.field`.
    public var field: String?
    /// Further members of `data`, in order.
    public var details: [Detail]

    /// One member of `data`.
    public struct Detail: Hashable, Sendable {
        /// The member's name.
        public var name: String
        /// Its value, as JSON.
        public var json: [UInt8]

        /// A member whose value is JSON already.
        public init(name: String, json: [UInt8]) {
            self.name = name
            self.json = json
        }
    }

    /// A method's own failure: the code is the status's number.
    public init(_ status: StatusCode, _ message: String, reason: String? = nil, field: String? = nil) {
        self.init(code: status.number, status, message, reason: reason, field: field)
    }

    init(code: Int, _ status: StatusCode, _ message: String, reason: String? = nil, field: String? = nil) {
        self.code = code
        self.status = status
        self.message = message
        self.reason = reason
        self.field = field
        details = []
    }

    /// The same error with one more member in `data`.
    public func with(_ name: String, _ value: some JSONWritable) -> RPCError {
        var writer = JSONWriter()
        writer.value(value)
        var error = self
        error.details.append(Detail(name: name, json: writer.take()))
        return error
    }
}

/// The errors that JSON-RPC 2.0 reserves (section 5.1).
extension RPCError {
    /// The numbers of the reserved errors.
    public enum ReservedCode {
        /// The line is no JSON.
        public static let parseError = -32_700
        /// The JSON is no request.
        public static let invalidRequest = -32_600
        /// There is no such method.
        public static let methodNotFound = -32_601
        /// The parameters are wrong.
        public static let invalidParams = -32_602
        /// Something is broken on the server.
        public static let internalError = -32_603
    }

    /// The line is no JSON; `data.offset` is the byte at which it went wrong.
    public static func parseError(_ error: JSONError) -> RPCError {
        RPCError(code: ReservedCode.parseError, .invalidArgument, "Parse error: \(error)").with("offset", error.offset)
    }

    /// The JSON is no request.
    public static func invalidRequest(_ explanation: String, reason: String? = nil) -> RPCError {
        RPCError(
            code: ReservedCode.invalidRequest,
            .invalidArgument,
            "Invalid Request: \(explanation)",
            reason: reason
        )
    }

    /// The line is longer than the server reads.
    public static func lineTooLong(byteLimit: Int) -> RPCError {
        invalidRequest("the line is longer than \(byteLimit) bytes", reason: "LINE_TOO_LONG").with(
            "line_bytes_max",
            byteLimit
        )
    }

    /// There is no such method.
    public static func methodNotFound(_ method: String) -> RPCError {
        RPCError(code: ReservedCode.methodNotFound, .unimplemented, "Method not found: \(method)")
    }

    /// A parameter is wrong or missing; nil as `field` where it is about the parameters as a whole.
    public static func invalidParams(_ explanation: String, field: String?) -> RPCError {
        RPCError(
            code: ReservedCode.invalidParams,
            .invalidArgument,
            "Invalid params: \(explanation)",
            field: field
        )
    }

    /// Something is broken on the server.
    public static func internalError(_ explanation: String) -> RPCError {
        RPCError(code: ReservedCode.internalError, .internal, "Internal error: \(explanation)")
    }
}
