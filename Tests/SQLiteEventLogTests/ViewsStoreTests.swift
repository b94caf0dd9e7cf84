import EventSourcing
import Foundation
import GRDB
import TestSupport
import Testing

@testable import SQLiteEventLog

@Suite struct ViewsStoreTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open(version: Int = 1, log: [Int64: String] = [:]) throws -> ViewsStore.Opened {
        try ViewsStore.open(directory: directory.path, version: version, hashAfter: { log[$0.ordinal] })
    }

    private func usage(
        hour: Int64,
        calls: Int,
        workspace: String = "support",
        purpose: String = "inbox",
        status: Int = 200,
        uncounted: Int = 0,
        org: String = "acme"
    ) -> HourlyUsage {
        HourlyUsage(
            org: org,
            hour: hour,
            workspace: workspace,
            integration: "",
            purpose: purpose,
            verb: "GET",
            resource: "/query",
            status: status,
            calls: calls,
            uncounted: uncounted
        )
    }

    private func range(_ hour: Int64, _ first: Int64, _ last: Int64, org: String = "acme") -> CallRange {
        CallRange(org: org, hour: hour, first: LogPosition(first), last: LogPosition(last))
    }

    private func fact(_ position: Int64, _ type: String, workspace: String = "support", org: String = "acme") -> Fact {
        Fact(
            position: LogPosition(position),
            time: Timestamp(milliseconds: position),
            type: type,
            org: org,
            workspace: workspace,
            event: "{\"position\":\(position)}"
        )
    }

    // MARK: Applying and asking

    @Test func batchesAddUpAndTheCheckpointMovesWithThem() throws {
        let store = try open().store
        #expect(try store.checkpoint() == .start)
        try store.apply(batch(to: 10, usage: [usage(hour: 5, calls: 2), usage(hour: 6, calls: 1)]))
        try store.apply(batch(to: 20, usage: [usage(hour: 5, calls: 3, uncounted: 4)]))
        #expect(try store.checkpoint() == batch(to: 20).checkpoint)
        let rows = try store.history(HistoryQuery(org: "acme", fromHour: 0, toHour: 100))
        #expect(try store.read { try $0.position() } == LogPosition(20))
        #expect(rows.map(\.hour) == [5, 6])
        #expect(rows.map(\.calls) == [5, 1])
        #expect(rows.map(\.uncounted) == [4, 0])
    }

    @Test func aBatchIsAppliedAsAWholeOrNotAtAll() throws {
        let store = try open().store
        let twice = [fact(7, "tier.changed"), fact(7, "tier.changed")]
        #expect(throws: ViewsError.self) {
            try store.apply(batch(to: 10, usage: [usage(hour: 5, calls: 2)], facts: twice))
        }
        #expect(try store.checkpoint() == .start)
        #expect(try store.history(HistoryQuery(org: "acme", fromHour: 0, toHour: 100)).isEmpty)
    }

    @Test func historyIsGroupedFilteredAndLimited() throws {
        let store = try open().store
        try store.apply(
            batch(
                to: 10,
                usage: [
                    usage(hour: 23, calls: 1), usage(hour: 24, calls: 2), usage(hour: 47, calls: 4, purpose: "other"),
                    usage(hour: 47, calls: 8, workspace: "sales"), usage(hour: 47, calls: 16, status: 0),
                    usage(hour: 48, calls: 32), usage(hour: 47, calls: 64, org: "other"),
                ]
            )
        )
        var query = HistoryQuery(org: "acme", fromHour: 23, toHour: 48)
        func answer() throws -> [String] {
            try store.history(query).map { "\($0.hour) \($0.dimensions.joined(separator: ",")) \($0.calls)" }
        }
        #expect(try answer() == ["23  1", "24  2", "47  28"])
        query.bucketHours = 24
        #expect(try answer() == ["0  1", "24  30"])
        query.groupBy = [.workspace, .purpose]
        #expect(try answer() == ["0 support,inbox 1", "24 sales,inbox 8", "24 support,inbox 18", "24 support,other 4"])
        query.limit = 2
        #expect(try answer() == ["0 support,inbox 1", "24 sales,inbox 8"])
        query.workspace = "support"
        query.groupBy = [.status]
        query.limit = .max
        #expect(try answer() == ["0 200 1", "24  16", "24 200 6"])
    }

    /// Enough series for several chunks, which come to be known in any order, some of them in two orgs.
    @Test func countsAddUpAsInANaiveTable() throws {
        var random = SeededRandom()
        let store = try open().store
        var naive: [String: [HistoryRow]] = [:]
        for position in 1...20 as ClosedRange<Int64> {
            var rows: Set<HourlyUsage> = []
            for _ in 0..<300 {
                let place = (Int64.random(in: 0...3, using: &random), Int.random(in: 0..<900, using: &random))
                let org = Bool.random(using: &random) ? "acme" : "other"
                rows.insert(usage(hour: place.0, calls: 0, workspace: "w\(place.1)", org: org))
            }
            // In an order that the seed decides, as the set's is not.
            let inOrder = rows.sorted { ($0.org, $0.hour, $0.workspace) < ($1.org, $1.hour, $1.workspace) }
            let counted = inOrder.map { row in
                var row = row
                row.calls = Int.random(in: 0...200, using: &random)
                row.uncounted = Int.random(in: row.calls == 0 ? 1...200 : 0...1, using: &random)
                return row
            }
            for row in counted {
                let dimensions = [row.workspace]
                let same = naive[row.org, default: []].firstIndex { $0.hour == row.hour && $0.dimensions == dimensions }
                if let same {
                    naive[row.org]?[same].calls += row.calls
                    naive[row.org]?[same].uncounted += row.uncounted
                } else {
                    naive[row.org, default: []].append(
                        HistoryRow(hour: row.hour, dimensions: dimensions, calls: row.calls, uncounted: row.uncounted)
                    )
                }
            }
            try store.apply(batch(to: position, usage: counted.shuffled(using: &random)))
        }
        for org in ["acme", "other"] {
            let expected = (naive[org] ?? []).sorted { ($0.hour, $0.dimensions[0]) < ($1.hour, $1.dimensions[0]) }
            #expect(expected.count > 3 * SeriesChunk.seriesMax)
            var query = HistoryQuery(org: org, fromHour: 0, toHour: 4, groupBy: [.workspace])
            #expect(try store.history(query) == expected)
            query.limit = 1_000
            #expect(try store.history(query) == Array(expected.prefix(1_000)))
            (query.limit, query.workspace) = (.max, "w7")
            #expect(try store.history(query) == expected.filter { $0.dimensions == ["w7"] })
        }
    }

    @Test func bucketsBefore1970BeginAsThoseAfterDo() throws {
        let store = try open().store
        let hours: [Int64] = [-49, -48, -25, -24, -1, 0, 23, 24]
        try store.apply(batch(to: 10, usage: hours.map { usage(hour: $0, calls: 1) }))
        let query = HistoryQuery(org: "acme", fromHour: -100, toHour: 100, bucketHours: 24)
        #expect(try store.history(query).map(\.hour) == [-72, -48, -24, 0, 24])
        #expect(try store.history(query).map(\.calls) == [1, 2, 2, 2, 1])
    }

    @Test func everyDimensionCanBeGroupedBy() throws {
        let store = try open().store
        try store.apply(batch(to: 1, usage: [usage(hour: 1, calls: 1)]))
        let query = HistoryQuery(org: "acme", fromHour: 0, toHour: 2, groupBy: UsageDimension.allCases)
        #expect(try store.history(query).map(\.dimensions) == [["support", "", "inbox", "GET", "/query", "200"]])
    }

    @Test func rangesGrowOverSmallGapsAndMerge() throws {
        let store = try open().store
        try store.apply(batch(to: 10, ranges: [range(5, 1, 10), range(6, 3, 9)]))
        try store.apply(batch(to: 5_000, ranges: [range(5, 4_000, 4_100), range(5, 4_050, 4_060, org: "other")]))
        try store.apply(batch(to: 20_000, ranges: [range(5, 15_000, 15_010), range(6, 15_011, 15_020)]))
        let of5 = try store.ranges(org: "acme", hours: [5])
        #expect(of5 == [LogPosition(1)...LogPosition(4_100), LogPosition(15_000)...LogPosition(15_010)])
        let ofBoth = try store.ranges(org: "acme", hours: Set(0..<7))
        #expect(ofBoth == [LogPosition(1)...LogPosition(4_100), LogPosition(15_000)...LogPosition(15_020)])
        #expect(try store.ranges(org: "acme", hours: [7, 8]).isEmpty)
    }

    /// Whatever the order in which calls come in, every position with a call of an hour lies in a range of that hour.
    @Test func rangesCoverEveryCall() throws {
        var random = SeededRandom()
        let store = try open().store
        var positions: [Int64: [Int64]] = [:]
        var next: Int64 = 1
        for _ in 0..<60 {
            var ranges: [Int64: CallRange] = [:]
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let hour = Int64.random(in: 0...3, using: &random)
                positions[hour, default: []].append(next)
                ranges[hour, default: range(hour, next, next)].last = LogPosition(next)
                next += Int64.random(in: 1...6_000, using: &random)
            }
            try store.apply(batch(to: next, ranges: Array(ranges.values)))
        }
        for hour in 0...3 as ClosedRange<Int64> {
            let ranges = try store.ranges(org: "acme", hours: [hour])
            for position in positions[hour] ?? [] {
                #expect(ranges.contains { $0.contains(LogPosition(position)) })
            }
            #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        }
    }

    @Test func factsAreFoundByOrgWorkspaceTypeAndPosition() throws {
        let store = try open().store
        let facts = [
            fact(1, "org.configured", workspace: ""), fact(2, "settings.changed"), fact(3, "tier.changed"),
            fact(4, "tier.changed", workspace: "sales"), fact(5, "tier.changed", org: "other"),
        ]
        try store.apply(batch(to: 5, facts: facts))
        var query = FactsQuery(org: "acme", upTo: LogPosition(99))
        #expect(try store.facts(query) == Array(facts[0...3]))
        query.typePrefix = "tier."
        #expect(try store.facts(query) == Array(facts[2...3]))
        query.workspace = "support"
        #expect(try store.facts(query) == [facts[2]])
        query.typePrefix = ""
        #expect(try store.facts(query) == Array(facts[1...2]))
        query.upTo = LogPosition(2)
        #expect(try store.facts(query) == [facts[1]])
        query = FactsQuery(org: "acme", from: LogPosition(2), upTo: LogPosition(99), limit: 2)
        #expect(try store.facts(query) == Array(facts[1...2]))
    }

    // MARK: Opening

    @Test func viewsGoOnAfterReopening() throws {
        let first = try open()
        #expect(first.rebuildReason == "there were none")
        try first.store.apply(batch(to: 10, usage: [usage(hour: 5, calls: 2)]))
        try first.store.close()
        #expect(try directory.names == ["views.db"])
        #expect(try directory.permissions(of: "views.db") == 0o600)
        let again = try open(log: [10: hash(10)])
        #expect(again.rebuildReason == nil)
        #expect(try again.store.checkpoint().position == LogPosition(10))
    }

    @Test func viewsThatDoNotFitTheLogAreBegunAnew() throws {
        let cases: [(version: Int, log: [Int64: String], reason: String)] = [
            (1, [10: hash(11)], "the views up to position 10 were not made from this log"),
            (1, [:], "the views up to position 10 were not made from this log"),
            (2, [10: hash(10)], "the views were filled by version 1 of the projection, not 2"),
        ]
        for (version, log, reason) in cases {
            let store = try open(log: [10: hash(10)]).store
            try store.apply(batch(to: 10, usage: [usage(hour: 5, calls: 2)]))
            try store.close()
            let reopened = try open(version: version, log: log)
            #expect(reopened.rebuildReason == reason)
            #expect(try reopened.store.checkpoint() == .start)
            #expect(try reopened.store.history(HistoryQuery(org: "acme", fromHour: 0, toHour: 99)).isEmpty)
            try reopened.store.close()
        }
    }

    @Test func viewsBehindWhatTheLogHoldsAreBegunAnew() throws {
        let store = try open().store
        try store.apply(batch(to: 10))
        try store.close()
        let reopened = try ViewsStore.open(directory: directory.path, version: 1) { _ in
            throw EventLogError.outOfRange(firstHeld: LogPosition(21))
        }
        #expect(reopened.rebuildReason == "the log no longer holds what follows position 10")
    }

    @Test func damagedFilesAreBegunAnew() throws {
        let store = try open().store
        try store.apply(batch(to: 10, usage: [usage(hour: 5, calls: 2)]))
        try store.close()
        let path = directory.file("views.db")
        for damage in [
            Data(repeating: 0x20, count: 8_192), try Data(contentsOf: URL(fileURLWithPath: path)).prefix(5_000),
        ] {
            try damage.write(to: URL(fileURLWithPath: path))
            let reopened = try open(log: [10: hash(10)])
            #expect(reopened.rebuildReason?.hasPrefix("the file is damaged: ") == true)
            #expect(try reopened.store.checkpoint() == .start)
            try reopened.store.close()
        }
    }

    /// Wherever it is: on a page of rows, or on one above them, which would hide some.
    @Test func everyPageIsChecked() throws {
        let store = try open().store
        let rows = (0..<4_000).map { usage(hour: $0, calls: 2) }
        try store.apply(batch(to: 10, usage: rows))
        try store.close()
        let file = URL(fileURLWithPath: directory.file("views.db"))
        let sound = try Data(contentsOf: file)
        let query = HistoryQuery(org: "acme", fromHour: 0, toHour: 4_000)
        var random = SeededRandom()
        var found = 0
        let pages = sound.count / Int(ViewsSchema.pageSize)
        #expect(pages > 10)
        for page in 0..<pages {
            var damaged = sound
            let start = page * Int(ViewsSchema.pageSize)
            let index = Int.random(in: start..<start + Int(ViewsSchema.pageSize), using: &random)
            damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try damaged.write(to: file)
            let reopened = try open(log: [10: hash(10)])
            do {
                let isWhole = try reopened.store.history(query).count == 4_000
                // A page that the answer does not rest on, or all of it was begun anew.
                #expect(isWhole || reopened.rebuildReason != nil)
            } catch ViewsError.damaged(let reason) {
                #expect(reason == "a page does not have its checksum")
                found += 1
            }
            try? reopened.store.close()
        }
        #expect(found > 10)
    }

    @Test func filesWithoutChecksumsHaveAnotherLayout() throws {
        _ = try Shell.run("sqlite3 '\(directory.file("views.db"))' 'CREATE TABLE checkpoint(id INTEGER PRIMARY KEY)'")
        #expect(try open().rebuildReason == "the file has another layout")
    }

    @Test func damagedViewsGiveWayToARebuild() throws {
        let store = try open().store
        try store.apply(batch(to: 10, usage: (0..<4_000).map { usage(hour: $0, calls: 2) }))
        // What is in memory is not read again.
        try store.close()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: directory.file("views.db")))
        let pages = try file.seekToEnd() / UInt64(ViewsSchema.pageSize)
        for page in 2..<pages {
            try file.seek(toOffset: page * UInt64(ViewsSchema.pageSize) + 2_000)
            try file.write(contentsOf: [0x5A])
        }
        try file.close()
        let damaged = try open(log: [10: hash(10)]).store
        let query = HistoryQuery(org: "acme", fromHour: 0, toHour: 4_000)
        #expect(throws: ViewsError.damaged("a page does not have its checksum")) { try damaged.history(query) }
        let rebuild = try damaged.beginRebuild()
        try rebuild.apply(batch(to: 12, usage: [usage(hour: 6, calls: 2)]))
        try rebuild.finish()
        #expect(try damaged.history(query).map(\.calls) == [2])
        try damaged.close()
    }

    @Test func anotherLayoutIsBegunAnew() throws {
        try open().store.close()
        try tamper(with: directory.file("views.db"), "PRAGMA user_version = 99")
        #expect(try open().rebuildReason == "the file has another layout")
    }

    /// Of whatever layout: they tell of a log that lost its end also when they are about to be made anew.
    @Test func howFarViewsReachedIsKnownBeforeTheyAreOpened() throws {
        #expect(ViewsCheckpoint.recorded(inDirectory: directory.path) == nil)
        let store = try open().store
        try store.apply(batch(to: 10))
        try store.close()
        try tamper(with: directory.file("views.db"), "PRAGMA user_version = 3")
        #expect(ViewsCheckpoint.recorded(inDirectory: directory.path) == batch(to: 10).checkpoint)
    }

    // MARK: Rebuilding

    @Test func aRebuildIsSwappedInWhileTheOldViewsServe() throws {
        let store = try open().store
        let query = HistoryQuery(org: "acme", fromHour: 0, toHour: 99)
        try store.apply(batch(to: 10, usage: [usage(hour: 5, calls: 1_000)]))
        let rebuild = try store.beginRebuild()
        try rebuild.apply(batch(to: 5, usage: [usage(hour: 5, calls: 1)]))
        #expect(try rebuild.checkpoint().position == LogPosition(5))
        #expect(try store.history(query).map(\.calls) == [1_000])
        try rebuild.apply(batch(to: 12, usage: [usage(hour: 6, calls: 2)]))
        try rebuild.finish()
        #expect(try store.history(query).map(\.calls) == [1, 2])
        #expect(try store.checkpoint().position == LogPosition(12))
        try store.apply(batch(to: 13, usage: [usage(hour: 7, calls: 3)]))
        try store.close()
        #expect(try directory.names == ["views.db"])
        let reopened = try open(log: [13: hash(13)])
        #expect(reopened.rebuildReason == nil)
        #expect(try reopened.store.history(query).map(\.calls) == [1, 2, 3])
    }

    @Test func theOldViewsStayInUseWhenASwapFails() throws {
        let store = try open().store
        let query = HistoryQuery(org: "acme", fromHour: 0, toHour: 99)
        try store.apply(batch(to: 10, usage: [usage(hour: 5, calls: 1)]))
        #expect(throws: ViewsError.self) { try store.replaceFile(with: directory.file("missing")) }
        #expect(try store.history(query).map(\.calls) == [1])
        try store.apply(batch(to: 11, usage: [usage(hour: 5, calls: 2)]))
        #expect(try store.history(query).map(\.calls) == [3])
        try store.close()
    }

    @Test func anUnfinishedRebuildLeavesNothing() throws {
        let store = try open().store
        try store.apply(batch(to: 10))
        do {
            let rebuild = try store.beginRebuild()
            try rebuild.apply(batch(to: 5))
        }
        try Data("left by a crash".utf8).write(to: URL(fileURLWithPath: directory.file("views.db.new")))
        try store.close()
        #expect(try open(log: [10: hash(10)]).rebuildReason == nil)
        #expect(try !directory.names.contains { $0.hasPrefix("views.db.new") })
    }

    /// A changed byte can make a number anything else, whatever the tables' declarations say.
    @Test(
        "A row that cannot be is damage, not a crash",
        arguments: [
            "UPDATE hourly SET counts = NULL", "UPDATE hourly SET counts = x'00'",
            "UPDATE hourly SET chunk = 1", "UPDATE hourly SET chunk = -1",
            "UPDATE hourly SET chunk = 9223372036854775807", "DELETE FROM series",
            "DELETE FROM series WHERE number = 1",
            "UPDATE series SET workspace = NULL WHERE number = 1", "UPDATE series SET number = 'one' WHERE number = 1",
            "UPDATE call_ranges SET first = x'00'", "UPDATE call_ranges SET first = 9, last = 3",
            "UPDATE facts SET time = 'noon'",
        ]
    )
    func rowsThatCannotBe(_ change: String) throws {
        let store = try open().store
        let filled = batch(
            to: 10,
            usage: [usage(hour: 5, calls: 1), usage(hour: 5, calls: 1, workspace: "sales")],
            ranges: [range(5, 1, 10)],
            facts: [fact(1, "settings.changed")]
        )
        try store.apply(filled)
        try store.close()
        try spoil(change)
        let spoilt = try open(log: [10: hash(10)]).store
        #expect(throws: ViewsError.self) {
            _ = try spoilt.history(HistoryQuery(org: "acme", fromHour: 0, toHour: 99, groupBy: [.workspace]))
            _ = try spoilt.ranges(org: "acme", hours: Set(0..<99))
            _ = try spoilt.facts(FactsQuery(org: "acme", upTo: LogPosition(10)))
        }
        try spoilt.close()
    }

    @Test(
        "Nor is one that a batch is added to",
        arguments: [
            "UPDATE series SET number = -1", "UPDATE series SET number = 9223372036854775807",
            "UPDATE series SET workspace = 'sales', number = 9223372036854775807",
            "UPDATE hourly SET counts = x'00FFFFFFFFFFFFFF7F'", "UPDATE hourly SET counts = x'0080'",
        ]
    )
    func rowsThatNothingCanBeAddedTo(_ change: String) throws {
        let store = try open().store
        try store.apply(batch(to: 10, usage: [usage(hour: 5, calls: 1)]))
        try store.close()
        try spoil(change)
        let spoilt = try open(log: [10: hash(10)]).store
        #expect {
            try spoilt.apply(batch(to: 20, usage: [usage(hour: 5, calls: 1)]))
        } throws: { error in
            if case ViewsError.damaged = error { true } else { false }
        }
        try spoilt.close()
    }

    /// Carries out what the tables themselves would refuse.
    private func spoil(_ change: String) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA writable_schema = ON") }
        let loosened = try DatabaseQueue(path: directory.file("views.db"), configuration: configuration)
        try loosened.write { db in
            try db.execute(
                sql: """
                    UPDATE sqlite_schema
                    SET sql = replace(replace(replace(sql, 'STRICT, ', ''), ' STRICT', ''), ' NOT NULL', '')
                    """
            )
        }
        try loosened.close()
        let spoiling = try DatabaseQueue(path: directory.file("views.db"))
        try spoiling.write { db in try db.execute(sql: change) }
        try spoiling.close()
    }

    @Test func queriesGoOnDuringSwaps() async throws {
        let store = try open().store
        let query = HistoryQuery(org: "acme", fromHour: 0, toHour: 99)
        try store.apply(batch(to: 1, usage: [usage(hour: 1, calls: 7)]))
        async let answers = onThread { try (0..<200).map { _ in try store.history(query).map(\.calls) } }
        try await onThread {
            for position in 2...6 as ClosedRange<Int64> {
                let rebuild = try store.beginRebuild()
                try rebuild.apply(batch(to: position, usage: [usage(hour: 1, calls: 7)]))
                try rebuild.finish()
            }
        }
        #expect(try await answers.allSatisfy { $0 == [7] })
    }
}

extension ViewsStore {
    fileprivate func history(_ query: HistoryQuery) throws -> [HistoryRow] { try read { try $0.history(query) } }

    fileprivate func facts(_ query: FactsQuery) throws -> [Fact] { try read { try $0.facts(query) } }

    fileprivate func ranges(org: String, hours: Set<Int64>) throws -> [ClosedRange<LogPosition>] {
        try read { try $0.ranges(org: org, hours: hours) }
    }
}

private func hash(_ position: Int64) -> String { ChainHash.digest(of: Array("\(position)".utf8)) }

private func batch(
    to position: Int64,
    usage: [HourlyUsage] = [],
    ranges: [CallRange] = [],
    facts: [Fact] = []
) -> ViewsBatch {
    let checkpoint = ViewsCheckpoint(
        position: LogPosition(position),
        time: Timestamp(milliseconds: position),
        hash: hash(position),
        version: 1
    )
    return ViewsBatch(checkpoint: checkpoint, usage: UsageTotals(usage), ranges: ranges, facts: facts)
}
