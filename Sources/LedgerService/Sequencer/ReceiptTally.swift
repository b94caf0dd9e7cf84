import EventSourcing
import QuotaDomain

/// Adds up what became of the calls of one request.
struct ReceiptTally {
    private var recorded = 0
    private var duplicates = 0
    private var firstNew: LogPosition?
    private var lastNew: LogPosition?
    private var firstOriginal: LogPosition?
    private var lastOriginal: LogPosition?

    mutating func countNew(at position: LogPosition) {
        recorded += 1
        if firstNew == nil { firstNew = position }
        lastNew = position
    }

    mutating func countDuplicate(of position: LogPosition) {
        duplicates += 1
        if firstOriginal == nil { firstOriginal = position }
        lastOriginal = position
    }

    func receipt(tier: Tier?) -> CallsReceipt {
        CallsReceipt(
            first: firstNew ?? firstOriginal ?? .beforeFirst,
            last: lastNew ?? lastOriginal ?? .beforeFirst,
            recorded: recorded,
            duplicates: duplicates,
            tier: tier
        )
    }
}
