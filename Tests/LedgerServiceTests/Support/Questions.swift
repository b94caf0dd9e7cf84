import EventSourcing
import Foundation
import LedgerService
import QuotaDomain
import SQLiteEventLog

/// What `usage` and `history` say to a set of questions: for comparing two ledgers, or one before and after.
struct Answers: Equatable {
    var reports: [String: UsageReport] = [:]
    var histories: [[HistoryRow]] = []

    init(_ ledger: Ledger, at instants: [Timestamp], from: Timestamp, to: Timestamp) throws {
        for org in RandomClient.orgs {
            for workspace in RandomClient.workspaces {
                for instant in instants {
                    reports["\(org) \(workspace) \(instant)"] = try Answers.report(org, workspace, instant, ledger)
                }
            }
            histories += try Answers.histories(of: org, in: ledger, from: from, to: to)
        }
    }

    /// Nil for a workspace that is not known, or where too much was dropped.
    private static func report(
        _ org: String,
        _ workspace: String,
        _ instant: Timestamp,
        _ ledger: Ledger
    ) throws -> UsageReport? {
        do {
            return try ledger.service.usage(org: org, workspace: workspace, at: instant, asOfPosition: nil).report
        } catch is Rejection {
            return nil
        } catch is HistoryError {
            return nil
        }
    }

    static func histories(
        of org: String,
        in ledger: Ledger,
        from: Timestamp,
        to: Timestamp
    ) throws -> [[HistoryRow]] {
        try [[], UsageDimension.allCases].flatMap { dimensions in
            try HistoryBucket.allCases.map { bucket in
                try ledger.service.history(
                    HistoryQuestion(
                        org: org,
                        workspace: nil,
                        from: from,
                        to: to,
                        bucket: bucket,
                        groupBy: dimensions,
                        rowsMax: .max - 1
                    )
                ).rows
            }
        }
    }
}

extension Ledger {
    /// Sum over all of an org's history.
    func totals(of org: String) throws -> (calls: Int, uncounted: Int) {
        let rows = try service.history(
            HistoryQuestion(
                org: org,
                workspace: nil,
                from: clock.now - .days(1_000),
                to: clock.now + .days(1),
                bucket: .day,
                groupBy: [],
                rowsMax: 10_000
            )
        ).rows
        return (rows.reduce(0) { $0 + $1.calls }, rows.reduce(0) { $0 + $1.uncounted })
    }
}
