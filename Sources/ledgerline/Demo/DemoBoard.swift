import Synchronization

/// What the demo's view shows.
struct DemoState: Sendable {
    struct Workspace: Sendable {
        var used: Int64 = 0
        var limit: Int64 = 0
        var tier = "normal"
        var warning = ""
        var sync: Sync?
    }

    struct Sync: Sendable {
        var number: Int64
        var state: String
        var processed: Int64 = 0
        var total: Int64 = 0
    }

    /// Messages that are kept for the view.
    static let messagesMax = 200

    var workspaces: [String: Workspace] = [:]
    var orgUsed: Int64 = 0
    var orgAllowance: Int64 = 0
    var unattributed: Int64?
    var events: Int64 = 0
    var calls: Int64 = 0
    var tierChanges: Int64 = 0
    var pauses: Int64 = 0
    /// What happened, the oldest first.
    var messages: [DemoMessage] = []
    /// How many messages there were in all, also those no longer kept.
    var messageCount = 0

    mutating func add(_ message: DemoMessage) {
        messages.append(message)
        messageCount += 1
        if messages.count > DemoState.messagesMax { messages.removeFirst() }
    }

    /// Told at the end.
    var summary: [String] {
        [
            "In the log now, each with its exact instant: \(Numbers.grouped(events)) events "
                + "(API calls: \(Numbers.grouped(calls)), changes of a tier: \(tierChanges), pauses: \(pauses)).",
            "Start your own ledger with `ledgerline serve --data ledger-data`.",
        ]
    }
}

/// Something that happened, in words.
struct DemoMessage: Sendable, Hashable {
    /// The demo's clock when it was seen: `09:24`.
    var clock: String
    var text: String
    var look: Style.Look
}

/// The state, shared by those who watch the server and the view.
final class DemoBoard: Sendable {
    private let protectedState = Mutex(DemoState())

    var state: DemoState { protectedState.withLock { $0 } }

    func change(_ body: (inout DemoState) -> Void) {
        protectedState.withLock { body(&$0) }
    }
}
