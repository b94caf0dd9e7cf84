import EventSourcing
import LedgerService
import QuotaDomain
import SQLiteEventLog
import Salesforce
import TestSupport
import Testing

/// Salesforce's own files, imported and asked about (R26).
@Suite struct ImportTests {
    private static let org = "00D6YRJVWxOyLik"
    /// Connected apps that belong to a workspace; the others stay integrations.
    private static let workspaces = ["Intercom": "support", "Intercom Sandbox": "sandbox", "Outreach": "support"]

    @Test func usageAtAnyInstantEqualsWhatTheFileSays() throws {
        var random = SeededRandom()
        let (ledger, table) = (try ledger(), try CSVTable.sample())
        #expect(try importFile(table, into: ledger) == [table.rows.count, 0])

        let made = table.rows.map { Made(table, $0) }
        let apps = Dictionary(grouping: made, by: \.app)
        let (first, last) = (made.map(\.at).min()!, made.map(\.at).max()!)
        for _ in 0..<50 {
            let span = Int64.random(in: 0...(last - first).milliseconds, using: &random)
            let instant = first + TimeSpan(milliseconds: span)
            let workspace = ["support", "sandbox"].randomElement(using: &random)!
            try expectUsage(of: workspace, in: ledger, at: instant, equals: made)
            try expectHistory(of: ledger, upTo: instant, equals: apps)
        }
        try ledger.service.shutdown()
    }

    @Test func importingAgainAddsNothing() throws {
        var ledger = try ledger()
        let table = try CSVTable.sample()
        let part = table.filtered { table.instant(of: $0) < Timestamp("2015-05-17T18:00:00Z")! }
        #expect(try importFile(part, into: ledger) == [part.rows.count, 0])
        let totals = try ledger.totals(of: Self.org)
        ledger = try ledger.reopened()
        #expect(try importFile(part, into: ledger) == [0, part.rows.count])
        #expect(try ledger.totals(of: Self.org) == totals)
        #expect(ledger.head == LogPosition(Int64(part.rows.count)))
        try ledger.service.shutdown()
    }

    @Test func overlappingFilesAddUpToTheWhole() throws {
        var random = SeededRandom()
        let table = try CSVTable.sample()
        let (early, late) = (Timestamp("2015-05-18T00:00:00Z")!, Timestamp("2015-05-18T12:00:00Z")!)
        let whole = table.filtered { table.instant(of: $0) < late + .hours(12) }
        let first = whole.filtered { table.instant(of: $0) < late }.shuffled(using: &random)
        let second = whole.filtered { table.instant(of: $0) >= early }.shuffled(using: &random)
        let overlap = first.rows.count + second.rows.count - whole.rows.count
        #expect(overlap > 0)

        let (halves, one) = (try ledger(), try ledger())
        #expect(try importFile(first, into: halves) == [first.rows.count, 0])
        #expect(try importFile(second, into: halves) == [second.rows.count - overlap, overlap])
        #expect(try importFile(whole, into: halves) == [0, whole.rows.count])
        _ = try importFile(whole, into: one)
        let histories = try [halves, one].map { ledger in
            try Answers.histories(of: Self.org, in: ledger, from: early - .days(3), to: late + .days(3))
        }
        #expect(histories[0] == histories[1])
        try halves.service.shutdown()
        try one.service.shutdown()
    }

    // MARK: The file, once more

    private struct Made {
        var at: Timestamp
        var app: String
        var counted: Bool

        init(_ table: CSVTable, _ row: [String]) {
            at = table.instant(of: row)
            let names = [table.value("CONNECTED_APP_NAME", of: row), table.value("CLIENT_NAME", of: row)]
            app = names.first { !$0.isEmpty } ?? ImportedCall.noAppName
            counted = table.value("COUNTS_AGAINST_API_LIMIT", of: row) == "1"
        }
    }

    private func expectUsage(
        of workspace: String,
        in ledger: Ledger,
        at instant: Timestamp,
        equals made: [Made]
    ) throws {
        let inWindow = made.filter { $0.counted && $0.at <= instant && $0.at > instant - .hours(24) }
        let byWorkspace = Dictionary(grouping: inWindow) { Self.workspaces[$0.app] ?? "" }.mapValues { Int64($0.count) }
        let report = try ledger.service.usage(
            org: Self.org,
            workspace: workspace,
            at: instant,
            asOfPosition: nil
        ).report
        let (own, integrations) = (byWorkspace[workspace, default: 0], byWorkspace["", default: 0])
        #expect(report.usedByWorkspace == own)
        #expect(report.integrations == integrations)
        #expect(report.otherWorkspaces == Int64(inWindow.count) - own - integrations)
    }

    private func expectHistory(of ledger: Ledger, upTo instant: Timestamp, equals apps: [String: [Made]]) throws {
        let answer = try ledger.service.history(
            HistoryQuestion(
                org: Self.org,
                workspace: nil,
                from: instant - .hours(24),
                to: instant,
                bucket: .hour,
                groupBy: [.integration],
                rowsMax: 10_000
            )
        )
        for (app, made) in apps {
            let rows = answer.rows.filter { $0.dimensions == [app] }
            let calls = made.filter { $0.at >= answer.from && $0.at < answer.to }
            #expect(rows.reduce(0) { $0 + $1.calls } == calls.filter(\.counted).count)
            #expect(rows.reduce(0) { $0 + $1.uncounted } == calls.filter { !$0.counted }.count)
        }
    }

    // MARK: Importing

    private func ledger() throws -> Ledger {
        try Ledger(clock: ManualClock(Timestamp("2015-05-21T06:00:00Z")!))
    }

    /// Imports as the command line does: a thousand calls a request. Returns how many were recorded, and duplicates.
    private func importFile(_ table: CSVTable, into ledger: Ledger) throws -> [Int] {
        var said: [SaidCall] = []
        var reader = EventLogFileReader()
        func take(_ row: EventLogFileReader.Row) throws {
            switch row {
            case .call(let call): said.append(Self.said(call))
            case .bad(let row): Issue.record("\(row)")
            }
        }
        try Array(table.text.utf8).withUnsafeBytes { try reader.read($0, take) }
        try reader.finish(take)

        var counts = [0, 0]
        for first in stride(from: 0, to: said.count, by: 1_000) {
            let batch = Array(said[first..<min(first + 1_000, said.count)])
            let receipt = try #require(try ledger.submit { try $0.record(batch) }[0].receipt)
            counts[0] += receipt.recorded
            counts[1] += receipt.duplicates
        }
        return counts
    }

    private static func said(_ imported: ImportedCall) -> SaidCall {
        var said = SaidCall(
            imported.organization ?? org,
            workspaces[imported.appName],
            integration: imported.appName,
            purpose: .other,
            at: imported.at,
            id: imported.id
        )
        (said.call.imported, said.call.counted) = (true, imported.counted)
        (said.verb, said.resource) = (imported.verb, imported.resource)
        said.status = imported.status.map(Int64.init)
        return said
    }
}
