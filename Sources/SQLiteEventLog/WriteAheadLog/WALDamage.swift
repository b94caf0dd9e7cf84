import EventSourcing

/// Damage in a write-ahead log (WAL).
///
/// SQLite takes the first frame that does not check out for the end of the WAL: there a crash tore what was being
/// written. It takes a frame that rotted for the same, and what was committed behind it vanishes without a word. What
/// tells them apart, when every commit waits for the disk before the next one is written:
///
/// - Frames of one commit after those of another: the first of the two was durable, and so was all before it. Nothing else
///   leaves such frames, since what a failed write left is written over from its start.
/// - A commit that is whole but for one bit. What is torn lacks sectors.
/// - A header that does not check out before frames that follow each other: it was durable before they were written, and
///   is in one sector.
///
/// What this cannot tell from a crash: a file that was cut off, and a last commit with a larger fault.
enum WALDamage {
    /// In words, for the operator; nil when the WAL of the database at `path` is sound, ends in what a crash tore, or is
    /// not there. While another process writes to it, what does not look the same twice is no damage.
    ///
    /// - Parameter pageBytes: of the database, in case that the WAL's header does not say.
    static func find(besideDatabase path: String, pageBytes: Int) throws -> String? {
        guard let file = try WALFile(path + "-wal") else { return nil }
        defer { file.close() }
        for _ in 1...looksMax {
            guard let search = try WALSearch(file, pageBytes: pageBytes), let finding = try search.run() else {
                return nil
            }
            if try file.header() == search.header, try search.frame(finding.number) == finding.frame {
                return finding.description
            }
        }
        return nil
    }

    /// A writer that is at work changes what was found before it can be looked at again, time after time.
    private static let looksMax = 3
}

/// One look through a WAL.
private struct WALSearch {
    let header: WALHeader
    private let file: WALFile
    private let pageBytes: Int

    struct Finding {
        /// Of the frame that does not check out; 0 for the header's sake.
        var number: Int
        var frame: WALFrame?
        var description: String
    }

    /// Nil where there is no header.
    init?(_ file: WALFile, pageBytes: Int) throws {
        guard let header = try file.header() else { return nil }
        (self.file, self.header) = (file, header)
        self.pageBytes = header.isSound ? header.pageBytes : pageBytes
    }

    func frame(_ number: Int) throws -> WALFrame? {
        try file.frame(number, pageBytes: pageBytes)
    }

    func run() throws -> Finding? {
        guard header.isSound else { return try damagedHeader() }
        var (number, previous) = (0, header.checksum)
        while let frame = try frame(number) {
            guard frame.salts == header.salts, frame.follows(previous, header.order) else {
                return try finding(at: number, frame, after: previous)
            }
            (number, previous) = (number + 1, frame.checksum)
        }
        return nil
    }

    // MARK: The header

    private func damagedHeader() throws -> Finding? {
        guard let first = try frame(0) else { return nil }
        for order in WALByteOrder.allCases {
            let isFollowed =
                first.follows(header.checksum, order) || first.follows(header.computedChecksum(order), order)
            guard try isFollowed || hasFramesInARow(order) else { continue }
            return Finding(number: 0, frame: first, description: "the header of \(file.path) does not check out")
        }
        return nil
    }

    private func hasFramesInARow(_ order: WALByteOrder) throws -> Bool {
        var (number, previous) = (1, try frame(0))
        while let before = previous, let next = try frame(number) {
            if next.follows(before.checksum, order) { return true }
            (number, previous) = (number + 1, next)
        }
        return false
    }

    // MARK: A frame

    private func finding(at number: Int, _ frame: WALFrame, after previous: WALChecksum) throws -> Finding? {
        let isDamaged =
            try isBeforeLaterCommit(number, frame, after: previous)
            || isInWholeCommit(number, frame, after: previous)
        guard isDamaged else { return nil }
        return Finding(
            number: number,
            frame: frame,
            description: "frame \(number + 1) of \(file.path) does not check out, and what was committed from there on "
                + "cannot be read"
        )
    }

    /// Whether frames of one commit stand after those of another, from here on.
    private func isBeforeLaterCommit(_ number: Int, _ frame: WALFrame, after previous: WALChecksum) throws -> Bool {
        // Where its checksum rotted, the next frame follows what it was.
        var possible = [frame.checksum, frame.computedChecksum(after: previous, header.order)]
        var (before, number) = (frame, number + 1)
        while let next = try self.frame(number) {
            if before.isCommit, next.salts == header.salts,
                possible.contains(where: { next.follows($0, header.order) })
            {
                return true
            }
            (before, possible, number) = (next, [next.checksum], number + 1)
        }
        return false
    }

    /// Whether the frame has one bit wrong and the rest of its commit none.
    private func isInWholeCommit(_ number: Int, _ frame: WALFrame, after previous: WALChecksum) throws -> Bool {
        for mended in mended(frame, after: previous) where try isWholeCommit(behind: number, mended) { return true }
        return false
    }

    private func isWholeCommit(behind number: Int, _ frame: MendedFrame) throws -> Bool {
        var (isEnded, previous, number) = (frame.isCommit, frame.checksum, number + 1)
        while !isEnded {
            guard let next = try self.frame(number), next.salts == header.salts,
                next.follows(previous, header.order)
            else { return false }
            (isEnded, previous, number) = (next.isCommit, next.checksum, number + 1)
        }
        return true
    }

    /// What a frame was before one bit of it changed.
    private struct MendedFrame {
        var checksum: WALChecksum
        var isCommit: Bool
    }

    /// What the frame may have been, when one bit of it is wrong. The highest bit of a word in the page changes one bit of
    /// the sums, as a bit of the stored sums does: both are possible then.
    private func mended(_ frame: WALFrame, after previous: WALChecksum) -> [MendedFrame] {
        let computed = frame.computedChecksum(after: previous, header.order)
        let wrongSalts = frame.salts.distance(to: header.salts)
        let wrongSums = frame.checksum.distance(to: computed)
        var possible: [MendedFrame] = []
        if wrongSalts + wrongSums == 1 {
            possible.append(MendedFrame(checksum: computed, isCommit: frame.isCommit))
        }
        let words = frame.summedWords(header.order)
        if wrongSalts == 0, let bit = computed.bit(of: words, differingFrom: frame.checksum) {
            // The second word is the commit's size.
            let isCommit = bit.word == 1 ? words[1] ^ bit.mask != 0 : frame.isCommit
            possible.append(MendedFrame(checksum: frame.checksum, isCommit: isCommit))
        }
        return possible
    }
}
