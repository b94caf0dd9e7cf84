import Crypto
import EventSourcing
import GRDB

/// Certifies what retention keeps of dropped events, which the chain's hashes do not cover: the rows of `archive`, the
/// summarising row of `blocks`, and which snapshot is the base. The base certifies itself.
struct ArchiveSeal: Equatable {
    /// The sum of the rows' digests: a drop changes few of many rows, and their order is nothing to go by.
    private var usage = DigestSum()
    private var dropped = ""
    /// Where the snapshot stands from which the events that are held go on.
    private(set) var base = LogPosition.beforeFirst

    /// Of what the file holds.
    init(of archive: [HourlyUsage], _ summary: StoredBlock, base: LogPosition) {
        archive.forEach { usage.add($0.sealedText) }
        summarise(summary, base: base)
    }

    /// As it was stored; nil where there is none, or not a valid one.
    init?(_ db: Database) throws {
        guard let row = try Row.fetchOne(db, sql: "SELECT usage, dropped, base FROM archive_seal") else { return nil }
        guard let text: String = row.valid(at: 0), let sum = DigestSum(text: text),
            let dropped: String = row.valid(at: 1), let base: Int64 = row.valid(at: 2)
        else { return nil }
        (usage, self.dropped, self.base) = (sum, dropped, LogPosition(base))
    }

    /// Of an archive without rows.
    static let empty = ArchiveSeal()

    private init() {}

    mutating func replace(_ old: HourlyUsage?, with new: HourlyUsage) {
        if let old { usage.subtract(old.sealedText) }
        usage.add(new.sealedText)
    }

    mutating func summarise(_ row: StoredBlock, base: LogPosition) {
        self.base = base
        dropped = ArchiveSeal.digest(of: row, base: base)
    }

    func save(_ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO archive_seal(id, usage, dropped, base) VALUES (1, ?, ?, ?)",
            arguments: [usage.text, dropped, base.ordinal]
        )
    }

    /// Throws `.damaged` at the last dropped position unless the file holds what was sealed, as far as its version has that.
    static func check(_ archive: [HourlyUsage], _ summary: StoredBlock, _ db: Database) throws {
        guard try LedgerSchema.isCurrent(db) else {
            if try LedgerSchema.isWithoutBase(db) { try checkWithoutBase(archive, summary, db) }
            return
        }
        guard let seal = try ArchiveSeal(db), seal == ArchiveSeal(of: archive, summary, base: seal.base) else {
            throw broken(at: summary.last)
        }
    }

    /// Where the base stands. Throws `.damaged` at the last dropped position unless that was sealed.
    static func base(behind summary: StoredBlock, _ db: Database) throws -> LogPosition {
        guard try LedgerSchema.isCurrent(db) else { return try SnapshotTable.likelyBase(behind: summary, db) }
        guard let seal = try ArchiveSeal(db), seal.dropped == digest(of: summary, base: seal.base) else {
            throw broken(at: summary.last)
        }
        return seal.base
    }

    /// The same as `check` for schema version 3, whose seal does not say which snapshot is the base.
    private static func checkWithoutBase(_ archive: [HourlyUsage], _ summary: StoredBlock, _ db: Database) throws {
        let seal = try Row.fetchOne(db, sql: "SELECT usage, dropped FROM archive_seal")
        let (usage, dropped) = (seal?.valid(at: 0) as String?, seal?.valid(at: 1) as String?)
        let found = ArchiveSeal(of: archive, summary, base: .beforeFirst)
        guard usage == found.usage.text, dropped == digest(of: summary, base: nil) else {
            throw broken(at: summary.last)
        }
    }

    private static func digest(of row: StoredBlock, base: LogPosition?) -> String {
        let dropped: [Int64] = [
            row.first.ordinal, Int64(row.count), row.timeFirst.milliseconds, row.timeLast.milliseconds, Int64(row.size),
        ]
        let figures = dropped + (base.map { [$0.ordinal] } ?? [])
        return ChainHash.digest(of: Array((figures.map(String.init) + [row.hash]).joined(separator: " ").utf8))
    }

    private static func broken(at position: LogPosition) -> EventLogError {
        .damaged(at: position, reason: "what was kept of the events dropped up to there does not check out")
    }
}

/// A sum of 128-bit digests, whatever their order.
private struct DigestSum: Equatable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init() {}

    init?(text: String) {
        let halves = text.split(separator: " ")
        guard halves.count == 2, let low = UInt64(halves[0], radix: 16), let high = UInt64(halves[1], radix: 16)
        else { return nil }
        (self.low, self.high) = (low, high)
    }

    var text: String { String(low, radix: 16) + " " + String(high, radix: 16) }

    mutating func add(_ text: String) {
        let digest = DigestSum(digestOf: text)
        (low, high) = (low &+ digest.low, high &+ digest.high)
    }

    mutating func subtract(_ text: String) {
        let digest = DigestSum(digestOf: text)
        (low, high) = (low &- digest.low, high &- digest.high)
    }

    private init(digestOf text: String) {
        var text = text
        let digest = text.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
        digest.withUnsafeBytes { bytes in
            low = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
            high = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
}

extension HourlyUsage {
    /// No text holds a NUL.
    fileprivate var sealedText: String {
        let texts = [org, workspace, integration, purpose, verb, resource]
        return (texts + [hour, Int64(status), Int64(calls), Int64(uncounted)].map(String.init)).joined(separator: "\0")
    }
}
