import EventSourcing
import LedgerService

@testable import SQLiteEventLog

extension NaiveLedger {
    /// What `usage.history` answers: the calls of whole buckets, grouped by going through all of them.
    func history(_ question: HistoryQuestion) -> [HistoryRow] {
        let length = question.bucket.hours * 3_600_000
        let from = rounded(question.from, to: length, .down)
        let to = rounded(question.to, to: length, .up)
        var groups: [[String]: (calls: Int64, uncounted: Int64)] = [:]
        for call in calls where call.org == question.org && call.at >= from && call.at < to {
            guard question.workspace == nil || call.workspace == question.workspace else { continue }
            let bucket = rounded(call.at, to: length, .down).milliseconds / 3_600_000
            let key = [String(bucket)] + question.groupBy.map { dimension($0, of: call) }
            groups[key, default: (0, 0)].calls += call.counted ? call.calls : 0
            groups[key, default: (0, 0)].uncounted += call.counted ? 0 : call.calls
        }
        return groups.map { key, counts in
            HistoryRow(
                hour: Int64(key[0])!,
                dimensions: Array(key.dropFirst()),
                calls: Int(counts.calls),
                uncounted: Int(counts.uncounted)
            )
        }.sorted(by: NaiveLedger.precedes)
    }

    private static func precedes(_ left: HistoryRow, _ right: HistoryRow) -> Bool {
        guard left.hour == right.hour else { return left.hour < right.hour }
        let (left, right) = (left.dimensions.map { Array($0.utf8) }, right.dimensions.map { Array($0.utf8) })
        guard let differing = left.indices.first(where: { left[$0] != right[$0] }) else { return false }
        return left[differing].lexicographicallyPrecedes(right[differing])
    }

    private func dimension(_ dimension: UsageDimension, of call: MadeCall) -> String {
        switch dimension {
        case .workspace: call.workspace ?? ""
        case .integration: call.integration
        case .purpose: call.purpose
        case .verb: call.verb
        case .resource: RandomClient.resources[call.resource] ?? call.resource
        case .status: call.status
        }
    }

    private func rounded(_ instant: Timestamp, to length: Int64, _ rule: FloatingPointRoundingRule) -> Timestamp {
        Timestamp(milliseconds: Int64((Double(instant.milliseconds) / Double(length)).rounded(rule)) * length)
    }
}
