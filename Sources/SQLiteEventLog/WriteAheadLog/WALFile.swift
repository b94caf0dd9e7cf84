import EventSourcing
import Foundation

/// SQLite's write-ahead log as it lies in the file, https://sqlite.org/fileformat2.html#walformat: a header, then frames,
/// each a page with a header of its own. Each frame's checksum goes on from that of the frame before.
///
/// Frames that were written since the header was have its salts; behind them, older ones may be left.
struct WALFile {
    static let headerBytes = 32
    static let frameHeaderBytes = 24

    let descriptor: Int32
    let path: String

    /// Nil when there is no such file.
    init?(_ path: String) throws {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 || errno == ENOENT else {
            throw EventLogError.storage("cannot open \(path): \(lastSystemError())")
        }
        guard opened >= 0 else { return nil }
        (descriptor, self.path) = (opened, path)
    }

    func close() {
        Foundation.close(descriptor)
    }

    /// Nil where the file ends before.
    func header() throws -> WALHeader? {
        try bytes(at: 0, count: WALFile.headerBytes).map(WALHeader.init(bytes:))
    }

    /// The frame of this number, counting from 0; nil where the file ends before it does.
    func frame(_ number: Int, pageBytes: Int) throws -> WALFrame? {
        let size = WALFile.frameHeaderBytes + pageBytes
        return try bytes(at: WALFile.headerBytes + number * size, count: size).map(WALFrame.init(bytes:))
    }

    private func bytes(at offset: Int, count: Int) throws -> [UInt8]? {
        var isWhole = true
        let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let read = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if read < 0 && errno == EINTR { continue }
                guard read >= 0 else { throw EventLogError.storage("cannot read \(path): \(lastSystemError())") }
                guard read > 0 else {
                    isWhole = false
                    return
                }
                filled += read
            }
        }
        return isWhole ? bytes : nil
    }
}

/// What tells the frames of one filling of the file from those of another.
struct WALSalts: Equatable {
    var first: UInt32
    var second: UInt32

    /// Bits in which they differ.
    func distance(to other: WALSalts) -> Int {
        (first ^ other.first).nonzeroBitCount + (second ^ other.second).nonzeroBitCount
    }
}

struct WALHeader: Equatable {
    private let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var pageBytes: Int { Int(bytes.bigEndian(at: 8)) }
    var salts: WALSalts { WALSalts(first: bytes.bigEndian(at: 16), second: bytes.bigEndian(at: 20)) }
    /// As stored.
    var checksum: WALChecksum { WALChecksum(bytes.bigEndian(at: 24), bytes.bigEndian(at: 28)) }
    /// In which order checksums take the bytes of a word.
    var order: WALByteOrder { bytes[3] & 1 == 1 ? .bigEndian : .littleEndian }

    /// Whether it is as SQLite wrote it.
    var isSound: Bool {
        bytes.bigEndian(at: 0) & ~1 == 0x377F_0682 && (512...65_536).contains(pageBytes)
            && pageBytes.nonzeroBitCount == 1 && computedChecksum(order) == checksum
    }

    func computedChecksum(_ order: WALByteOrder) -> WALChecksum {
        WALChecksum().extended(by: bytes[0..<24], order)
    }
}

struct WALFrame: Equatable {
    private let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Pages of the database after the commit that this frame ends; 0 when it ends none.
    var pagesAfterCommit: UInt32 { bytes.bigEndian(at: 4) }
    var isCommit: Bool { pagesAfterCommit != 0 }
    var salts: WALSalts { WALSalts(first: bytes.bigEndian(at: 8), second: bytes.bigEndian(at: 12)) }
    /// As stored.
    var checksum: WALChecksum { WALChecksum(bytes.bigEndian(at: 16), bytes.bigEndian(at: 20)) }

    /// Of the page's number, the commit's size and the page, going on from the frame before.
    func computedChecksum(after previous: WALChecksum, _ order: WALByteOrder) -> WALChecksum {
        previous.extended(by: bytes[0..<8], order).extended(by: bytes[WALFile.frameHeaderBytes...], order)
    }

    func follows(_ previous: WALChecksum, _ order: WALByteOrder) -> Bool {
        computedChecksum(after: previous, order) == checksum
    }

    /// What the checksum takes in.
    func summedWords(_ order: WALByteOrder) -> [UInt32] {
        bytes[0..<8].words(order) + bytes[WALFile.frameHeaderBytes...].words(order)
    }
}

enum WALByteOrder: CaseIterable {
    case littleEndian
    case bigEndian

    fileprivate func word(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt32 {
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)
        return self == .bigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
    }
}

/// Two sums, each of which takes in the other.
struct WALChecksum: Equatable {
    let first: UInt32
    let second: UInt32

    init(_ first: UInt32 = 0, _ second: UInt32 = 0) {
        (self.first, self.second) = (first, second)
    }

    /// Of the same bytes with more behind them; a multiple of eight.
    func extended(by bytes: ArraySlice<UInt8>, _ order: WALByteOrder) -> WALChecksum {
        var (first, second) = (first, second)
        bytes.withUnsafeBytes { bytes in
            var index = 0
            while index < bytes.count {
                first &+= order.word(bytes, at: index) &+ second
                second &+= order.word(bytes, at: index + 4) &+ first
                index += 8
            }
        }
        return WALChecksum(first, second)
    }

    /// Bits in which they differ.
    func distance(to other: WALChecksum) -> Int {
        (first ^ other.first).nonzeroBitCount + (second ^ other.second).nonzeroBitCount
    }

    /// The one bit of the words behind this sum that has to change for it to become `other`; nil when none does.
    ///
    /// A bit changes both sums by a power of two times what a 1 in its word has grown to at the end.
    func bit(of words: [UInt32], differingFrom other: WALChecksum) -> (word: Int, mask: UInt32)? {
        let difference = WALChecksum(other.first &- first, other.second &- second)
        // What a 1 adds to the sums in the first and in the second word of a pair; of the last pair to begin with.
        var grown = (WALChecksum(1, 1), WALChecksum(0, 1))
        for word in words.indices.reversed() {
            let weight = word.isMultiple(of: 2) ? grown.0 : grown.1
            for shift in 0..<UInt32(32) {
                let mask: UInt32 = 1 << shift
                let change = words[word] & mask == 0 ? mask : 0 &- mask
                if difference == WALChecksum(weight.first &* change, weight.second &* change) { return (word, mask) }
            }
            if word.isMultiple(of: 2) { grown = (grown.0.grown, grown.1.grown) }
        }
        return nil
    }

    /// Once another pair of words was summed.
    private var grown: WALChecksum {
        let first = first &+ second
        return WALChecksum(first, second &+ first)
    }
}

extension [UInt8] {
    fileprivate func bigEndian(at index: Int) -> UInt32 {
        withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: index, as: UInt32.self)) }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func words(_ order: WALByteOrder) -> [UInt32] {
        withUnsafeBytes { bytes in stride(from: 0, to: bytes.count, by: 4).map { order.word(bytes, at: $0) } }
    }
}
