import EventSourcing
import LineJSON
import QuotaDomain
import SQLiteEventLog

/// Counts the calls that one question about the past needs.
///
/// From all calls known now, whole hours come from the roll-ups, and lines of the log are read for those hours that are only
/// partly in a window: two of the 25 that it touches, or four with an observation. What the log held by a position, no
/// roll-up knows: then the lines of the whole window are read.
struct WindowCount {
    private let org: String
    private let workspace: String
    private let windows: PastWindows
    /// The first position that the log held when it was found to hold the windows.
    private let held: LogPosition
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

    /// Calls of both windows that usage is computed of without overflow: percentages take them times a thousand.
    private static let callsMax = Int64.max / 1_000 / 2

    /// `isAllKnown`: `known` is the last event that the views hold. Else they hold more than is to be counted.
    init(
        org: String,
        workspace: String,
        windows: PastWindows,
        held: LogPosition,
        known: LogPosition,
        isAllKnown: Bool,
        _ view: ViewsReader
    ) throws {
        (self.org, self.workspace, self.windows, self.held, self.known) = (org, workspace, windows, held, known)
        hours = isAllKnown ? windows.partialHours : Set(windows.hours)
        ranges = try view.ranges(org: org, hours: hours)
        if isAllKnown { try countRollUps(of: view) }
    }

    /// All calls of the windows that were known.
    func figures(with log: SQLiteEventLog) throws -> WindowFigures {
        var count = self
        try count.countLines(in: log)
        return count.figures
    }

    /// The workspace's and the integrations' calls are among all those of the org; the others are what is left.
    private mutating func countRollUps(of view: ViewsReader) throws {
        let all = try rollUps(of: nil, view)
        let own = try rollUps(of: workspace, view)
        let integrations = try rollUps(of: "", view)
        guard all.inWindow <= WindowCount.callsMax, all.atObservation <= WindowCount.callsMax else {
            throw ViewsError.damaged("a day has \(all.inWindow) calls")
        }
        figures.workspace = own.inWindow
        figures.integrations = integrations.inWindow
        figures.otherWorkspaces = all.inWindow - own.inWindow - integrations.inWindow
        figures.recordedAtObservation = all.atObservation
    }

    /// The calls of the whole hours of each window; of one workspace, of the integrations (an empty name), or of all.
    private func rollUps(of workspace: String?, _ view: ViewsReader) throws -> (inWindow: Int64, atObservation: Int64) {
        let query = HistoryQuery(
            org: org,
            workspace: workspace,
            fromHour: windows.hours.lowerBound,
            toHour: windows.hours.upperBound
        )
        return try view.history(query).reduce(into: (0, 0)) { sums, row in
            guard !hours.contains(row.hour) else { return }
            // As one of its instants, so all of them: the hour is in a window as a whole, or not at all.
            let instant = HistoryQuestion.start(ofHour: row.hour)
            if windows.holds(instant) { sums.inWindow += Int64(row.calls) }
            if windows.heldAtObservation(instant) { sums.atObservation += Int64(row.calls) }
        }
    }

    private mutating func countLines(in log: SQLiteEventLog) throws {
        var lines = CountedLineReader()
        // Blocks without calls of the org, which the ranges span too, are not read.
        let calls = BlockQuery(org: org, typePrefix: EventType.apiCalled.rawValue)
        // A range may begin among dropped events: then the hour does, before the window. Events that are dropped after that
        // was made sure of are missed by the reader of the log, which says so.
        var next = held
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
                        if hours.contains(HistoryQuestion.hour(of: call.effective)) { count(call) }
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
        if windows.holds(call.effective) {
            if call.workspace.isMissing {
                figures.integrations += call.calls
            } else if call.workspace.hasText(workspace) {
                figures.workspace += call.calls
            } else {
                figures.otherWorkspaces += call.calls
            }
        }
        if windows.heldAtObservation(call.effective) { figures.recordedAtObservation += call.calls }
    }
}
