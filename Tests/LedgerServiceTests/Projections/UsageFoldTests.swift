import EventSourcing
import SQLiteEventLog
import Testing

@testable import LedgerService

@Suite struct UsageFoldTests {
    @Test func callsAreCountedByHourAndAllDimensions() throws {
        var lines = Lines()
        lines.call(#""purpose":"inbox","calls":2,"verb":"GET","resource":"/data/v60.0/query?q=1","status":200"#)
        lines.call(#""purpose":"inbox","calls":3,"verb":"GET","resource":"/query","status":200,"counted":false"#)
        lines.call(#""purpose":"inbox","calls":5,"verb":"GET","resource":"/query","status":200,"id":"x""#)
        lines.call(#""purpose":"inbox","calls":7,"verb":"GET","resource":"/query""#)
        lines.call(#""purpose":"inbox","calls":11,"verb":"GET","resource":"/query","at":"2026-11-21T09:59:59.999Z""#)
        lines.call(#""purpose":"other","calls":13,"integration":"etl""#, workspace: nil)
        let rows = try lines.folded().usage.rows
        #expect(
            Set(rows) == [
                usage("support", "", "inbox", "GET", "/query", 200, calls: 7, uncounted: 3),
                usage("support", "", "inbox", "GET", "/query", 0, calls: 7),
                usage("support", "", "inbox", "GET", "/query", 0, hour: lines.hour - 1, calls: 11),
                usage("", "etl", "other", "", "", 0, calls: 13),
            ]
        )
        #expect(rows.count == 4)
    }

    /// What one text ends with is not what the next begins with, and however a text is escaped, it is the same.
    @Test func textsAreKeptApartAndUnescaped() throws {
        var lines = Lines()
        lines.call(#""purpose":"inbox","calls":1,"integration":"a","verb":"b""#)
        lines.call(#""purpose":"inbox","calls":1,"integration":"ab""#)
        lines.call(#""purpose":"inbox","calls":1,"integration":"é\u0000\"","verb":"""#)
        lines.call(#""purpose":"inb\u006fx","calls":1,"integration":"\u00e9\u0000\u0022""#)
        lines.call(#""calls":1"#)
        let rows = try lines.folded().usage.rows
        #expect(
            Set(rows) == [
                usage("support", "a", "inbox", "b", "", 0, calls: 1),
                usage("support", "ab", "inbox", "", "", 0, calls: 1),
                usage("support", "é\0\"", "inbox", "", "", 0, calls: 2),
                usage("support", "", "other", "", "", 0, calls: 1),
            ]
        )
        #expect(rows.count == 4)
    }

    @Test func rangesOfAnHourLeaveOutWideGaps() throws {
        var lines = Lines()
        lines.call(#""purpose":"inbox","calls":1,"at":"2026-11-21T08:00:00.000Z""#)
        for _ in 2...9_999 { lines.call(#""purpose":"inbox","calls":1"#) }
        lines.call(#""purpose":"inbox","calls":1,"at":"2026-11-21T08:30:00.000Z""#)
        let ranges = try lines.folded().ranges
        #expect(
            Set(ranges) == [
                CallRange(org: "acme", hour: lines.hour - 2, first: LogPosition(1), last: LogPosition(1)),
                CallRange(org: "acme", hour: lines.hour, first: LogPosition(2), last: LogPosition(9_999)),
                CallRange(org: "acme", hour: lines.hour - 2, first: LogPosition(10_000), last: LogPosition(10_000)),
            ]
        )
        #expect(ranges.filter { $0.hour < lines.hour }.map(\.first.ordinal) == [1, 10_000])
    }

    @Test func aBatchHasOnlyWhatCameBehindTheOneBefore() throws {
        var lines = Lines()
        for _ in 1...3 { lines.call(#""purpose":"inbox","calls":1"#) }
        var fold = UsageFold()
        try fold.fold(lines.block, after: .beforeFirst)
        #expect(fold.byteCount > 0)
        #expect(fold.takeBatch(checkpoint: .start).usage.rows.map(\.calls) == [3])
        #expect(fold.byteCount == 0)
        lines.fact("tier.changed")
        lines.call(#""purpose":"inbox","calls":1"#)
        try fold.fold(lines.block, after: LogPosition(3))
        let batch = fold.takeBatch(checkpoint: .start)
        #expect(batch.usage.rows.map(\.calls) == [1])
        #expect(batch.ranges.map(\.first.ordinal) == [5])
        #expect(batch.facts.map(\.position.ordinal) == [4])
        #expect(batch.facts.map(\.event) == [lines.texts[3]])
    }

    @Test func callsThatCannotBeReadAreRefused() throws {
        for data in [#""purpose":"fun","calls":1"#, #""calls":"1""#, #""calls":1,"at":"today""#] {
            var lines = Lines()
            lines.call(data)
            #expect(throws: UnreadableEvent.self) { try lines.folded() }
        }
    }

    private func usage(
        _ workspace: String,
        _ integration: String,
        _ purpose: String,
        _ verb: String,
        _ resource: String,
        _ status: Int,
        hour: Int64 = Lines().hour,
        calls: Int,
        uncounted: Int = 0
    ) -> HourlyUsage {
        HourlyUsage(
            org: "acme",
            hour: hour,
            workspace: workspace,
            integration: integration,
            purpose: purpose,
            verb: verb,
            resource: resource,
            status: status,
            calls: calls,
            uncounted: uncounted
        )
    }
}

/// Lines of a log from its first event on, all of one instant.
private struct Lines {
    let time = Timestamp("2026-11-21T10:00:00.000Z")!
    var texts: [String] = []

    /// The instant's, since the epoch.
    var hour: Int64 { time.milliseconds / 3_600_000 }

    mutating func call(_ data: String, workspace: String? = "support") {
        append(type: "api.called", workspace: workspace, data: data)
    }

    mutating func fact(_ type: String) {
        append(type: type, workspace: "support", data: "")
    }

    private mutating func append(type: String, workspace: String?, data: String) {
        let whose = #""org":"acme""# + (workspace.map { #","workspace":"\#($0)""# } ?? "")
        texts.append(
            #"{"position":\#(texts.count + 1),"time":"\#(time)","type":"\#(type)",\#(whose),"data":{\#(data)}}"#
        )
    }

    var block: Block {
        Block(
            first: LogPosition(1),
            count: texts.count,
            timeFirst: time,
            timeLast: time,
            lines: Array(texts.map { $0 + "\n" }.joined().utf8)
        )
    }

    func folded() throws -> ViewsBatch {
        var fold = UsageFold()
        try fold.fold(block, after: .beforeFirst)
        return fold.takeBatch(checkpoint: .start)
    }
}
