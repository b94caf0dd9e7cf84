import EventSourcing
import Foundation
import LedgerService
import Logging
import QuotaDomain
import SQLiteEventLog
import TestSupport

@testable import LedgerServiceTests

/// A ledger on a faulty disk, and what it said was durable.
struct FaultyLedger {
    let disk: FaultyDisk
    let ledger: Ledger
    private(set) var witness: Witness
    /// What is wrong with the log since it was opened last.
    private let problemsOfLog: [String]
    private var isStopped = false

    var service: LedgerService { ledger.service }
    var clock: ManualClock { ledger.clock }

    init(on disk: FaultyDisk, clock: ManualClock, witness: Witness = Witness()) throws {
        self.disk = disk
        ledger = try Ledger(in: disk.directory, clock: clock) { configuration in
            configuration.directory = disk.directory.file("data")
            // It would read whenever it has time: what a seed does would not be the same twice.
            configuration.isScrubbingAtStart = false
            configuration.logger = Logger(label: "faults") { _ in SwiftLogNoOpLogHandler() }
        }
        do {
            var witness = witness
            problemsOfLog = try witness.compare(with: ledger.service.log)
            self.witness = witness
        } catch {
            try? ledger.service.shutdown()
            throw error
        }
    }

    // MARK: Using it

    /// Awaits the outcomes and what is done behind them; nil when the log failed and there will be none.
    mutating func submit(_ requests: Requests) throws -> [Burst.Outcome]? {
        let outcomes = try answer(to: requests)
        for _ in 1...2 {
            var nothing = Requests()
            nothing.ask { _, _ in }
            _ = try answer(to: nothing)
        }
        witness.take(from: service.feed)
        return outcomes
    }

    private func answer(to requests: Requests) throws -> [Burst.Outcome]? {
        let outcomes = Expected<[Burst.Outcome]?>()
        service.submit(AnswerSlip.burst(of: requests, answering: outcomes))
        return try outcomes.get()
    }

    mutating func backUp() throws {
        let name = "copy-\(witness.backups.count)-\(witness.blocks.count)"
        guard !FileManager.default.fileExists(atPath: backups + "/" + name) else { return }
        _ = try service.backup(name: name)
        witness.backups.append(name)
    }

    /// Stops in good order, or as well as a failed disk allows. Does nothing the second time.
    mutating func stop() throws {
        guard !isStopped else { return }
        isStopped = true
        defer { witness.take(from: service.feed) }
        try service.shutdown()
    }

    private var backups: String { disk.directory.file("data/backups") }

    // MARK: After a restart

    /// Everything that is not as it was said to be.
    func problems() throws -> [String] {
        var problems = problemsOfLog
        problems += try problemsOfState()
        problems += try problemsOfViews()
        problems += try problemsOfBackups()
        return problems
    }

    private func problemsOfState() throws -> [String] {
        _ = try service.verifyLog()
        var problems = try service.verifyProjections().isEqual ? [] : ["the state is not that of the log"]
        for snapshot in try service.snapshots() {
            if let reason = snapshot.setAside { problems.append("the snapshot at \(snapshot.position): \(reason)") }
        }
        return problems
    }

    /// Views that went on from where they were must say what new ones say.
    private func problemsOfViews() throws -> [String] {
        let before = try histories()
        _ = try service.rebuildProjections()
        return try histories() == before ? [] : ["the views are not those of the log"]
    }

    func histories() throws -> [[HistoryRow]] {
        try RandomClient.orgs.flatMap { org in
            do {
                return try Answers.histories(of: org, in: ledger, from: clock.now - .days(60), to: clock.now)
            } catch Rejection.unknownOrg {
                return []
            }
        }
    }

    func problemsOfBackups() throws -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: backups)) ?? []
        var problems = witness.backups.filter { !names.contains($0) }.map { "the backup \($0) is gone" }
        for name in names {
            guard !name.hasPrefix(".") else {
                problems.append("the unfinished \(name) is in the way of another one")
                continue
            }
            let head = try SQLiteEventLog.openReadOnly(file: backups + "/" + name).verify().head
            if !witness.holds(head) { problems.append("the backup \(name) is of another log") }
        }
        return problems
    }
}

/// Handed in with a burst. When the service lets go of it unanswered, that is the answer.
private final class AnswerSlip: Sendable {
    private let outcomes: Expected<[Burst.Outcome]?>

    private init(_ outcomes: Expected<[Burst.Outcome]?>) {
        self.outcomes = outcomes
    }

    deinit { outcomes.give(nil) }

    /// The burst alone holds the slip.
    static func burst(of requests: Requests, answering outcomes: Expected<[Burst.Outcome]?>) -> Burst {
        let slip = AnswerSlip(outcomes)
        return requests.burst { slip.outcomes.give($0) }
    }
}
