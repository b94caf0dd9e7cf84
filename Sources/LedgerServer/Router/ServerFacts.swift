import EventSourcing
import LedgerService
import LineProtocol

/// What methods tell about the running server; the figures are asked for when they are needed.
struct ServerFacts: Sendable {
    var startedAt: Timestamp
    var limits: ServerLimits
    /// When the certificate of TCP connections ends; nil: they are not encrypted.
    var certificateEnd: @Sendable () -> Timestamp?
    var now: @Sendable () -> Timestamp
    /// False from the moment the server begins to stop.
    var isServing: @Sendable () -> Bool
    var connections: @Sendable () -> Int
    var subscriptions: @Sendable () -> Int
    /// How many the server closed of its own accord, for a reason.
    var closedConnections: @Sendable (ClosedConnection) -> Int
}

/// What handlers work with.
struct MethodContext: Sendable {
    let service: any ServedLedger
    let access: AccessService
    /// What the request may do: the router has seen to that it may do what the method says.
    let grant: AccessGrant
    let facts: ServerFacts
    let metrics: RequestMetrics
    /// The rules of the request.
    let dialect: RequestDialect
}
