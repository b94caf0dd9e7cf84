/// One picture of the demo, as lines that fit the terminal.
struct DemoScreen {
    private static let widthMax = 100
    private static let dayBarColumns = 24
    /// Lines that are below each workspace's bar at least, so that the picture seldom jumps as warnings come and go.
    private static let detailLines = 2

    let state: DemoState
    let fraction: Double
    let size: (columns: Int, rows: Int)

    private var width: Int { max(40, min(size.columns - 1, DemoScreen.widthMax)) }

    func lines(_ style: Style) -> [String] {
        let top = [header(style), org(style), ""] + DemoWorld.workspaces.flatMap { workspace($0.name, style) }
        let rest = max(0, size.rows - top.count - 2)
        let lines = top + [ruler(style)] + state.messages.suffix(rest).map { message($0, style) }
        return Array(lines.prefix(size.rows))
    }

    private func header(_ style: Style) -> String {
        let filled = Int(fraction * Double(DemoScreen.dayBarColumns))
        let bar = String(repeating: "━", count: filled)
        let rest = String(repeating: "─", count: DemoScreen.dayBarColumns - filled)
        return "\(style("ledgerline", .bold, .cyan))  \(style(DemoDay.clockText(fraction), .bold)) "
            + "\(style(bar, .cyan))\(style(rest, .dim))  "
            + style("\(Numbers.grouped(state.events)) events in the log", .dim)
    }

    private func org(_ style: Style) -> String {
        let used = "\(Numbers.grouped(state.orgUsed)) of \(Numbers.grouped(state.orgAllowance))"
        let unattributed = Numbers.grouped(state.unattributed)
        return style("org: \(used) calls in 24 hours, \(unattributed) of them recorded by nobody here", .dim)
    }

    private func workspace(_ name: String, _ style: Style) -> [String] {
        let workspace = state.workspaces[name] ?? DemoState.Workspace()
        let bar = UsageBar(used: workspace.used, limit: workspace.limit, width: width - UsageBar.legendOverhang)
        return [
            title(name, workspace, style), bar.bar(style), bar.legend(style),
        ] + details(workspace, style)
    }

    private func title(_ name: String, _ workspace: DemoState.Workspace, _ style: Style) -> String {
        let numbers = "\(Numbers.grouped(workspace.used)) of \(Numbers.grouped(workspace.limit))"
        let tier = style(TierText.words(workspace.tier), .bold, TierText.look(workspace.tier))
        return "\(style(name.padded(to: 12), .bold)) \(numbers.padded(to: 12, alignment: .right))  \(tier)"
    }

    /// The bulk sync while there is one, and the whole warning.
    private func details(_ workspace: DemoState.Workspace, _ style: Style) -> [String] {
        let lines = bulkSync(workspace.sync, style) + warning(workspace, style)
        return lines + Array(repeating: "", count: max(0, DemoScreen.detailLines - lines.count))
    }

    private func bulkSync(_ sync: DemoState.Sync?, _ style: Style) -> [String] {
        guard let sync, sync.state == "running" || sync.state == "paused" else { return [] }
        let bar = BulkSyncReport.bar(sync.processed, of: max(1, sync.total), style, width: 20)
        return ["bulk sync \(bar) \(style(sync.state, BulkSyncCommand.look(ofState: sync.state)))"]
    }

    private func warning(_ workspace: DemoState.Workspace, _ style: Style) -> [String] {
        workspace.warning.wrapped(to: width).map { style($0, TierText.look(workspace.tier)) }
    }

    private func message(_ message: DemoMessage, _ style: Style) -> String {
        let text = message.text.truncated(to: width - 7)
        return "\(style(message.clock, .dim))  \(style(text, message.look))"
    }

    private func ruler(_ style: Style) -> String { style(String(repeating: "─", count: width), .dim) }
}
