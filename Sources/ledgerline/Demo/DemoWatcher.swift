import LedgerClient
import LineJSON

/// Learns from the server what is going on, as any client could.
struct DemoWatcher: Sendable {
    private static let pollInterval = Duration.milliseconds(150)

    let client: LedgerClient
    let world: DemoWorld
    let board: DemoBoard
    let day: DemoDay

    /// Follows the org's events.
    func watchEvents() async throws {
        let request = EventStreamRequest(from: .start, org: world.org)
        try await withEventStream(to: client.address, request, configuration: client.configuration) { lines in
            for try await case .event(let event) in lines { try take(event) }
        }
    }

    /// Asks again and again where usage stands: it changes also when no event comes.
    func pollUsage() async throws {
        while true {
            try await pollOrg()
            for workspace in DemoWorld.workspaces { try await poll(workspace.name) }
            try await Task.sleep(for: DemoWatcher.pollInterval)
        }
    }

    private func pollOrg() async throws {
        let reply = try await client.call("org.get") { $0.member("org", world.org) }
        try reply.withValue { org in
            board.change { state in
                state.orgUsed = org.count("org_used")
                state.orgAllowance = org.count("allowance")
                state.unattributed = org.integer("unattributed")
            }
        }
    }

    private func poll(_ workspace: String) async throws {
        let reply = try await client.call("usage.get") { params in
            params.member("org", world.org)
            params.member("workspace", workspace)
        }
        try reply.withValue { usage in
            board.change { state in
                state.workspaces[workspace, default: DemoState.Workspace()].used = usage.count("used_by_workspace")
                state.workspaces[workspace, default: DemoState.Workspace()].limit = usage.count("limit")
                state.workspaces[workspace, default: DemoState.Workspace()].tier = usage.text("tier")
                state.workspaces[workspace, default: DemoState.Workspace()].warning = usage.text("warning")
            }
        }
    }

    private func take(_ line: EventLine) throws {
        var tape = JSONTape()
        try tape.withParsed(line.bytes) { event in
            board.change { state in
                DemoWatcher.count(event, &state)
                DemoWatcher.follow(event, &state)
                if let message = DemoNarrator.message(event, clock: day.clockText) { state.add(message) }
            }
        }
    }

    private static func count(_ event: JSONView, _ state: inout DemoState) {
        state.events += 1
        switch event.text("type") {
        case "api.called": state.calls += event["data"]?.count("calls") ?? 0
        case "tier.changed": state.tierChanges += 1
        case "bulk_sync.paused", "event_sync.paused": state.pauses += 1
        default: break
        }
    }

    /// What a bulk sync's events say about it.
    private static func follow(_ event: JSONView, _ state: inout DemoState) {
        guard event.text("type").hasPrefix("bulk_sync."), let data = event["data"] else { return }
        let workspace = event.text("workspace")
        let number = data.count("sync")
        var sync = state.workspaces[workspace]?.sync ?? DemoState.Sync(number: number, state: "running")
        switch event.text("type") {
        case "bulk_sync.started":
            sync = DemoState.Sync(number: number, state: data.texts("pauses").isEmpty ? "running" : "paused")
        case "bulk_sync.progressed":
            (sync.processed, sync.total) = (data.count("processed"), data.count("total"))
        case "bulk_sync.resumed":
            sync.state = "running"
        case let type:
            sync.state = String(type.dropFirst("bulk_sync.".count))
        }
        state.workspaces[workspace, default: DemoState.Workspace()].sync = sync
    }
}
