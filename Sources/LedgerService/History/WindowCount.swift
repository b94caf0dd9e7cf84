import EventSourcing
import LineJSON
import QuotaDomain
import SQLiteEventLog

/// Counts the calls that one question about the past needs.
///
/// From all calls known now, whole hours come from the roll-ups, and lines of the log are read for the hours that a window
/// divides: two of the 25 that it touches, or four with an observation. What the log held by a position, no roll-up knows:
/// then the lines of the whole window are read.
struct WindowCount {
    private let org: String
    private let workspace: String
    private let windows: PastWindows
    /// Events behind this one were not known.
    private let known: LogPosition
    /// The hours whose calls are counted one by one, and where in the log they are.
    private let hours: Set<Int64>
    private let ranges: [ClosedRange<LogPosition>]

    private var figures = WindowFigures(workspace: 0, otherWorkspaces: 0, integrations: 0, recordedAtObservation: 0)

    /// Lines read at a time, in bytes.
    private static let readBytes = 4 << 20
    /// Bytes of most lines.
    private static let lineBytesTypical: Int64 = 256

    /// Who made calls, seen from the workspace that is asked about.
    private enum Caller {
        case workspace, otherWorkspace, integration
    }

    /// `isAllKnown`: `known` is the last event that the views hold. Else they hold more than is to be counted.
    init(
        org: String,
        workspace: String,
        windows: PastWindows,
        known: LogPosition,
        isAllKnown: Bool,
        _ view: ViewsReader
    ) throws {
        (self.org, self.workspace, self.windows, self.known) = (org, workspace, windows, known)
        hours = isAllKnown ? windows.dividedHours : Set(windows.hours)
        ranges = try view.ranges(org: org, hours: hours)
        if isAllKnown { try countRollUps(of: view) }
    }

    /// All calls of the windows that were known.
    func figures(with log: SQLiteEventLog) throws -> WindowFigures {
        var count = self
        try count.countLines(in: log)
        return count.figures
    }

    private mutating func countRollUps(of view: ViewsReader) throws {
        let query = HistoryQuery(
            org: org,
            fromHour: windows.hours.lowerBound,
            toHour: windows.hours.upperBound,
            groupBy: [.workspace]
        )
        for row in try view.history(query) where !hours.contains(row.hour) {
            // As one of its instants, so all of them: no window divides it.
            count(Int64(row.calls), by: caller(named: row.dimensions[0]), at: HistoryQuestion.start(ofHour: row.hour))
        }
    }

    private func caller(named name: String) -> Caller {
        if name.isEmpty { return .integration }
        return name.utf8.elementsEqual(workspace.utf8) ? .workspace : .otherWorkspace
    }

    private mutating func countLines(in log: SQLiteEventLog) throws {
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
                        if hours.contains(PastWindows.hour(of: call.effective)) { count(call) }
                    }
                }
                next = max(next, min(page.through, end).next)
            }
        }
    }

    /// Enough for the events of short ranges and little more: a quiet workspace's question must not read megabytes.
    private static func byteLimit(for positions: ClosedRange<LogPosition>) -> Int {
        let events = positions.upperBound.ordinal - positions.lowerBound.ordinal + 1
        return Int(min(Int64(readBytes), events * lineBytesTypical))
    }

    private mutating func count(_ call: LoggedCall) {
        guard call.counted, call.org.hasText(org) else { return }
        let caller: Caller =
            call.workspace.isMissing
            ? .integration : call.workspace.hasText(workspace) ? .workspace : .otherWorkspace
        count(call.calls, by: caller, at: call.effective)
    }

    private mutating func count(_ calls: Int64, by caller: Caller, at instant: Timestamp) {
        if windows.holds(instant) {
            switch caller {
            case .workspace: figures.workspace += calls
            case .otherWorkspace: figures.otherWorkspaces += calls
            case .integration: figures.integrations += calls
            }
        }
        if windows.heldAtObservation(instant) { figures.recordedAtObservation += calls }
    }
}
