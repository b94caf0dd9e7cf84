import Foundation
package import LedgerService
import Logging
import NIOCore
import NIOPosix
import TransportSecurity

/// A ledger served over TCP and a Unix socket.
package final class LedgerServer: Sendable {
    package let service: LedgerService
    /// The TCP port that was bound.
    package let port: Int

    /// The tokens.
    package let access: AccessService

    private let certificate: TLSCertificate?
    private let configuration: ServerConfiguration
    private let group: MultiThreadedEventLoopGroup
    private let listeners: [any Channel]
    private let connections: ConnectionRegistry
    private let failureNotice: FailureNotice

    /// Opens the ledger and listens. When this returns, requests are answered.
    package static func start(_ configuration: ServerConfiguration) async throws -> LedgerServer {
        let isTrusted = configuration.isInsecureAllowed || Loopback.contains(configuration.host)
        guard isTrusted || configuration.tls != nil else { throw ServerError.insecureAddress(configuration.host) }
        let certificate = try configuration.tls.map { files in
            try TLSCertificate(files, now: configuration.clock.now, logger: configuration.logger)
        }
        let failureNotice = FailureNotice(then: configuration.onFailure)
        var configuration = configuration
        configuration.onFailure = { failureNotice.pass($0) }
        // Before the ledger, which may take long to open.
        let access = try AccessService.open(configuration.forService, randomness: configuration.tokenRandomness)
        do {
            guard isTrusted || configuration.areTokensRequired || access.areTokensDemanded else {
                throw ServerError.openAddress(configuration.host)
            }
            return try await start(access, certificate, configuration, failureNotice)
        } catch {
            try? access.close()
            throw error
        }
    }

    private static func start(
        _ access: AccessService,
        _ certificate: TLSCertificate?,
        _ configuration: ServerConfiguration,
        _ failureNotice: FailureNotice
    ) async throws -> LedgerServer {
        var configuration = configuration
        configuration.limits.connectionsMax = FileDescriptors.connectionsMax(
            wanted: configuration.limits.connectionsMax,
            logger: configuration.logger
        )
        let service = try LedgerService.open(configuration.forService)
        do {
            return try await LedgerServer(service, access, certificate, configuration, failureNotice)
        } catch {
            try? service.shutdown()
            throw error
        }
    }

    private init(
        _ service: LedgerService,
        _ access: AccessService,
        _ certificate: TLSCertificate?,
        _ configuration: ServerConfiguration,
        _ failureNotice: FailureNotice
    ) async throws {
        self.service = service
        self.access = access
        self.certificate = certificate
        (self.configuration, self.failureNotice) = (configuration, failureNotice)
        group = MultiThreadedEventLoopGroup(numberOfThreads: LedgerServer.eventLoops)
        connections = ConnectionRegistry(configuration.limits)
        failureNotice.serve(connections, on: group) { [service] in service.stopLongWork() }
        let setup = ConnectionSetup(
            service: service,
            access: access,
            configuration: configuration,
            connections: connections,
            certificate: certificate
        )
        access.whenChanged { [connections] in connections.announceAccessChange() }
        let transport = TCPTransport(certificate: certificate, logger: configuration.logger)
        do {
            let listening = try await Listeners.bind(configuration, group: group, transport: transport, setup: setup)
            (listeners, port) = (listening.channels, listening.port)
            if let path = configuration.portFile { try PortFile.write(port, to: path) }
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Two cores serve well with one loop for sockets: the sequencer, the committer and SQLite want the other.
    private static let eventLoops = max(1, System.coreCount / 2)

    /// Listens no more, answers what was accepted, makes it durable, takes a snapshot and closes the files. Throws what a
    /// log failed with, even when `onFailure` is still to be told.
    package func shutdown() async throws {
        // Or their answers would be waited for, which may take minutes.
        service.stopLongWork()
        for listener in listeners { try? await listener.close() }
        await connections.drain(on: group)
        let closing = [Result { try service.shutdown() }, Result { try access.close() }]
        try await group.shutdownGracefully()
        if let path = configuration.portFile { try? FileManager.default.removeItem(atPath: path) }
        if let path = configuration.unixSocketPath { try? FileManager.default.removeItem(atPath: path) }
        // What follows from a failure says less than the failure.
        if let failure = failureNotice.failure { throw failure }
        for result in closing { try result.get() }
    }

    /// Serves until SIGTERM or SIGINT, then drains. `onReady` is called once requests are answered. Meanwhile the certificate
    /// follows its files.
    package static func run(
        _ configuration: ServerConfiguration,
        onReady: @Sendable (LedgerServer) -> Void
    ) async throws {
        let signals = TerminationSignals()
        // Before anything large is freed: from then on the allocator would go by that.
        FreedMemory.holdForReading()
        // Before the replay, which may be long: the default action would end the process. What changed is found later.
        if configuration.tls != nil { signal(SIGHUP, SIG_IGN) }
        let server = try await start(configuration)
        let renewal = server.certificate.map(TLSRenewal.init)
        onReady(server)
        let signal = await signals.first()
        renewal?.stop()
        configuration.logger.notice("\(signal): answering what was accepted, then closing")
        try await server.shutdown()
    }
}

extension ServerConfiguration {
    fileprivate var forService: ServiceConfiguration {
        ServiceConfiguration(
            directory: dataDirectory,
            clock: clock,
            snapshotEvents: snapshotEvents,
            isShorterLogAccepted: isShorterLogAccepted,
            backlog: limits.backlog,
            logger: logger,
            onFailure: onFailure,
            onReplay: onReplay
        )
    }
}

/// The file that tells scripts which port was picked.
enum PortFile {
    static func write(_ port: Int, to path: String) throws {
        do {
            // Atomically: who sees the file sees the whole number.
            try Data("\(port)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ServerError.cannotWritePortFile(path: path, reason: error.localizedDescription)
        }
    }
}
