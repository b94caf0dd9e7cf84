import EventSourcing
import LineJSON

/// The answer of `usage.get` on a page for people.
struct UsageReport {
    private static let purposes = ["settings", "inbox", "event_sync", "bulk_sync", "other"]

    let usage: JSONView
    /// The percents of the limit at which bulk sync and event-based sync pause.
    let pauseLines: [Int]
    let width: Int

    func lines(_ style: Style) -> [String] {
        [title(style), "", headline(style)] + picture(style) + [""] + numbers(style) + [""] + running(style)
            + warning(style)
    }

    private var used: Int64 { usage.count("used_by_workspace") }
    private var limit: Int64 { usage.count("limit") }
    private var tier: String { usage.text("tier") }

    private func title(_ style: Style) -> String {
        let place = "\(usage.text("org")) / \(usage.text("workspace"))"
        return
            "\(style(place, .bold))  \(style("at \(usage.text("as_of")), position \(usage.count("position"))", .dim))"
    }

    private func headline(_ style: Style) -> String {
        let percent = usage["percent"]?.double.map { " (\(Numbers.oneDecimal($0)) %)" } ?? ""
        let calls = "\(style(Numbers.grouped(used), .bold)) of \(Numbers.grouped(limit)) calls in 24 hours\(percent)"
        return "  \(calls)   \(style(TierText.words(tier), .bold, TierText.look(tier)))"
    }

    private func picture(_ style: Style) -> [String] {
        let bar = UsageBar(used: used, limit: limit, lines: pauseLines, width: max(20, width - 8))
        return ["  \(bar.bar(style))", "  \(bar.legend(style))"]
    }

    private func numbers(_ style: Style) -> [String] {
        let others = usage["others"]
        let parts = [
            "other workspaces \(Numbers.grouped(others?.count("workspaces")))",
            "integrations \(Numbers.grouped(others?.count("integrations")))",
            "unattributed \(Numbers.grouped(others?.integer("unattributed")))",
        ]
        var rows: [(String, String, String)] = [
            ("Allowance of the org", Numbers.grouped(usage.count("allowance")), observation),
            ("Used by this workspace", Numbers.grouped(used), ""),
            ("Used by others", Numbers.grouped(usage.count("used_by_others")), parts.joined(separator: ", ")),
            ("Used in all", Numbers.grouped(usage.count("org_used")), ""),
        ]
        if let drift = others?.integer("drift"), drift != 0 {
            rows.append(("Drift", Numbers.grouped(drift), "recorded here, but not in what Salesforce reported"))
        }
        return rows.map { label, number, note in UsageReport.row(label, number, note, style) }
    }

    static func row(_ label: String, _ number: String, _ note: String, _ style: Style) -> String {
        let row = "  \(label.padded(to: 24))\(number.padded(to: 10, alignment: .right))"
        return note.isEmpty ? row : "\(row)   \(style(note, .dim))"
    }

    private var observation: String {
        guard let observation = usage["observation"], !observation.isNull else {
            return "Salesforce reported nothing in the last 24 hours"
        }
        let age = Numbers.span(milliseconds: observation.count("age_ms"))
        let used = Numbers.grouped(observation.count("used"))
        return "Salesforce reported \(used) used, \(age) ago (\(observation.text("source")))"
    }

    private func running(_ style: Style) -> [String] {
        let paused = usage.texts("paused")
        let running = UsageReport.purposes.filter { !paused.contains($0) }.map(TierText.words)
        var lines = ["  Running   \(style(running.joined(separator: ", "), .green))"]
        if !paused.isEmpty {
            lines.append("  Paused    \(style(paused.map(TierText.words).joined(separator: ", "), .red))")
        }
        let next = usage.text("next_change_at")
        if !next.isEmpty { lines.append("  Changes   \(next), when no call arrives until then") }
        return lines
    }

    private func warning(_ style: Style) -> [String] {
        let warning = usage.text("warning")
        return warning.isEmpty ? [] : ["", "  \(style("! \(warning)", .bold, .red))"]
    }
}

/// The answer of `org.get` on a page for people.
struct OrgReport {
    let org: JSONView
    let width: Int

    func lines(_ style: Style) -> [String] {
        let (used, allowance) = (org.count("org_used"), org.count("allowance"))
        let bar = UsageBar(used: used, limit: allowance, lines: [], width: max(20, width - 8))
        let title = style(org.text("org"), .bold)
        let exhausted = org["allowance_exhausted"]?.bool == true ? style("   allowance used up", .bold, .red) : ""
        return [
            "\(title)  \(style("at \(org.text("as_of")), position \(org.count("position"))", .dim))",
            "",
            "  \(style(Numbers.grouped(used), .bold)) of \(Numbers.grouped(allowance)) calls in 24 hours"
                + " (\(Numbers.percent(org["percent"]?.double)))\(exhausted)",
            "  \(bar.bar(style))",
            "  \(bar.legend(style))",
            "",
            row("Workspaces", org.integer("workspaces_used"), "\(org.count("workspaces")) known", style),
            row("Integrations", org.integer("integrations_used"), "", style),
            row("Unattributed", org.integer("unattributed"), unattributedNote, style),
        ]
    }

    private var unattributedNote: String {
        let isKnown = org.integer("unattributed") != nil
        return isKnown
            ? "reported by Salesforce, recorded by nobody" : "Salesforce reported nothing in the last 24 hours"
    }

    private func row(_ label: String, _ number: Int64?, _ note: String, _ style: Style) -> String {
        UsageReport.row(label, Numbers.grouped(number), note, style)
    }
}
