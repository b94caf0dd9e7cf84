import EventSourcing
import LedgerService
import Logging
import Synchronization
import TestSupport

@testable import LedgerServer

/// A server process: alive from a start to a crash.
final class SimulatedServer {
    let ledger: SimulatedLedger
    let setup: ConnectionSetup
    let aside = WorkAside()
    /// The log refused: the process is about to exit.
    var hasFailed: Bool { failed.isSet }

    private let failed: FailureNote

    /// Starts with what is on the disk.
    init(on disk: SimulatedDisk, clock: ServiceClock) throws {
        let failed = FailureNote()
        self.failed = failed
        ledger = try SimulatedLedger(on: disk, clock: clock, aside: aside) { failed.set() }
        var limits = ServerLimits()
        limits.lineBytesMax = SimulatedServer.lineBytesMax
        limits.requestsInFlightMax = SimulatedServer.requestsInFlightMax
        setup = ConnectionSetup(
            service: ledger,
            // Nobody has a token, so nothing of it is on a disk.
            access: try AccessService.open(ledger.configuration),
            configuration: ServerConfiguration(
                dataDirectory: "nowhere",
                limits: limits,
                clock: clock,
                logger: ledger.configuration.logger,
                onFailure: { _ in }
            ),
            connections: ConnectionRegistry(limits),
            certificate: nil,
            pages: FileReading(unfinishedMax: .max) { [aside] in aside.add($0) },
            tasks: FileReading(unfinishedMax: .max) { [aside] in aside.add($0) },
            aside: FileReading(unfinishedMax: .max) { [aside] in aside.add($0) }
        )
    }

    /// Small, so that they are reached.
    static let lineBytesMax = 1_000
    private static let requestsInFlightMax = 4
}

/// Whether the log refused.
private final class FailureNote: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock { $0 } }

    func set() { state.withLock { $0 = true } }
}
