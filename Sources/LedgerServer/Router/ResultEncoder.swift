import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain

/// Makes the answer to a request of what the sequencer gave. A value without closures: one of these waits for every
/// request that is under way.
enum ResultEncoder: Sendable {
    /// `usage.record`.
    case call
    /// `usage.record_batch`.
    case batch
    /// `usage.import`.
    case imported
    /// The work wrote its result by itself.
    case written
    /// The same, for a method that takes `confirm`: refused for an active bulk sync, it says what confirming would do.
    case writtenIfConfirmed

    /// Writes the whole answer, without the line's end. Returns the status that the request was refused with; nil when
    /// it was carried out.
    func answer(_ outcome: Burst.Outcome, to reply: ReplyHeader, _ writer: inout JSONWriter) -> StatusCode? {
        if let error = refusal(outcome) {
            writer.answer(reply, error: error)
            return error.status
        }
        writer.answer(reply) { writeResult(outcome, to: &$0) }
        return nil
    }

    /// Why the request was refused; nil when it was carried out.
    func refusal(_ outcome: Burst.Outcome) -> RPCError? {
        switch outcome {
        case .recorded, .answered: nil
        case .refused(.bulkSyncActive(let report), _) where self == .writtenIfConfirmed: .unconfirmed(report)
        case .refused(let rejection, let index): RPCError(refusing: rejection, callIndex: callIndex(index))
        case .expired: .deadlineExceededBeforeWork
        case .unavailable: .stopping
        }
    }

    /// A batch of one call is refused without an index.
    private func callIndex(_ index: Int?) -> Int? {
        switch self {
        case .call, .written, .writtenIfConfirmed: nil
        case .batch, .imported: index ?? 0
        }
    }

    private func writeResult(_ outcome: Burst.Outcome, to writer: inout JSONWriter) {
        switch outcome {
        case .recorded(let receipt): write(receipt, to: &writer)
        case .answered(let result): writer.value(raw: result)
        case .refused, .expired, .unavailable: writer.null()
        }
    }

    private func write(_ receipt: CallsReceipt, to writer: inout JSONWriter) {
        writer.object { result in
            result.member("position", receipt.first)
            switch self {
            case .call, .written, .writtenIfConfirmed:
                result.member("tier", tier: receipt.tier)
                result.member("duplicate", receipt.duplicates > 0)
            case .batch:
                result.memberCounts(of: receipt)
                result.member("tier", tier: receipt.tier)
            case .imported:
                result.memberCounts(of: receipt)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, tier: Tier?) {
        if let tier { member(name, text: tier.rawValue.utf8) } else { memberNull(name) }
    }

    fileprivate mutating func memberCounts(of receipt: CallsReceipt) {
        member("last_position", receipt.last)
        member("recorded", receipt.recorded)
        member("duplicates", receipt.duplicates)
    }
}
