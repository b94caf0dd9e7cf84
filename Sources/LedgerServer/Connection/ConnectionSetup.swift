import LedgerService
import NIOCore

/// What all connections of a server share.
struct ConnectionSetup: Sendable {
    let service: LedgerService
    let access: AccessService
    let configuration: ServerConfiguration
    let connections: ConnectionRegistry
    let facts: ServerFacts
    let metrics = RequestMetrics()
    /// Pages of the log for readers that catch up.
    let pages = FileReading()
    /// Questions about the past and maintenance, which may take long.
    let tasks = FileReading()

    init(
        service: LedgerService,
        access: AccessService,
        configuration: ServerConfiguration,
        connections: ConnectionRegistry,
        certificate: TLSCertificate?
    ) {
        self.service = service
        self.access = access
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
