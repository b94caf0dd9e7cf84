package import EventSourcing
import GRDB
import Synchronization

/// What looking for a snapshot found.
package struct SnapshotSearch: Sendable {
    /// The newest one that checks out; nil when the log must be replayed from its start.
    package var snapshot: Snapshot?
    /// For the operator: each snapshot that was set aside or passed over, and why.
    package var warnings: [String]
}

/// A stored snapshot, without its body.
package struct SnapshotInfo: Hashable, Sendable {
    package var position: LogPosition
    package var time: Timestamp
    /// The version of the state's encoding.
    package var version: Int
    /// Bytes of the encoded state before compression.
    package var size: Int
    /// Why it is not used any more; nil while it is good as far as known.
    package var setAside: String?
}

/// What decoding the newest snapshot that checks out gave.
package struct DecodedSnapshot<Content> {
    /// Nil when the log must be replayed from its start.
    package var content: Content?
    /// The certificate of the snapshot; nil when there is none.
    package var info: SnapshotInfo?
    /// For the operator: each snapshot that was set aside or passed over, and why.
    package var warnings: [String] = []
}

/// The certificate of a body that was saved.
package struct SavedBody: Hashable, Sendable {
    /// Bytes before compression.
    package var size: Int
    /// SHA-256, 64 hexadecimal digits.
    package var stateHash: String
}

extension SQLiteEventLog {
    /// Bytes of a part of a snapshot's body before compression. An append may have to wait until one is written: with parts
    /// of 1 MiB that was several milliseconds.
    package static let snapshotPartBytes = 256 << 10

    /// Stores a snapshot of the state after `snapshot.position`, in place of an older one of that position. Compresses
    /// on the calling thread; an append waits at most for one part of the body.
    package func save(_ snapshot: Snapshot) throws {
        try saveParts(
            at: snapshot.position,
            { take in for part in snapshot.body.parts(of: SQLiteEventLog.snapshotPartBytes) { try take(Array(part)) } },
            certifiedBy: { id, _ in StoredSnapshot(id: id, snapshot) }
        )
    }

    /// The same for a body that `write` gives to its argument in parts of about `snapshotPartBytes`: no more than one of them
    /// is in memory. Its hash is worked out on the way.
    package func save(
        at position: LogPosition,
        time: Timestamp,
        chainHash: String,
        version: Int,
        body write: (_ take: ([UInt8]) throws -> Void) throws -> Void
    ) throws -> SavedBody {
        var saved = SavedBody(size: 0, stateHash: "")
        try saveParts(at: position, write) { id, digest in
            saved = SavedBody(size: digest.size, stateHash: digest.stateHash)
            let info = SnapshotInfo(position: position, time: time, version: version, size: saved.size, setAside: nil)
            return StoredSnapshot(id: id, chainHash: chainHash, stateHash: saved.stateHash, info: info)
        }
        return saved
    }

    /// The newest snapshot of `version`, at or before `limit` when given, that certifies itself: the log's chain hash
    /// at its position is its chain hash, and its body has its state hash.
    ///
    /// One that does not is set aside with the reason, never deleted, and the next older one is tried; a read-only log
    /// only reports it. Snapshots of other versions, and those of positions that retention dropped, are passed over.
    package func newestGoodSnapshot(version: Int, atOrBefore limit: LogPosition? = nil) throws -> SnapshotSearch {
        var found: StoredSnapshot?
        let decoded = try newestGoodSnapshot(version: version, atOrBefore: limit) { stored, next in
            found = stored
            var body: [UInt8] = []
            while let part = try next() { body += part }
            return body
        }
        return SnapshotSearch(
            snapshot: decoded.content.flatMap { body in found?.snapshot(body: body) },
            warnings: decoded.warnings
        )
    }

    /// The same, but gives the body to `decode` part by part, so that no more than one of them is in memory, and what
    /// `decode` returns only if the whole body then turns out to have its state hash. Throws what `decode` throws.
    package func newestGoodSnapshot<Content>(
        version: Int,
        atOrBefore limit: LogPosition? = nil,
        decode: (_ next: @escaping () throws -> [UInt8]?) throws -> Content
    ) throws -> DecodedSnapshot<Content> {
        try newestGoodSnapshot(version: version, atOrBefore: limit) { _, next in try decode(next) }
    }

    private func newestGoodSnapshot<Content>(
        version: Int,
        atOrBefore limit: LogPosition?,
        decode: (StoredSnapshot, _ next: @escaping () throws -> [UInt8]?) throws -> Content
    ) throws -> DecodedSnapshot<Content> {
        var search = DecodedSnapshot<Content>()
        for id in try reading(at: .beforeFirst, SnapshotTable.invalidIDs) {
            let reason = "its row is not valid"
            search.warnings.append("a snapshot was set aside: \(reason)")
            try setAside(id, at: .beforeFirst, because: reason)
        }
        for stored in try storedSnapshots().reversed() where stored.position <= limit ?? stored.position {
            guard stored.version == version else {
                search.warnings.append(
                    "the snapshot at position \(stored.position) is of version \(stored.version), not \(version)"
                )
                continue
            }
            guard try stored.position >= lastDropped() else { continue }
            switch try certify(stored, decode: { next in try decode(stored, next) }) {
            case .good(let content):
                (search.content, search.info) = (content, stored.info)
                return search
            case .bad(let reason):
                search.warnings.append("the snapshot at position \(stored.position) was set aside: \(reason)")
                try setAside(stored, because: reason)
            }
        }
        return search
    }

    /// Sets aside, for good, the snapshots of what the log does not hold: for who accepts that it is lost.
    package func setAsideSnapshotsBehindHead() throws {
        let head = try head().position
        for stored in try storedSnapshots() where stored.position > head {
            try setAside(stored, because: "the log ended at position \(head), and that was accepted")
        }
    }

    /// All stored snapshots from the oldest to the newest, those that were set aside included.
    package func snapshots() throws -> [SnapshotInfo] {
        try reading(at: .beforeFirst) { try SnapshotTable.all($0).map(\.info) }
    }

    /// Those in use that do not certify themselves, and why; a log that can be written sets them aside. `isCancelled` is
    /// asked after each part of a body; `CancellationError` is thrown when it says so.
    package func checkSnapshots(
        isCancelled: () -> Bool = { false }
    ) throws -> [(position: LogPosition, reason: String)] {
        let dropped = try lastDropped()
        return try storedSnapshots().filter { $0.position >= dropped }.compactMap { stored in
            let certificate = try certify(stored) { next in
                while try next() != nil { if isCancelled() { throw CancellationError() } }
            }
            guard case .bad(let reason) = certificate else { return nil }
            try setAside(stored, because: reason)
            return (stored.position, reason)
        }
    }

    /// Where the base stands: the snapshot from which the events that are held go on, even if it was set aside. Nil
    /// where nothing was dropped.
    package func basePosition() throws -> LogPosition? {
        try reading(at: .beforeFirst) { db in
            guard let summary = try BlockQueries.firstRow(db), summary.isSummary else { return nil }
            return try ArchiveSeal.base(behind: summary, db)
        }
    }

    /// What `look` finds at the base; nil where nothing was dropped. Where it finds nothing, or nothing that checks out,
    /// throws `.damaged`: nothing else has what the dropped events led to.
    package func atBase<Content>(_ look: (LogPosition) throws -> Certificate<Content>?) throws -> Content? {
        while let position = try basePosition() {
            let certificate = try look(position)
            if case .good(let content) = certificate { return content }
            // Retention that goes on meanwhile has another base by now, and the one before is of no use any more.
            guard try basePosition() == position else { continue }
            var reason = "it is not there, or was set aside"
            if case .bad(let found) = certificate { reason = found }
            throw EventLogError.damaged(
                at: position,
                reason: "the snapshot that stands in for dropped events does not check out: \(reason)"
            )
        }
        return nil
    }

    /// Throws `.damaged` unless the base checks out.
    func checkBase() throws {
        _ = try atBase { position in
            var certificate: Certificate<Void>?
            for stored in try storedSnapshots() where stored.position == position {
                certificate = try certify(stored, decode: { _ in })
                if case .good = certificate { break }
            }
            return certificate
        }
    }

    /// Deletes all but the newest `count` snapshots and the base. Those that were set aside stay.
    package func pruneSnapshots(keeping count: Int) throws {
        let base = try basePosition()
        let superfluous = try storedSnapshots().dropLast(count).filter { $0.position != base }
        try changingSnapshots(at: .beforeFirst) {
            try pool.write { db in try superfluous.forEach { try SnapshotTable.deleteCertificate(of: $0, db) } }
        }
    }

    /// Where the oldest snapshot of `version` at or after `position` stands that checks out: it has the state that
    /// replaying what is dropped before would give. Throws `.storage` when there is none.
    func soundBase(atOrAfter position: LogPosition, version: Int) throws -> LogPosition {
        for stored in try storedSnapshots() where stored.position >= position && stored.version == version {
            guard case .bad(let reason) = try certify(stored, decode: { _ in }) else { return stored.position }
            try setAside(stored, because: reason)
        }
        throw EventLogError.storage(
            "the events up to position \(position) can only be dropped once there is a good snapshot at or after it"
        )
    }

    // MARK: Parts

    /// What looking at a snapshot comes to.
    package enum Certificate<Content> {
        /// It checks out.
        case good(Content)
        /// Why it does not.
        case bad(String)
    }

    private func saveParts(
        at position: LogPosition,
        _ write: (_ take: ([UInt8]) throws -> Void) throws -> Void,
        certifiedBy certificate: (_ id: Int64, BodyDigest) -> StoredSnapshot
    ) throws {
        try changingSnapshots(at: position) {
            let id = try pool.read { try SnapshotTable.unusedID($0) }
            var (number, digest) = (0, BodyDigest())
            try write { part in
                let stored = SnapshotTable.stored(part)
                digest.update(part)
                try pool.write { try SnapshotTable.insertPart(stored, size: part.count, number: number, of: id, $0) }
                try checkpointIfDue(afterWriting: stored.count)
                number += 1
            }
            // Only this row makes the parts a snapshot.
            let snapshot = certificate(id, digest)
            try pool.write { try SnapshotTable.insertCertificate(snapshot, $0) }
        }
    }

    private func storedSnapshots() throws -> [StoredSnapshot] {
        try reading(at: .beforeFirst) { try SnapshotTable.all($0).filter { $0.info.setAside == nil } }
    }

    private func lastDropped() throws -> LogPosition {
        LogPosition(try firstHeld().ordinal - 1)
    }

    private func certify<Content>(
        _ stored: StoredSnapshot,
        decode: (_ next: @escaping () throws -> [UInt8]?) throws -> Content
    ) throws -> Certificate<Content> {
        guard let chainHash = try hash(after: stored.position) else {
            return .bad("the log has no block that ends at its position")
        }
        guard chainHash == stored.chainHash else { return .bad("the log's chain hash there is not its chain hash") }
        let parts = PartsAhead { [self] take in
            try reading(at: stored.position) { db in try SnapshotTable.forEachPart(of: stored, db, take) }
        }
        let content = Result { try decode(parts.next) }
        if case .failure(let error) = content, error is CancellationError {
            parts.cancel()
            throw error
        }
        // Whoever decodes may stop early, at what it takes for damage.
        let digest = try parts.digest()
        guard digest?.size == stored.info.size, digest?.stateHash == stored.stateHash else {
            return .bad("its body does not have its state hash")
        }
        return .good(try content.get())
    }

    private func setAside(_ stored: StoredSnapshot, because reason: String) throws {
        try setAside(stored.id, at: stored.position, because: reason)
    }

    private func setAside(_ id: Int64, at position: LogPosition, because reason: String) throws {
        guard !options.readOnly else { return }
        try translatingErrors(at: position) {
            try pool.write { db in try SnapshotTable.setAside(id, because: reason, db) }
        }
    }

    /// One change at a time: parts without a certificate belong to the save that is under way, and before and after it
    /// to nobody. An interrupted save leaves such parts, and so does a certificate that is replaced or deleted.
    private func changingSnapshots(at position: LogPosition, _ body: () throws -> Void) throws {
        try snapshotChange.withLock { _ in
            try translatingErrors(at: position) {
                try removeOrphanedParts()
                try body()
                try removeOrphanedParts()
            }
        }
    }

    /// A few at a time, so that an append does not wait for all of them.
    private func removeOrphanedParts() throws {
        while try pool.write({ try SnapshotTable.deleteOrphanedParts($0) }) {
            try checkpointIfDue(afterWriting: SnapshotTable.pagesDeletingWrites * LedgerSchema.pageSize)
        }
    }
}

extension [UInt8] {
    fileprivate func parts(of size: Int) -> some Sequence<ArraySlice<UInt8>> {
        stride(from: 0, to: count, by: size).lazy.map { self[$0..<Swift.min($0 + size, self.count)] }
    }
}
