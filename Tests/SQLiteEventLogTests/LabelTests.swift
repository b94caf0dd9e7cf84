import EventSourcing
import GRDB
import TestSupport
import Testing

@testable import SQLiteEventLog

/// Readers who ask for something pass over blocks that do not hold it, and miss nothing whatever became of the labels.
@Suite struct LabelTests {
    private let directory: TemporaryDirectory
    private var history: LabelledHistory

    init() throws {
        directory = try TemporaryDirectory()
        history = try LabelledHistory(SQLiteEventLog.open(directory: directory.path))
    }

    private var path: String { directory.file("ledger.db") }

    // MARK: Passing over

    @Test mutating func whatIsReadWithAQueryEqualsWhatIsFoundByReadingAll() throws {
        var random = SeededRandom()
        for round in 0..<6 {
            for _ in 0..<40 { try history.appendRandom(using: &random) }
            if round == 3 {
                try history.log.compact {
                    $0.keepEvents = 60
                    $0.packedBytes = .random(in: 500...8_000, using: &random)
                }
            }
            for _ in 0..<20 {
                let wanted = LabelledHistory.Wanted.random(using: &random)
                let from = LogPosition(.random(in: 1...history.head.position.ordinal, using: &random))
                let found = try history.read(wanted, from: from, byteLimit: .random(in: 0...4_000, using: &random))
                #expect(found.lines == history.lines(wanted, from: from), "\(wanted)")
            }
        }
        #expect(try history.log.verify().head == history.head)
    }

    @Test mutating func blocksOfOthersAreNotRead() throws {
        for index in 0..<30 { try history.append([.call(of: index % 10 == 0 ? "acme" : "globex")]) }
        let wanted = LabelledHistory.Wanted(org: "acme")
        let found = try history.read(wanted)
        #expect((found.blocks, found.skipped) == (3, 27))
        #expect(found.lines.count == 3)
        // Not even looked at: their damage is for verification to find.
        let globex = history.positions.filter { $0 % 10 != 1 }.map(String.init).joined(separator: ",")
        try history.log.close()
        try tamper(with: path, "UPDATE blocks SET body = x'00' WHERE first IN (\(globex)) AND first < 30")
        let log = try SQLiteEventLog.open(directory: directory.path)
        #expect(try log.read(from: LogPosition(1), matching: wanted.query, byteLimit: .max).blocks.count == 3)
        #expect(throws: EventLogError.self) { try log.read(from: LogPosition(1), byteLimit: .max) }
    }

    @Test mutating func aPageEndsBehindTheRowsItMayPassOver() throws {
        try history.log.close()
        var options = SQLiteEventLog.Options()
        options.skippedMax = 4
        history = try LabelledHistory(SQLiteEventLog.open(directory: directory.path, options: options))
        for _ in 0..<9 { try history.append([.call(of: "globex")]) }
        try history.append([.call(of: "acme")])
        func page(from position: Int64, upTo end: LogPosition = .last) throws -> [Int64] {
            let query = LabelledHistory.Wanted(org: "acme").query
            let page = try history.log.read(from: LogPosition(position), upTo: end, matching: query, byteLimit: 1)
            return [Int64(page.blocks.count), page.through.ordinal]
        }
        #expect(try page(from: 1) == [0, 4])
        #expect(try page(from: 5) == [0, 8])
        #expect(try page(from: 9) == [1, 10])
        #expect(try page(from: 11) == [0, 10])
        #expect(try page(from: 1, upTo: LogPosition(3)) == [0, 3])
    }

    @Test mutating func aHoleIsNotPassedOver() throws {
        for _ in 0..<5 { try history.append([.call(of: "globex")]) }
        try history.log.close()
        try tamper(with: path, "DELETE FROM blocks WHERE first = 3")
        let log = try SQLiteEventLog.open(directory: directory.path)
        let query = LabelledHistory.Wanted(org: "acme").query
        #expect(throws: EventLogError.missingBlock(at: LogPosition(3))) {
            try log.read(from: LogPosition(1), matching: query, byteLimit: .max)
        }
    }

    /// The body is the last column, and what passes over rows asks for none of its bytes.
    @Test func rowsAreSearchedByTheirKey() throws {
        let plan = try history.log.pool.read { db in
            try Row.fetchAll(
                db,
                sql: "EXPLAIN QUERY PLAN SELECT \(StoredBlock.columnsWithoutBody) FROM blocks WHERE first >= 1"
            )
        }
        #expect(plan.map { $0["detail"] as String } == ["SEARCH blocks USING INTEGER PRIMARY KEY (rowid>?)"])
        let columns = try history.log.pool.read { try $0.columns(in: "blocks").map(\.name) }
        #expect(columns.suffix(3) == ["seams", "labels", "body"])
    }

    // MARK: Labels that are missing

    @Test mutating func aBlockOfTooMuchIsAlwaysRead() throws {
        try history.append((0...BlockLabels.countMax).map { .call(of: "org-\($0)") })
        #expect(try history.storedLabels() == [nil])
        let found = try history.read(LabelledHistory.Wanted(org: "org-17"))
        #expect((found.blocks, found.lines.count) == (1, 1))
    }

    @Test mutating func aFileWithoutLabelsIsReadAsItIs() throws {
        var random = SeededRandom()
        for _ in 0..<30 { try history.appendRandom(using: &random) }
        try makeOld()
        let log = try SQLiteEventLog.open(directory: directory.path, options: .init(readOnly: true))
        #expect(try log.verify().head == history.head)
        history.reopened(log)
        for _ in 0..<20 {
            let wanted = LabelledHistory.Wanted.random(using: &random)
            #expect(try history.read(wanted).lines == history.lines(wanted))
        }
        #expect(try history.read(LabelledHistory.Wanted(org: "nobody")).skipped == 0)
    }

    @Test mutating func aFileWithoutLabelsGetsThemAsItGoesOn() throws {
        for _ in 0..<10 { try history.append([.call(of: "globex")]) }
        try makeOld()
        history.reopened(try SQLiteEventLog.open(directory: directory.path))
        for _ in 0..<10 { try history.append([.call(of: "globex")]) }
        let wanted = LabelledHistory.Wanted(org: "acme")
        var found = try history.read(wanted)
        #expect((found.blocks, found.skipped) == (10, 10))
        try history.log.compact()
        found = try history.read(wanted)
        #expect((found.blocks, found.skipped) == (0, 1))
        #expect(try history.log.verify().head == history.head)
        #expect(try history.read(LabelledHistory.Wanted(org: "globex")).lines.count == 20)
    }

    /// As files of version 1 are.
    private func makeOld() throws {
        try history.log.pool.write {
            try $0.execute(sql: "ALTER TABLE blocks DROP COLUMN labels; PRAGMA user_version = 1")
        }
        try history.log.close()
    }

    // MARK: Labels that are wrong

    @Test mutating func noFlippedBitHidesAnEvent() throws {
        try history.append([.call(of: "acme")])
        try history.append([.call(of: "globex"), LabelledHistory.Event(type: "tier.changed", org: "globex")])
        let sound = try #require(try history.storedLabels()[1])
        let wanted = LabelledHistory.Wanted(org: "globex")
        for bit in 0..<sound.count * 8 {
            var flipped = sound
            flipped[bit / 8] ^= 1 << (bit % 8)
            try history.store(labels: flipped, first: 2)
            #expect(try history.read(wanted).lines.count == 2, "bit \(bit)")
            let damage = EventLogError.damaged(at: LogPosition(2), reason: "the block's labels do not check out")
            #expect(throws: damage) { try history.log.verify() }
        }
        for length in [0, 3, 4, sound.count - 4, sound.count - 1] {
            try history.store(labels: Array(sound.prefix(length)), first: 2)
            #expect(try history.read(wanted).lines.count == 2, "\(length) bytes")
        }
        let ofAnotherBlock = try #require(try history.storedLabels()[0])
        try history.store(labels: ofAnotherBlock, first: 2)
        #expect(try history.read(wanted).lines.count == 2)
        try history.store(labels: sound, first: 2)
        #expect(try history.log.verify().head == history.head)
    }

    @Test mutating func verificationFindsLabelsThatLeaveSomethingOut() throws {
        try history.append([.call(of: "acme"), .call(of: "globex"), .call(of: "acme")])
        var labels = BlockLabels.none
        for label in LabelledHistory.Event.call(of: "acme").labels { labels.insert(label) }
        let hash = history.head.hash
        let coded = try #require(StoredLabels.encode(labels, first: LogPosition(1), hash: hash))
        try history.store(labels: coded, first: 1)
        let damage = EventLogError.damaged(at: LogPosition(2), reason: "the block's labels leave it out")
        #expect(throws: damage) { try history.log.verify() }
    }

    // MARK: Packing

    @Test mutating func aPackedBlockHasTheLabelsOfItsEvents() throws {
        for org in ["acme", "globex", "acme"] { try history.append([.call(of: org)]) }
        try history.log.compact()
        var expected = BlockLabels.none
        for org in ["acme", "globex"] {
            for label in LabelledHistory.Event.call(of: org).labels { expected.insert(label) }
        }
        let row = try #require(try history.log.pool.read { try BlockQueries.last($0) })
        #expect(row.trustedLabels == expected)
        #expect(row.count == 3)
        #expect(try history.read(LabelledHistory.Wanted(org: "nobody")).skipped == 1)
        #expect(try history.read(LabelledHistory.Wanted(org: "acme")).lines.count == 2)
    }

    @Test mutating func anEscapedNameIsNotPassedOver() throws {
        try history.append([.call(of: #"a\"b"#)])
        try history.log.compact()
        #expect(try history.storedLabels() == [nil])
        #expect(try history.log.verify().events == 1)
    }
}
