/// What the holder of a token may do; each may also do what those before it may.
package enum Role: String, CaseIterable, Comparable, Sendable {
    /// Asks.
    case reader
    /// Reports what happens: calls, observations, progress, sync errors.
    case recorder
    /// Decides: settings, mappings, syncs.
    case `operator`
    /// Looks after the server: files and tokens.
    case admin

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .reader: 0
        case .recorder: 1
        case .operator: 2
        case .admin: 3
        }
    }
}
