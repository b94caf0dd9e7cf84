/// What a measurement does.
struct BenchShape: Sendable {
    var connections: Int
    /// Requests in flight on each connection.
    var inFlight: Int
    /// How calls are recorded.
    var recording: RequestKind
    var orgs: Int
    /// Workspaces in each org.
    var workspaces: Int
    /// Whether every call has a random id.
    var usesIDs: Bool
    /// Calls are dated at random within so many hours before the measurement; 0: when they are recorded.
    var spreadHours: Int
    /// Connections that ask `usage.get` meanwhile.
    var reads: Int
    /// Calls a second at most; nil: as many as are answered.
    var rate: Int?
    /// The same seed records the same calls.
    var seed: UInt64
    /// Threads of the client.
    var threads: Int
    var warmUp: Duration
    var measured: Duration
}
