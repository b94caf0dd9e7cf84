import LedgerService
import NIOCore

/// What all connections of a server share.
struct ConnectionSetup: Sendable {
    let service: any ServedLedger
    let access: AccessService
    let configuration: ServerConfiguration
    let connections: ConnectionRegistry
    let facts: ServerFacts
    let metrics = RequestMetrics()
    /// Pages of the log for readers that catch up: one for each.
    let pages: FileReading
    /// Of those, what was read before its reader could take it.
    let readAhead = ReadAhead()
    /// Questions about the past and maintenance, which may take long.
    let tasks: FileReading
    /// What has nothing to do with the ledger, and must not wait for what other connections ask of it.
    let aside: FileReading

    private static let tasksMax = 1_024

    init(
        service: any ServedLedger,
        access: AccessService,
        configuration: ServerConfiguration,
        connections: ConnectionRegistry,
        certificate: TLSCertificate?,
        pages: FileReading = FileReading(unfinishedMax: .max),
        tasks: FileReading = FileReading(unfinishedMax: tasksMax),
        aside: FileReading = FileReading(unfinishedMax: tasksMax)
    ) {
        self.service = service
        self.access = access
        (self.pages, self.tasks, self.aside) = (pages, tasks, aside)
        self.configuration = configuration
        self.connections = connections
        facts = ServerFacts(
            startedAt: configuration.clock.now(),
            limits: configuration.limits,
            certificateEnd: { certificate?.notAfter },
            now: configuration.clock.now,
            isServing: { !connections.isDraining },
            connections: { connections.count },
            subscriptions: { connections.readerCount },
            closedConnections: { connections.closed($0) }
        )
    }

    func add(to channel: any Channel, via transport: ConnectionAccess.Transport) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ConnectionHandler(self, via: transport))
        }
    }
}
