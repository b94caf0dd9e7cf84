import EventSourcing
import SQLiteEventLog
import TestSupport
import Testing

/// A snapshot is used only when it certifies itself.
@Suite struct SnapshotTests {
    private let directory: TemporaryDirectory
    private var sample: SampleLog<SQLiteEventLog>

    /// Blocks of 2, the last ending at 10.
    init() throws {
        directory = try TemporaryDirectory()
        sample = try SampleLog(SQLiteEventLog.open(directory: directory.path))
        try sample.append(blocks: [2, 2, 2, 2, 2])
    }

    private func snapshot(at block: Int, version: Int = 1, body: [UInt8]? = nil) -> Snapshot {
        let committed = sample.committed[block]
        let body = body ?? Array("state after \(committed.block.last)".utf8)
        return Snapshot(
            position: committed.block.last,
            time: committed.block.timeLast,
            chainHash: committed.hash,
            version: version,
            stateHash: ChainHash.digest(of: body),
            body: body
        )
    }

    private func reopened(after sql: String) throws -> SQLiteEventLog {
        try sample.log.close()
        try tamper(with: directory.file("ledger.db"), sql)
        return try SQLiteEventLog.open(directory: directory.path)
    }

    @Test func theNewestIsFound() throws {
        #expect(try sample.log.newestGoodSnapshot(version: 1).snapshot == nil)
        for block in [3, 1] { try sample.log.save(snapshot(at: block)) }
        let search = try sample.log.newestGoodSnapshot(version: 1)
        let found = try #require(search.snapshot)
        let expected = snapshot(at: 3)
        #expect(search.warnings.isEmpty)
        #expect((found.position, found.time, found.version) == (expected.position, expected.time, 1))
        #expect((found.chainHash, found.stateHash) == (expected.chainHash, expected.stateHash))
        #expect(found.body == expected.body)
    }

    @Test func oneWhoseRowIsNotValidIsSetAside() throws {
        for block in [1, 3] { try sample.log.save(snapshot(at: block)) }
        let log = try reopened(
            after: """
                PRAGMA writable_schema = ON;
                UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'snapshots';
                """
        )
        try log.close()
        try tamper(with: directory.file("ledger.db"), "UPDATE snapshots SET size = x'00' WHERE position = 8")
        let damaged = try SQLiteEventLog.open(directory: directory.path)
        let search = try damaged.newestGoodSnapshot(version: 1)
        #expect(search.snapshot?.position == LogPosition(4))
        #expect(search.warnings == ["a snapshot was set aside: its row is not valid"])
        #expect(try damaged.newestGoodSnapshot(version: 1).warnings == [])
        try damaged.close()
    }

    @Test func thoseBehindTheHeadCanBeSetAside() throws {
        for (block, version) in [(1, 1), (3, 2)] { try sample.log.save(snapshot(at: block, version: version)) }
        let log = try reopened(after: "DELETE FROM blocks WHERE first > 6")
        try log.setAsideSnapshotsBehindHead()
        let reason = "the log ended at position 6, and that was accepted"
        #expect(try log.snapshots().map(\.setAside) == [nil, reason])
        try log.close()
    }

    @Test func theNewestAtOrBeforeAPositionIsFound() throws {
        for block in [1, 3] { try sample.log.save(snapshot(at: block)) }
        let positions = try [3, 4, 7, 8, 99].map {
            try sample.log.newestGoodSnapshot(version: 1, atOrBefore: LogPosition($0)).snapshot?.position.ordinal
        }
        #expect(positions == [nil, 4, 4, 8, 8])
    }

    @Test func aBodyOfManyPartsComesBackWhole() throws {
        var random = SeededRandom()
        // Longer than what deflate looks back at: repeating it does not make it compressible.
        let noise = (0..<65_536).map { _ in UInt8.random(in: 0...255, using: &random) }
        let body = Array(repeatElement(noise, count: 70).joined()) + [UInt8](repeating: 7, count: 5_000_000)
        for body in [body, []] {
            try sample.log.save(snapshot(at: 2, body: body))
            #expect(try sample.log.newestGoodSnapshot(version: 1).snapshot?.body == body)
        }
        #expect(try sample.log.snapshots().map(\.size) == [0])
    }

    @Test func aBodyGoesInAndComesOutInParts() throws {
        let parts = [[1, 2], [], [UInt8](repeating: 3, count: 100_000), [4]] as [[UInt8]]
        let committed = sample.committed[2]
        let saved = try sample.log.save(
            at: committed.block.last,
            time: committed.block.timeLast,
            chainHash: committed.hash,
            version: 1
        ) { take in try parts.forEach(take) }
        let body = Array(parts.joined())
        #expect(saved.size == body.count && saved.stateHash == ChainHash.digest(of: body))
        #expect(try sample.log.newestGoodSnapshot(version: 1).snapshot?.body == body)
        let read = try sample.log.newestGoodSnapshot(version: 1) { next in
            var read: [[UInt8]] = []
            while let part = try next() { read.append(part) }
            return read
        }
        #expect(read.content == parts && read.info?.position == committed.block.last && read.warnings.isEmpty)
    }

    @Test func whatWasDecodedOfADamagedBodyIsNotUsed() throws {
        for block in [1, 3] { try sample.log.save(snapshot(at: block)) }
        let log = try reopened(after: "UPDATE snapshot_parts SET body = zeroblob(length(body)) WHERE snapshot = 2")
        // Stops after the first part, as a decoder does that takes it for the whole.
        let search = try log.newestGoodSnapshot(version: 1) { next in
            try next().map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(search.content == "state after 4" && search.info?.position == LogPosition(4))
        #expect(search.warnings == ["the snapshot at position 8 was set aside: its body does not have its state hash"])
    }

    @Test func whatStoringAndDecodingThrowIsThrown() throws {
        struct Full: Error {}
        let committed = sample.committed[2]
        #expect(throws: Full.self) {
            try sample.log.save(
                at: committed.block.last,
                time: committed.block.timeLast,
                chainHash: committed.hash,
                version: 1
            ) { take in
                try take([1])
                throw Full()
            }
        }
        #expect(try sample.log.snapshots().isEmpty)
        try sample.log.save(snapshot(at: 1))
        #expect(throws: Full.self) {
            try sample.log.newestGoodSnapshot(version: 1) { _ in throw Full() }
        }
        #expect(try sample.log.newestGoodSnapshot(version: 1).snapshot != nil)
    }

    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sql: String
        var reason: String
    }

    static let damages = [
        Damage(
            testDescription: "a body",
            sql: "UPDATE snapshot_parts SET body = x'00' WHERE snapshot = 2",
            reason: "its body does not have its state hash"
        ),
        Damage(
            testDescription: "a missing part",
            sql: "DELETE FROM snapshot_parts WHERE snapshot = 2",
            reason: "its body does not have its state hash"
        ),
        Damage(
            testDescription: "a state hash",
            sql: "UPDATE snapshots SET state_hash = chain_hash WHERE id = 2",
            reason: "its body does not have its state hash"
        ),
        Damage(
            testDescription: "a chain hash",
            sql: "UPDATE snapshots SET chain_hash = state_hash WHERE id = 2",
            reason: "the log's chain hash there is not its chain hash"
        ),
        Damage(
            testDescription: "a position inside a block",
            sql: "UPDATE snapshots SET position = 7 WHERE id = 2",
            reason: "the log has no block that ends at its position"
        ),
        Damage(
            testDescription: "a position past the head",
            sql: "UPDATE snapshots SET position = 99 WHERE id = 2",
            reason: "the log has no block that ends at its position"
        ),
    ]

    @Test(arguments: damages) func aDamagedOneIsSetAsideAndTheNextOlderIsUsed(_ damage: Damage) throws {
        for block in [1, 3] { try sample.log.save(snapshot(at: block)) }
        let log = try reopened(after: damage.sql)
        let search = try log.newestGoodSnapshot(version: 1)
        #expect(search.snapshot?.position == LogPosition(4))
        #expect(search.warnings.count == 1)
        #expect(search.warnings.first?.hasSuffix("was set aside: \(damage.reason)") == true)
        #expect(try log.snapshots().map(\.setAside) == [nil, damage.reason])
        #expect(try log.newestGoodSnapshot(version: 1).warnings.isEmpty)
    }

    @Test func oneThatWasSetAsideIsKeptBesideItsReplacement() throws {
        for block in [1, 3] { try sample.log.save(snapshot(at: block)) }
        let log = try reopened(after: SnapshotTests.damages[0].sql)
        _ = try log.newestGoodSnapshot(version: 1)
        try log.save(snapshot(at: 3))
        try log.pruneSnapshots(keeping: 1)
        #expect(try log.snapshots().map(\.position.ordinal) == [8, 8])
        #expect(try log.snapshots().map { $0.setAside == nil } == [false, true])
        #expect(try log.newestGoodSnapshot(version: 1).snapshot?.position == LogPosition(8))
    }

    @Test func aReadOnlyLogOnlyReports() throws {
        for block in [1, 3] { try sample.log.save(snapshot(at: block)) }
        try reopened(after: SnapshotTests.damages[0].sql).close()
        let log = try SQLiteEventLog.open(directory: directory.path, options: .init(readOnly: true))
        #expect(try log.newestGoodSnapshot(version: 1).snapshot?.position == LogPosition(4))
        #expect(try log.newestGoodSnapshot(version: 1).warnings.count == 1)
    }

    @Test func otherVersionsArePassedOverAndKept() throws {
        try sample.log.save(snapshot(at: 1))
        try sample.log.save(snapshot(at: 3, version: 2))
        let search = try sample.log.newestGoodSnapshot(version: 1)
        #expect(search.snapshot?.position == LogPosition(4))
        #expect(search.warnings == ["the snapshot at position 8 is of version 2, not 1"])
        #expect(try sample.log.newestGoodSnapshot(version: 2).snapshot?.position == LogPosition(8))
    }

    @Test func pruningKeepsTheNewest() throws {
        for block in 0..<5 { try sample.log.save(snapshot(at: block)) }
        try sample.log.pruneSnapshots(keeping: 3)
        #expect(try sample.log.snapshots().map(\.position.ordinal) == [6, 8, 10])
    }

    @Test func whatAnInterruptedSaveLeftIsRemoved() throws {
        try sample.log.save(snapshot(at: 1))
        let log = try reopened(
            after: "INSERT INTO snapshot_parts SELECT 2, part, size, body FROM snapshot_parts"
        )
        #expect(try log.newestGoodSnapshot(version: 1).snapshot?.position == LogPosition(4))
        try log.save(snapshot(at: 3))
        let search = try log.newestGoodSnapshot(version: 1)
        #expect(search.snapshot?.body == snapshot(at: 3).body)
        #expect(search.warnings.isEmpty)
    }

    @Test func certificatesHoldAfterCompaction() throws {
        try sample.log.save(snapshot(at: 2))
        try sample.log.compact()
        #expect(try sample.log.newestGoodSnapshot(version: 1).snapshot?.position == LogPosition(6))
    }
}
