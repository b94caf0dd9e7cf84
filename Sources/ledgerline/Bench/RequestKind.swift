/// What the requests of one connection ask for.
enum RequestKind: Hashable, Sendable {
    /// `usage.record`: one call.
    case record
    /// `usage.record_batch`: so many calls of one caller.
    case recordBatch(calls: Int)
    /// `usage.get` of one workspace.
    case usage

    /// Calls that one request records.
    var calls: Int {
        switch self {
        case .record: 1
        case .recordBatch(let calls): calls
        case .usage: 0
        }
    }

    var method: StaticString {
        switch self {
        case .record: "usage.record"
        case .recordBatch: "usage.record_batch"
        case .usage: "usage.get"
        }
    }
}
