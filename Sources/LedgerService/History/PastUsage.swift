import EventSourcing
import LineJSON
import QuotaDomain
import SQLiteEventLog

/// The present's question asked of the past: `at` an instant, from all calls known now, or as of a position, from what
/// the log held by then (R25). Both are exact: settings, tiers and observations are folded from the org's events up to
/// then, and `WindowCount` counts the calls of the window.
struct PastUsage {
    let log: SQLiteEventLog
    let views: UsageHistory
    let head: LogPosition

    /// About a workspace that is known now; before its first event it had used nothing.
    struct Question {
        var org: String
        var workspace: String
        var at: Timestamp?
        var asOfPosition: LogPosition?
    }

    /// Throws `HistoryError` where there is no exact answer.
    func answer(_ question: Question) throws -> (report: UsageReport, position: LogPosition) {
        do {
            return try counted(question)
        } catch EventLogError.outOfRange(let firstHeld) {
            throw HistoryError.dropped(firstHeld: firstHeld)
        }
    }

    private func counted(_ question: Question) throws -> (report: UsageReport, position: LogPosition) {
        if let asked = question.asOfPosition, asked > head {
            throw HistoryError.positionPastHead(asked: asked, head: head)
        }
        guard let instant = try question.at ?? log.time(of: question.asOfPosition ?? head) else {
            throw HistoryError.noMomentYet
        }
        var found = try views.answer(upTo: head) { view in try look(at: view, question, instant) }
        found.state.acknowledge(org: question.org, workspace: question.workspace)
        let report = try found.state.usage(
            org: question.org,
            workspace: question.workspace,
            at: instant,
            figures: found.count.figures(with: log)
        )
        return (report, found.known)
    }

    /// What the views have to say about a question, all of it at one moment.
    private struct Found {
        /// The last event that is taken into account.
        var known: LogPosition
        var state: QuotaState
        var count: WindowCount
    }

    private func look(at view: ViewsReader, _ question: Question, _ instant: Timestamp) throws -> Found {
        let known = try question.asOfPosition ?? view.position()
        let decided = min(known, try log.position(atOrBefore: instant))
        let state = try foldedState(of: question.org, upTo: decided, view)
        let windows = PastWindows(
            endingAt: instant,
            observedAt: state.observationInForce(org: question.org, at: instant)?.at
        )
        let count = try WindowCount(
            org: question.org,
            workspace: question.workspace,
            windows: windows,
            held: try firstHeld(requiring: windows.earliest),
            known: known,
            isAllKnown: question.asOfPosition == nil,
            view
        )
        return Found(known: known, state: state, count: count)
    }

    /// The org's state without its calls: `WindowCount` counts them.
    private func foldedState(of org: String, upTo position: LogPosition, _ view: ViewsReader) throws -> QuotaState {
        var state = try Recovery.baseState(of: log)
        guard state.position <= position else { throw HistoryError.dropped(firstHeld: try log.firstHeld()) }
        var reader = EventReader()
        for fact in try view.facts(FactsQuery(org: org, upTo: position)) {
            let line = Array(fact.event.utf8)
            let recorded = try line.withUnsafeBytes { try reader.read(line: $0) }
            guard recorded.position > state.position else { continue }
            state.evolve(recorded.event, at: recorded.position, time: recorded.time)
        }
        return state
    }

    /// The first position that the log holds. Events before it were recorded before its time, so their calls are dated
    /// before it too. Where nothing is held, the time of the last dropped one says as much.
    private func firstHeld(requiring earliest: Timestamp) throws -> LogPosition {
        let firstHeld = try log.firstHeld()
        guard firstHeld > LogPosition.beforeFirst.next else { return firstHeld }
        let end = try log.time(of: firstHeld) ?? log.statistics().timeLast
        if let end, earliest < end { throw HistoryError.dropped(firstHeld: firstHeld) }
        return firstHeld
    }
}
