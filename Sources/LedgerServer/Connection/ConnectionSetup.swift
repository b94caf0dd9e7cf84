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
    /// Pages of the log for readers that catch up.
    let pages: FileReading
    /// Questions about the past and maintenance, which may take long.
    let tasks: FileReading

    init(
        service: any ServedLedger,
        access: AccessService,
        configuration: ServerConfiguration,
        connections: ConnectionRegistry,
        certificate: TLSCertificate?,
        pages: FileReading = FileReading(),
        tasks: FileReading = FileReading()
    ) {
        self.service = service
        self.access = access
        (self.pages, self.tasks) = (pages, tasks)
        self.configuration = configuration
        self.connections = connections
        facts = ServerFacts(
            startedAt: configuration.clock.now(),
            limits: configuration.limits,
            certificateEnd: { certificate?.notAfter },
            now: configuration.clock.now,
            isServing: { !connections.isDraining },
            connections: { connections.count },
            subscriptions: { connections.subscriptionCount }
        )
    }

    func add(to channel: any Channel, via transport: ConnectionAccess.Transport) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(ConnectionHandler(self, via: transport))
        }
    }
}
