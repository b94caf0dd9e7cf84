import AccessControl
import QuotaDomain

/// The bounds of what requests may say, each with its unit. The catalog and the parser of calls share them.
enum Bounds {
    /// Orgs and workspaces.
    static let name = TextRule(bytes: 1...64, alphabet: .name)
    static let integration = TextRule(bytes: 1...128, alphabet: .printable)
    /// Idempotency ids.
    static let id = TextRule(bytes: 1...128, alphabet: .printable)
    static let verb = TextRule(bytes: 1...16, alphabet: .printable)
    static let resource = TextRule(bytes: 1...512, alphabet: .printable)
    /// HTTP status.
    static let status: ClosedRange<Int64> = 100...599
    /// API calls that one `usage.record` stands for.
    static let calls: ClosedRange<Int64> = 1...Policy.callsPerRecordMax
    /// Calls in one `usage.record_batch` or `usage.import`.
    static let batch: ClosedRange<Int> = 1...10_000

    /// Calls per 24 hours: allowances, limits, reported usage.
    static let quantity: ClosedRange<Int64> = 0...Policy.callsPerWindowMax
    /// Days that an idempotency id is held.
    static let idempotencyDays: ClosedRange<Int64> = 1...Int64(Policy.idempotencyDaysMax)
    /// The value of `Sforce-Limit-Info`.
    static let limitInfo = TextRule(bytes: 1...4_096, alphabet: .printable)
    /// The body of a refused call, where it is given as text.
    static let errorBody = TextRule(bytes: 1...65_536, alphabet: .any)

    static let email = TextRule(bytes: 3...254, alphabet: .email)
    static let percent: ClosedRange<Int64> = 1...100
    static let hysteresisPercent: ClosedRange<Int64> = 0...99

    /// Intercom attributes, Salesforce fields and records.
    static let attribute = TextRule(bytes: 1...128, alphabet: .printable)
    /// Codes of failures.
    static let code = TextRule(bytes: 1...128, alphabet: .printable)
    /// Texts of failures, as other systems wrote them.
    static let message = TextRule(bytes: 1...4_096, alphabet: .any)
    /// Records of a bulk sync.
    static let records: ClosedRange<Int64> = 0...1_000_000_000_000
    /// API calls that a retry of a sync error makes.
    static let retryCalls: ClosedRange<Int64> = 0...Policy.callsPerRetryMax
    /// Rows of a list.
    static let listLimit: ClosedRange<Int64> = 1...1_000

    /// Whole numbers that every JSON reader keeps exact end here: 2^53 - 1.
    static let integerMax: Int64 = 9_007_199_254_740_991
    static let position: ClosedRange<Int64> = 1...integerMax
    /// Versions of workspaces: 0 is before the first event.
    static let version: ClosedRange<Int64> = 0...integerMax
    /// Numbers of bulk syncs, sync errors and subscriptions.
    static let number: ClosedRange<Int64> = 1...integerMax

    static let typePrefix = TextRule(bytes: 1...64, alphabet: .name)
    /// Events of one `events.read`.
    static let readLimit: ClosedRange<Int64> = 1...10_000
    /// Milliseconds between heartbeats.
    static let heartbeatMilliseconds: ClosedRange<Int64> = 100...600_000
    /// Rows of one `usage.history`; more are cut.
    static let historyRowsMax = 10_000

    static let keepEvents: ClosedRange<Int64> = 0...1_000_000_000
    /// Days of events kept by a compaction with retention: the rolling window is one day, so two always cover it.
    static let retainDays: ClosedRange<Int64> = 2...36_500
    /// Heads that one `log.verify` expects.
    static let expectedHeads: ClosedRange<Int> = 1...1_000
    static let backupName = TextRule(bytes: 1...128, alphabet: .name)
    /// A token as its holder shows it. What is none of ours is refused as any other wrong one.
    static let tokenText = TextRule(bytes: 1...256, alphabet: .any)
    /// What people call a token.
    static let tokenName = TextRule(bytes: 1...128, alphabet: .printable)
    static let tokenID = TextRule(bytes: 1...64, alphabet: .name)
    /// Orgs, or workspaces, of a token's scope.
    static let scopeNames: ClosedRange<Int> = 1...AccessPolicy.scopeNamesMax
    static let methodName = TextRule(bytes: 1...64, alphabet: .name)
}
