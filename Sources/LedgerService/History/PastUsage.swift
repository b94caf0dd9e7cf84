import EventSourcing
import LineJSON
import QuotaDomain
import SQLiteEventLog

/// The present's question asked of the past: `at` an instant, from all calls known now, or as of a position, from what
/// the log held by then (R25). Both are exact: settings, tiers and observations are folded from the org's events up to
/// then, and the calls of the window are counted one by one from the blocks that hold them.
struct PastUsage {
    let log: SQLiteEventLog
    let views: ViewsStore
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
        let known = question.asOfPosition ?? head
        guard known <= head else { throw HistoryError.positionPastHead(asked: known, head: head) }
        guard let instant = try question.at ?? log.time(of: known) else { throw HistoryError.noMomentYet }
        let decided = min(known, try log.position(atOrBefore: instant))

        var state = try foldedState(of: question.org, upTo: decided)
        let observedAt = state.observationInForce(org: question.org, at: instant)?.at
        let counting = WindowCount(
            org: question.org,
            workspace: question.workspace,
            asOf: instant,
            observedAt: observedAt,
            known: known
        )
        try requireHeld(from: counting.earliest)
        let figures = try counting.count(
            in: log,
            ranges: views.ranges(
                org: question.org,
                fromHour: counting.hours.lowerBound,
                toHour: counting.hours.upperBound
            )
        )
        state.acknowledge(org: question.org, workspace: question.workspace)
        let report = try state.usage(org: question.org, workspace: question.workspace, at: instant, figures: figures)
        return (report, known)
    }

    /// The org's state without its calls: they are counted from the log.
    private func foldedState(of org: String, upTo position: LogPosition) throws -> QuotaState {
        var state = try Recovery.baseState(of: log)
        guard state.position <= position else { throw HistoryError.dropped(firstHeld: try log.firstHeld()) }
        var reader = EventReader()
        for fact in try views.facts(FactsQuery(org: org, upTo: position)) {
            let line = Array(fact.event.utf8)
            let recorded = try line.withUnsafeBytes { try reader.read(line: $0) }
            guard recorded.position > state.position else { continue }
            state.evolve(recorded.event, at: recorded.position, time: recorded.time)
        }
        return state
    }

    /// Events before the first held one were recorded before its time, so their calls are dated before it too. Where
    /// nothing is held, the time of the last dropped one says as much.
    private func requireHeld(from earliest: Timestamp) throws {
        let firstHeld = try log.firstHeld()
        guard firstHeld > LogPosition.beforeFirst.next else { return }
        let end = try log.time(of: firstHeld) ?? log.statistics().timeLast
        if let end, earliest < end { throw HistoryError.dropped(firstHeld: firstHeld) }
    }
}

/// Counts the calls that one question about the past needs.
private struct WindowCount {
    var org: String
    var workspace: String
    var asOf: Timestamp
    var observedAt: Timestamp?
    /// Events behind this one were not known.
    var known: LogPosition

    /// Lines read at a time, in bytes.
    private static let readBytes = 4 << 20
    /// Bytes of most lines.
    private static let lineBytesTypical: Int64 = 256

    /// Calls dated at or before this are in neither window.
    var earliest: Timestamp { min(asOf, observedAt ?? asOf) - Policy.window }

    var hours: Range<Int64> { hour(of: earliest)..<hour(of: asOf) + 1 }

    func count(in log: SQLiteEventLog, ranges: [ClosedRange<LogPosition>]) throws -> WindowFigures {
        var figures = WindowFigures(workspace: 0, otherWorkspaces: 0, integrations: 0, recordedAtObservation: 0)
        var lines = CountedLineReader()
        // Blocks without calls of the org, which the ranges span too, are not read.
        let calls = BlockQuery(org: org, typePrefix: EventType.apiCalled.rawValue)
        // A range may begin among dropped events: then the hour does, before the window.
        var next = try log.firstHeld()
        for range in ranges {
            next = max(next, range.lowerBound)
            let end = min(range.upperBound, known)
            while next <= end {
                let page = try log.read(
                    from: next,
                    upTo: end,
                    matching: calls,
                    byteLimit: WindowCount.byteLimit(for: next...end)
                )
                guard page.through >= next else { break }
                for block in page.blocks where block.block.first <= end {
                    try lines.forEachLine(of: block.block) { line in
                        // Blocks may begin before, and be read again for another range: each position counts once.
                        guard case .call(let call) = line, call.position >= next, call.position <= known else { return }
                        next = call.position.next
                        take(call, into: &figures)
                    }
                }
                next = max(next, min(page.through, end).next)
            }
        }
        return figures
    }

    /// Enough for the events of short ranges and little more: a quiet workspace's question must not read megabytes.
    private static func byteLimit(for positions: ClosedRange<LogPosition>) -> Int {
        let events = positions.upperBound.ordinal - positions.lowerBound.ordinal + 1
        return Int(min(Int64(readBytes), events * lineBytesTypical))
    }

    private func take(_ call: LoggedCall, into figures: inout WindowFigures) {
        guard call.counted, call.org.hasText(org) else { return }
        if isInWindow(call.effective, endingAt: asOf) {
            if call.workspace.hasText(workspace) {
                figures.workspace += call.calls
            } else if !call.workspace.isMissing {
                figures.otherWorkspaces += call.calls
            } else {
                figures.integrations += call.calls
            }
        }
        if let observedAt, isInWindow(call.effective, endingAt: observedAt) {
            figures.recordedAtObservation += call.calls
        }
    }

    private func isInWindow(_ instant: Timestamp, endingAt end: Timestamp) -> Bool {
        instant <= end && instant > end - Policy.window
    }

    private func hour(of instant: Timestamp) -> Int64 { floorDivided(instant.milliseconds, by: 3_600_000) }
}
