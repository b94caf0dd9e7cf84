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
        switch outcome {
        case .recorded(let receipt):
            writer.answer(reply, upTo: ResultEncoder.receiptBytesMax) { result in write(receipt, to: &result) }
        case .answered(let result):
            writer.answer(reply) { $0.value(raw: result) }
        case .refused, .expired, .unavailable, .overloaded, .failed:
            return refuse(outcome, to: reply, &writer)
        }
        return nil
    }

    private func refuse(_ outcome: Burst.Outcome, to reply: ReplyHeader, _ writer: inout JSONWriter) -> StatusCode? {
        guard let error = refusal(outcome) else { return nil }
        writer.answer(reply, error: error)
        return error.status
    }

    /// Why the request was refused; nil when it was carried out.
    func refusal(_ outcome: Burst.Outcome) -> RPCError? {
        switch outcome {
        case .recorded, .answered: nil
        case .refused(.bulkSyncActive(let report), _) where self == .writtenIfConfirmed: .unconfirmed(report)
        case .refused(let rejection, let index): RPCError(refusing: rejection, callIndex: callIndex(index))
        case .expired: .deadlineExceededBeforeWork
        case .unavailable: .stopping
        case .overloaded(let retryAfter): .overloaded(retryAfter: retryAfter)
        case .failed(let failure): .logFailed(failure)
        }
    }

    /// A batch of one call is refused without an index.
    private func callIndex(_ index: Int?) -> Int? {
        switch self {
        case .call, .written, .writtenIfConfirmed: nil
        case .batch, .imported: index ?? 0
        }
    }

    @inline(__always)
    private func write(_ receipt: CallsReceipt, to result: inout JSONPieces) {
        result.write(#"{"position":"#)
        result.write(receipt.first.ordinal)
        switch self {
        case .call, .written, .writtenIfConfirmed:
            result.write(tier: receipt.tier)
            result.write(receipt.duplicates > 0 ? #","duplicate":true}"# : #","duplicate":false}"#)
        case .batch:
            result.write(countsOf: receipt)
            result.write(tier: receipt.tier)
            result.write("}")
        case .imported:
            result.write(countsOf: receipt)
            result.write("}")
        }
    }

    /// Room for the four numbers and the names of all members.
    private static let receiptBytesMax = 4 * JSONPieces.integerBytesMax + 128
}

extension JSONPieces {
    @inline(__always)
    fileprivate mutating func write(tier: Tier?) {
        switch tier {
        case .normal: write(#","tier":"normal""#)
        case .bulkPaused: write(#","tier":"bulk_paused""#)
        case .syncPaused: write(#","tier":"sync_paused""#)
        case .exhausted: write(#","tier":"exhausted""#)
        case nil: write(#","tier":null"#)
        }
    }

    fileprivate mutating func write(countsOf receipt: CallsReceipt) {
        write(#","last_position":"#)
        write(receipt.last.ordinal)
        write(#","recorded":"#)
        write(Int64(receipt.recorded))
        write(#","duplicates":"#)
        write(Int64(receipt.duplicates))
    }
}
