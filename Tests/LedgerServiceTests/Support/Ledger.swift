import EventSourcing
import Foundation
import LedgerService
import QuotaDomain
import SQLiteEventLog
import Synchronization
import TestSupport

/// A service on a directory of its own, with a clock that stands.
final class Ledger: Sendable {
    let directory: TemporaryDirectory
    let clock: ManualClock
    let service: LedgerService
    /// Told what the service fails with.
    let failure: Expected<String>

    init(
        in directory: TemporaryDirectory? = nil,
        clock: ManualClock = ManualClock(),
        snapshotEvents: Int64 = 1_000_000,
        snapshotTime: TimeSpan = .days(1_000),
        change: (inout ServiceConfiguration) -> Void = { _ in }
    ) throws {
        let failure = Expected<String>()
        self.directory = try directory ?? TemporaryDirectory()
        self.clock = clock
        self.failure = failure
        var configuration = ServiceConfiguration(
            directory: self.directory.path,
            clock: clock.serviceClock,
            snapshotEvents: snapshotEvents,
            snapshotTime: snapshotTime,
            onFailure: { failure.give("\($0)") }
        )
        change(&configuration)
        service = try LedgerService.open(configuration)
    }

    /// The same ledger, stopped and opened again. `change` is made to the directory meanwhile.
    func reopened(
        snapshotEvents: Int64 = 1_000_000,
        _ change: (TemporaryDirectory) throws -> Void = { _ in }
    ) throws -> Ledger {
        try service.shutdown()
        try change(directory)
        return try Ledger(in: directory, clock: clock, snapshotEvents: snapshotEvents)
    }

    // MARK: Asking for something and awaiting the answer

    func submit(_ fill: (inout Requests) throws -> Void) throws -> [Burst.Outcome] {
        var requests = Requests()
        try fill(&requests)
        let (burst, outcomes) = requests.expected()
        service.submit(burst)
        return try outcomes.get()
    }

    @discardableResult
    func record(_ said: SaidCall...) throws -> Burst.Outcome {
        try submit { try $0.record(said) }[0]
    }

    /// Throws the rejection when the command is refused.
    @discardableResult
    func carryOut(_ command: Command) throws -> Receipt {
        let receipt = Expected<Receipt>()
        let outcome = try submit { requests in requests.carryOut(command) { receipt.give($0) } }[0]
        if let refusal = outcome.refusal { throw refusal.rejection }
        return try receipt.get()
    }

    @discardableResult
    func carryOut(_ action: Command.Action, org: String = "acme", workspace: String? = "support") throws -> Receipt {
        try carryOut(Command(org: org, workspace: workspace, action: action))
    }

    func usageNow(_ org: String = "acme", _ workspace: String = "support") throws -> UsageReport {
        let report = Expected<UsageReport>()
        let outcome = try submit { requests in
            requests.ask { state, moment throws(Rejection) in
                report.give(try state.usage(org: org, workspace: workspace, at: moment.now))
            }
        }[0]
        if let refusal = outcome.refusal { throw refusal.rejection }
        return try report.get()
    }

    /// Returns once what was due by the clock is in the log, and what had to be done behind the answers so far is
    /// begun.
    func settle() throws {
        // The second answer leaves when all about the block before is done.
        for _ in 1...2 { _ = try submit { $0.ask { _, _ in } } }
    }

    /// Looks at the clock again and waits until what is due makes the log as long as this.
    func awaitTransitions(upTo position: Int64) throws {
        let isThere = Expected<Void>()
        service.feed.whenDurable(LogPosition(position)) { isThere.give(()) }
        service.wake()
        try isThere.get()
    }

    // MARK: The log

    var head: LogPosition { service.feed.head.position }

    func blocks(from first: LogPosition = LogPosition(1)) throws -> [CommittedBlock] {
        var blocks: [CommittedBlock] = []
        var next = first
        while case let read = try service.log.read(from: next, byteLimit: 1 << 20), let last = read.last {
            blocks += read
            next = last.block.last.next
        }
        return blocks
    }

    /// The lines as they stand in the log.
    func lines(from first: LogPosition = LogPosition(1)) throws -> [String] {
        try blocks(from: first).flatMap(\.lines)
    }
}

extension CommittedBlock {
    var lines: [String] {
        String(decoding: block.lines, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
