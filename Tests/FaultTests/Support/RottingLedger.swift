import EventSourcing
import Foundation
import GRDB
import LedgerService
import Logging
import TestSupport

@testable import LedgerServiceTests
@testable import SQLiteEventLog

/// The files of a ledger, and what it said.
struct RottingLedger: Sendable {
    /// What happens to a file.
    enum Damage: CaseIterable {
        /// One bit changes.
        case flip
        /// Its end is missing.
        case cut
    }

    /// What a damaged copy of the files gives.
    enum Finding: Hashable {
        /// It does not open, or does not verify: it says that it is damaged, and where, or what of it is missing.
        case detected
        /// It does not open, or does not verify, and says something else.
        case unclear(String)
        /// It says that its views are damaged, makes them anew, and then answers as it did.
        case mended
        case harmless
        /// The end of the log is not there, as if power had been lost before it was written.
        case shortened
        case differs(String)
    }

    static let files = ["ledger.db", "ledger.db-wal", "views.db", "views.db-wal", "backups/copy"]

    /// What is done to a damaged file so that what guards it says nothing: as if it were not there.
    enum Silencing: CaseIterable, Sendable {
        /// Each page of views.db gets the checksum that it would have.
        case checksumsOfPages
        /// SQLite throws away what it takes for the end of the WAL before anybody else looks.
        case lookAtWAL
        /// Each block gets the hash that it would have.
        case hashesOfBlocks

        var file: String {
            switch self {
            case .checksumsOfPages: "views.db"
            case .lookAtWAL: "ledger.db-wal"
            case .hashesOfBlocks: "ledger.db"
            }
        }
    }

    /// The files as they were while it ran, with the newest in the WALs, and after it had stopped.
    private let running: TemporaryDirectory
    private let stopped: TemporaryDirectory
    private let clock = ManualClock()
    private let firstHeld: LogPosition
    private let lines: [String]
    private let backedUp: LogHead
    private let answers: Answers

    init(seed: UInt64) throws {
        let source = try TemporaryDirectory()
        var client = RandomClient(random: SeededRandom(seed: seed))
        let ledger = try Ledger(in: source, clock: clock)
        try client.play(20, on: ledger)
        clock.advance(.days(3))
        for _ in 1...5 {
            try client.play(12, on: ledger)
            clock.advance(.hours(9))
        }
        // What is dropped leaves its usage and a base; what is kept is packed.
        _ = try ledger.service.compact(dryRun: false, keepEvents: 40, retainDays: 3)
        _ = try ledger.service.takeSnapshot()
        backedUp = try ledger.service.backup(name: "copy").head
        try client.play(20, on: ledger)
        try ledger.settle()
        firstHeld = try ledger.service.log.firstHeld()
        lines = try ledger.lines(from: firstHeld)
        answers = try RottingLedger.answers(of: ledger)
        running = try RottingLedger.copy(of: source)
        try ledger.service.shutdown()
        stopped = try RottingLedger.copy(of: source)
    }

    private static func copy(of directory: TemporaryDirectory) throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: copy.file("backups"), withIntermediateDirectories: false)
        for file in files where FileManager.default.fileExists(atPath: directory.file(file)) {
            try FileManager.default.copyItem(atPath: directory.file(file), toPath: copy.file(file))
        }
        return copy
    }

    /// Damages one file, and looks.
    func finding(
        after damage: Damage,
        in file: String,
        silencing: Silencing? = nil,
        using random: inout SeededRandom
    ) throws -> Finding {
        let copy = try RottingLedger.copy(of: file.hasSuffix("-wal") ? running : stopped)
        try RottingLedger.carryOut(damage, on: URL(fileURLWithPath: copy.file(file)), using: &random)
        try silencing?.carryOut(in: copy)
        do {
            return file.hasPrefix("backups") ? try findingInBackup(copy.file(file)) : try finding(inLedger: copy)
        } catch {
            let log = file.hasPrefix("views.db") || file.hasSuffix("-wal") ? "ledger.db" : file
            return isTrue(error, of: copy.file(log)) ? .detected : .unclear("\(error)")
        }
    }

    /// Whether an error would pass that puts the damage of a bit that flipped in the log behind the last event.
    func isEndTakenForPlaceOfDamage(using random: inout SeededRandom) throws -> Bool {
        let copy = try RottingLedger.copy(of: stopped)
        let file = copy.file(RottingLedger.files[0])
        try RottingLedger.carryOut(.flip, on: URL(fileURLWithPath: file), using: &random)
        let end = firstHeld.advanced(by: lines.count)
        return isTrue(EventLogError.damaged(at: end, reason: ""), of: file)
    }

    /// Whether an error tells an operator what is wrong, and all events are well that stand before where it says.
    private func isTrue(_ error: any Error, of file: String) -> Bool {
        switch error {
        case EventLogError.damaged(let position, _): areWell(before: position, in: file)
        case EventLogError.storage(let reason):
            ["is not a Ledgerline ledger", "has schema version"].contains { reason.contains($0) }
        case is LostEvents, ViewsError.damaged: true
        default: false
        }
    }

    /// Those that can be read at all, and were not dropped: a file may be damaged so that it does not open.
    private func areWell(before position: LogPosition, in file: String) -> Bool {
        guard let log = try? SQLiteEventLog.openReadOnly(file: file) else { return true }
        defer { try? log.close() }
        var (next, rest) = (firstHeld, lines[...])
        while next < position {
            guard let read = try? log.read(from: next, byteLimit: 1).first, read.block.first == next,
                rest.starts(with: read.lines)
            else { return false }
            rest = rest.dropFirst(read.lines.count)
            next = read.block.last.next
        }
        return true
    }

    private static func carryOut(_ damage: Damage, on file: URL, using random: inout SeededRandom) throws {
        var bytes = try Data(contentsOf: file)
        switch damage {
        case .cut: bytes.removeLast(.random(in: 1...bytes.count, using: &random))
        case .flip:
            // Most of a page that is not full is zeros, which nobody reads.
            var index = Int.random(in: bytes.indices, using: &random)
            while bytes[index] == 0 { index = Int.random(in: bytes.indices, using: &random) }
            bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        try bytes.write(to: file)
    }

    private func findingInBackup(_ path: String) throws -> Finding {
        let head = try SQLiteEventLog.openReadOnly(file: path).verify().head
        return head == backedUp ? .harmless : .differs("the backup ends at \(head.position)")
    }

    private func finding(inLedger copy: TemporaryDirectory) throws -> Finding {
        let found = try RottingLedger.lines(in: copy.path)
        guard found == lines else { return lines.starts(with: found) ? .shortened : .differs("the events") }
        let ledger = try Ledger(in: copy, clock: clock) { configuration in
            configuration.isScrubbingAtStart = false
            configuration.logger = Logger(label: "faults") { _ in SwiftLogNoOpLogHandler() }
        }
        defer { try? ledger.service.shutdown() }
        _ = try ledger.service.verifyLog()
        guard try ledger.service.verifyProjections().isEqual else { return .differs("the states") }
        let (given, isMended) = try RottingLedger.answersOnceMended(of: ledger)
        guard given == answers else { return .differs("the answers") }
        _ = try ledger.service.rebuildProjections()
        guard try RottingLedger.answers(of: ledger) == answers else { return .differs("the answers made anew") }
        return isMended ? .mended : .harmless
    }

    private static func answersOnceMended(of ledger: Ledger) throws -> (Answers, isMended: Bool) {
        var isMended = false
        while true {
            do {
                return (try answers(of: ledger), isMended)
            } catch ServiceError.busy {
                isMended = true
            }
        }
    }

    /// Before a service goes on with the log: time may have events for it at once.
    private static func lines(in directory: String) throws -> [String] {
        let log = try SQLiteEventLog.open(directory: directory)
        defer { try? log.close() }
        return try log.blocks(from: log.firstHeld()).flatMap(\.lines)
    }

    private static func answers(of ledger: Ledger) throws -> Answers {
        let now = ledger.clock.now
        return try Answers(ledger, at: [now, now - .hours(20)], from: now - .days(60), to: now)
    }
}

extension RottingLedger.Silencing {
    fileprivate func carryOut(in directory: TemporaryDirectory) throws {
        switch self {
        case .checksumsOfPages: try sealPages(of: URL(fileURLWithPath: directory.file(file)))
        case .lookAtWAL:
            let database = try DatabaseQueue(path: directory.file("ledger.db"))
            try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try database.close()
        case .hashesOfBlocks:
            let database = try DatabaseQueue(path: directory.file(file))
            try database.write(rehashBlocks)
            try database.close()
        }
    }

    private func sealPages(of file: URL) throws {
        var bytes = [UInt8](try Data(contentsOf: file))
        bytes.withUnsafeMutableBytes { bytes in
            let size = Int(ViewsSchema.pageSize)
            for start in stride(from: 0, to: bytes.count, by: size) {
                Page(bytes.baseAddress! + start, CInt(size), at: Int64(start))?.seal()
            }
        }
        try Data(bytes).write(to: file)
    }

    /// Those that were not packed.
    private func rehashBlocks(_ db: Database) throws {
        var previous = ""
        let rows = try Row.fetchAll(db, sql: "SELECT \(StoredBlock.columns) FROM blocks ORDER BY first")
        for row in try rows.map(StoredBlock.init(row:)) {
            var hash = row.hash
            if let lines = row.body, row.seams == nil, lines.count == row.size {
                hash = ChainHash.next(after: previous, lines: lines)
                try db.execute(
                    sql: "UPDATE blocks SET hash = ?, labels = NULL WHERE first = ?",
                    arguments: [hash, row.first.ordinal]
                )
            }
            previous = hash
        }
    }
}
