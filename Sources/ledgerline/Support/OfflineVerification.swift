import EventSourcing
import LedgerService
import LineJSON
import SQLiteEventLog

/// `ledgerline verify --data`: reads a ledger's files without a server.
struct OfflineVerification {
    let directory: String
    let asJSON: Bool

    func printHead() throws {
        try LedgerFileReading(directory).log.head().show(asJSON: asJSON)
    }

    /// Throws `CommandFailure` when something does not check out, after what was found up to there was shown.
    func run(expecting expected: [LogHead], against other: String?, logOnly: Bool) throws {
        let ledger = try LedgerFileReading(directory)
        let report = try ledger.verify(expecting: expected)
        show(report, expected)
        if let other { try LedgerComparison(ledger, report, with: other, asJSON: asJSON).run() }
        guard !logOnly else { return }
        let states = try verifyState(ledger.log, upTo: report.head.position)
        show(states)
        guard states.isEqual else {
            throw CommandFailure(.verification, "snapshot and replay do not give the same state")
        }
    }

    private func verifyState(_ log: SQLiteEventLog, upTo end: LogPosition) throws -> States {
        var bar = ProgressBar("replay", unit: "events")
        defer { bar.finish() }
        let replay = try ProjectionCheck.replayed(log, upTo: end) { position, end in
            bar.show(position.ordinal, of: end.ordinal)
        }
        return States(position: end, replay: replay, snapshot: try ProjectionCheck.snapshotAndTail(log, upTo: end))
    }

    /// State hashes at one position.
    private struct States {
        var position: LogPosition
        var replay: String
        var snapshot: (position: LogPosition, hash: String)?

        var isEqual: Bool { snapshot.map { $0.hash == replay } ?? true }
    }

    // MARK: Showing

    private func show(_ report: VerificationReport, _ expected: [LogHead]) {
        let verdict = LogVerdict(report)
        guard asJSON else { return verdict.show(expected: expected) }
        Terminal.output.writeJSON { verdict.write(to: &$0) }
    }

    private func show(_ states: States) {
        guard !asJSON else {
            return Terminal.output.writeJSON { result in
                result.member("position", states.position.ordinal)
                result.member("replay", states.replay)
                result.member("snapshot", states.snapshot?.hash)
                result.member("equal", states.isEqual)
            }
        }
        let compared =
            states.snapshot == nil
            ? "replayed; there is no snapshot to compare with" : "snapshot and replay are equal"
        Terminal.output.writeLine(
            "state      \(states.isEqual ? "ok: \(compared)" : "NOT EQUAL"), at position \(states.position)"
        )
        Terminal.output.writeLine("  replay   \(states.replay)")
        if let snapshot = states.snapshot {
            Terminal.output.writeLine("  snapshot \(snapshot.hash), at position \(snapshot.position)")
        }
    }
}
