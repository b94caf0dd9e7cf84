import LineProtocol

/// What a client asks for.
enum Request {
    /// One call, or several in one line.
    case record([SentCall])
    case update(SettingsUpdate)
    case configure(allowance: Int64, id: String?)
    case usage(workspace: String)
    case settings(workspace: String)
    case ping

    /// Whether it may be sent again without harm.
    var isRepeatable: Bool {
        switch self {
        case .record(let calls): calls.allSatisfy { $0.id != nil }
        case .update(let update): update.id != nil
        case .configure(_, let id): id != nil
        case .usage, .settings, .ping: true
        }
    }

    static let org = "acme"
    static let workspaces = ["sales", "support"]
}

/// A call as it is sent; `tag` is told by the event.
struct SentCall: Equatable {
    var tag: Int
    /// Nil: another system made it.
    var workspace: String?
    var calls: Int64
    var id: String?

    static let integration = "loader"
    /// What the log keeps of the tag.
    var resource: String { "/tag/\(tag)" }
}

struct SettingsUpdate {
    var workspace: String
    /// No other change sets it.
    var limit: Int64
    /// Nil leaves it as it is.
    var bulkPausePercent: Int64?
    var expectedVersion: Int64?
    var id: String?
}

// MARK: - As lines

extension Request {
    /// The request object; without `id` where there is none to tell the answer by.
    func line(id: Int?, _ dialect: RequestDialect, deadline: Int?) -> String {
        var line = dialect == .jsonRPC ? #"{"jsonrpc":"2.0","# : "{"
        if let id { line += "\"id\":\(id)," }
        line += "\"method\":\"\(method)\",\"params\":{\(params)}"
        if let deadline { line += ",\"deadline_ms\":\(deadline)" }
        return line + "}"
    }

    private var method: String {
        switch self {
        case .record(let calls): calls.count == 1 ? "usage.record" : "usage.record_batch"
        case .update: "settings.update"
        case .configure: "org.configure"
        case .usage: "usage.get"
        case .settings: "settings.get"
        case .ping: "server.ping"
        }
    }

    private var params: String {
        let org = #""org":"\#(Request.org)""#
        switch self {
        case .record(let calls):
            if calls.count == 1 { return org + "," + calls[0].params }
            return org + ",\"calls\":[" + calls.map { "{\($0.params)}" }.joined(separator: ",") + "]"
        case .update(let update):
            return org + ",\"workspace\":\"\(update.workspace)\",\"limit\":\(update.limit)"
                + (update.bulkPausePercent.map { ",\"bulk_pause_percent\":\($0)" } ?? "")
                + (update.expectedVersion.map { ",\"expected_version\":\($0)" } ?? "")
                + (update.id.map { ",\"id\":\"\($0)\"" } ?? "")
        case .configure(let allowance, let id):
            return org + ",\"allowance\":\(allowance)" + (id.map { ",\"id\":\"\($0)\"" } ?? "")
        case .usage(let workspace), .settings(let workspace):
            return org + ",\"workspace\":\"\(workspace)\""
        case .ping:
            return ""
        }
    }
}

extension SentCall {
    fileprivate var params: String {
        (workspace.map { "\"workspace\":\"\($0)\"" } ?? "\"integration\":\"\(SentCall.integration)\"")
            + ",\"purpose\":\"inbox\",\"calls\":\(calls),\"resource\":\"\(resource)\""
            + (id.map { ",\"id\":\"\($0)\"" } ?? "")
    }
}
