/// gRPC's canonical status codes: the number and the name that every failure of a method carries.
///
/// Source: https://grpc.io/docs/guides/status-codes/
public struct StatusCode: Hashable, Sendable {
    /// 0 … 16.
    public let number: Int

    private init(_ number: Int) {
        self.number = number
    }

    /// Done.
    public static let ok = StatusCode(0)
    /// The caller cancelled.
    public static let cancelled = StatusCode(1)
    /// An error of which nothing more is known.
    public static let unknown = StatusCode(2)
    /// The arguments are wrong, whatever the state of the system.
    public static let invalidArgument = StatusCode(3)
    /// The deadline passed first; the command may have been carried out.
    public static let deadlineExceeded = StatusCode(4)
    /// There is no such thing.
    public static let notFound = StatusCode(5)
    /// It exists already, with other content.
    public static let alreadyExists = StatusCode(6)
    /// The caller is known and may not.
    public static let permissionDenied = StatusCode(7)
    /// A quota or a bound is used up.
    public static let resourceExhausted = StatusCode(8)
    /// The system is not in the state the command needs; sending it again alone does not help.
    public static let failedPrecondition = StatusCode(9)
    /// Somebody else was faster; read again and retry.
    public static let aborted = StatusCode(10)
    /// Past the valid range, such as a position no longer held.
    public static let outOfRange = StatusCode(11)
    /// There is no such method.
    public static let unimplemented = StatusCode(12)
    /// Something is broken on the server.
    public static let `internal` = StatusCode(13)
    /// Not now; retry later.
    public static let unavailable = StatusCode(14)
    /// Stored data is lost or damaged.
    public static let dataLoss = StatusCode(15)
    /// The caller did not say who it is.
    public static let unauthenticated = StatusCode(16)

    private static let names: [StaticString] = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]

    /// All seventeen, in the order of their numbers.
    public static let allCases = names.indices.map { number in StatusCode(number) }

    /// The name as it stands in `data.status`, such as `FAILED_PRECONDITION`.
    public var name: StaticString { StatusCode.names[number] }

    /// The code with this number; nil outside 0 … 16.
    public init?(number: Int) {
        guard StatusCode.names.indices.contains(number) else { return nil }
        self.number = number
    }

    /// The code with this name; nil for a name that gRPC does not have.
    public init?(name: String) {
        guard let number = StatusCode.names.firstIndex(where: { $0.description == name }) else { return nil }
        self.number = number
    }
}

extension StatusCode: CustomStringConvertible {
    /// The name.
    public var description: String { name.description }
}
