import AccessControl
import EventSourcing
import LedgerService
import Logging
import Synchronization
import TestSupport
import Testing

@testable import LedgerServiceTests

/// The log of tokens on a disk that fails: it is as serious as where the ledger's log fails.
@Suite struct FailingAccessLogTests {
    private static let owner = Actor(peer: "unix")
    private static let admin = AccessService.Wish(role: .admin, scope: .everything)

    /// Otherwise a server would serve on in which no token can be revoked any more.
    @Test func whoeverRunsTheServerIsTold() throws {
        let disk = try FaultyDisk()
        let failures = Mutex<[String]>([])
        let access = try open(on: disk) { error in failures.withLock { $0.append("\(error)") } }
        let made = try access.create(FailingAccessLogTests.admin, by: FailingAccessLogTests.owner)
        #expect(failures.withLock { $0 } == [])

        disk.arm(Fault(kind: .failure, call: 1, isLasting: true))
        let failure = try #require(throws: LogFailure.self) {
            try access.create(FailingAccessLogTests.admin, by: FailingAccessLogTests.owner)
        }
        #expect(failure.mayBeDone)
        #expect(failures.withLock { $0.count } == 1)
        disk.arm(nil)
        // What failed once is not gone on with.
        let refusal = try #require(throws: LogFailure.self) {
            try access.revoke(made.token.id, by: FailingAccessLogTests.owner)
        }
        #expect(!refusal.mayBeDone)
        #expect(failures.withLock { $0.count } == 1)
        try? access.close()

        let again = try open(on: disk) { Issue.record($0) }
        #expect(again.tokens().map(\.id).contains(made.token.id))
        #expect(try again.revoke(made.token.id, by: FailingAccessLogTests.owner).hasChanged)
        try again.close()
    }

    @Test func nothingIsAppendedOnceItIsClosed() throws {
        let disk = try FaultyDisk()
        let access = try open(on: disk) { _ in }
        try access.close()
        #expect(throws: EventLogError.self) {
            try access.create(FailingAccessLogTests.admin, by: FailingAccessLogTests.owner)
        }
        // Nobody holds it.
        try open(on: disk) { Issue.record($0) }.close()
    }

    /// Whoever took it for none, and removed it, would let in who was revoked.
    @Test(arguments: [1, 2]) func aNoteThatTheDiskDoesNotReadIsNotToBeRemoved(call: Int) throws {
        let disk = try FaultyDisk()
        let access = try open(on: disk) { Issue.record($0) }
        _ = try access.create(FailingAccessLogTests.admin, by: FailingAccessLogTests.owner)
        try access.close()
        // Opening it, then reading it.
        disk.arm(Fault(kind: .failure, call: call, concerns: { $0.hasPrefix("access.head") }))
        let refusal = try #require(throws: EventLogError.self) { try open(on: disk) { Issue.record($0) } }
        let note = disk.directory.file("data/access.head")
        #expect(refusal == .storage("\(note) cannot be read: Input/output error"))
        disk.arm(nil)
        try open(on: disk) { Issue.record($0) }.close()
    }

    private func open(
        on disk: FaultyDisk,
        onFailure: @escaping @Sendable (any Error) -> Void
    ) throws -> AccessService {
        let clock = ManualClock()
        return try AccessService.open(
            ServiceConfiguration(
                directory: disk.directory.file("data"),
                clock: ServiceClock { clock.now },
                logger: Logger(label: "faults") { _ in SwiftLogNoOpLogHandler() },
                onFailure: onFailure
            )
        )
    }
}
