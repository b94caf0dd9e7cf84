import CZlib
import Foundation
import GRDBSQLite
import Synchronization

/// Has SQLite keep a checksum at the end of every page of views.db, and look at it whenever it reads one.
///
/// Rows could have checksums of their own, but no row tells that another one is missing: a changed bit on an inner page
/// hides all rows below it. A page tells of any bit of it, and that it is the page that was asked for.
///
/// It is a VFS of SQLite, which it reaches files through: the one for all databases of this process, because there is no
/// other way to name one. Every file but views.db, and the one that is to take its place, goes straight on to the VFS
/// that was there before. The stock `sqlite3` shell reads such a file; where it writes, the checksums are wrong.
enum PageChecksums {
    /// Bytes at the end of each page.
    static let bytes: CInt = 4
    /// Names of the files that have them.
    private static let names = [ViewsSchema.fileName, ViewsSchema.fileName + ViewsRebuild.suffix]

    /// What a page that does not check out is reported as: `SQLITE_IOERR_DATA`. Swift does not import its like.
    static let failure = SQLITE_IOERR | (32 << 8)
    /// `SQLITE_IOERR_SHORT_READ`: the rest is zeros.
    fileprivate static let shortRead = SQLITE_IOERR | (2 << 8)

    /// To be called before such a file is opened.
    static func install() { _ = installed }

    private static let installed: Void = {
        guard let original = sqlite3_vfs_find(nil) else { preconditionFailure("SQLite has no VFS") }
        let ours = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        ours.initialize(to: original.pointee)
        ours.pointee.pNext = nil
        ours.pointee.zName = UnsafePointer(strdup("ledgerline"))
        ours.pointee.szOsFile += CInt(CheckedFile.headerBytes)
        ours.pointee.xOpen = { vfs, name, file, flags, outFlags in
            guard let original = PageChecksums.original.withLock({ $0 }).pointer else { return SQLITE_ERROR }
            guard let file, PageChecksums.concern(name, flags: flags) else {
                return original.pointee.xOpen(original, name, file, flags, outFlags)
            }
            return CheckedFile(file).open(isReader: flags & SQLITE_OPEN_READONLY != 0) {
                original.pointee.xOpen(original, name, $0, flags, outFlags)
            }
        }
        PageChecksums.original.withLock { $0.pointer = original }
        sqlite3_vfs_register(ours, 1)
    }()

    private struct Original: @unchecked Sendable {
        var pointer: UnsafeMutablePointer<sqlite3_vfs>?
    }

    private static let original = Mutex(Original())

    private static func concern(_ name: UnsafePointer<CChar>?, flags: CInt) -> Bool {
        guard flags & SQLITE_OPEN_MAIN_DB != 0, let name else { return false }
        let path = String(cString: name)
        return names.contains { path.hasSuffix("/" + $0) }
    }

    /// For a database that is still empty: leaves room in its pages.
    static func reserve(_ connection: OpaquePointer?) {
        var bytes = bytes
        sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes)
    }

    /// Whether the file is a database without room for checksums, as an older program made them.
    static func isMissing(in path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        guard let header = try? file.read(upToCount: headerBytes), header.count == headerBytes else { return false }
        return header.starts(with: Array("SQLite format 3\0".utf8)) && header[reservedBytesOffset] != UInt8(bytes)
    }

    /// Of a database, https://sqlite.org/fileformat2.html#the_database_header.
    private static let headerBytes = 100
    private static let reservedBytesOffset = 20
}

/// A file of SQLite's that another one, behind it in memory, does the work of.
private struct CheckedFile {
    /// Before the other file: SQLite's part of ours and one byte, in a multiple of what memory is aligned to.
    static let headerBytes = 16

    private let file: UnsafeMutablePointer<sqlite3_file>

    init(_ file: UnsafeMutablePointer<sqlite3_file>) {
        self.file = file
    }

    var inner: UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file) + CheckedFile.headerBytes).assumingMemoryBound(to: sqlite3_file.self)
    }

    /// Whether it was opened only to be read.
    private var isReader: UnsafeMutablePointer<Bool> {
        (UnsafeMutableRawPointer(file) + MemoryLayout<sqlite3_file>.size).assumingMemoryBound(to: Bool.self)
    }

    var methods: sqlite3_io_methods { inner.pointee.pMethods.pointee }

    func open(isReader: Bool, _ openInner: (UnsafeMutablePointer<sqlite3_file>) -> CInt) -> CInt {
        inner.pointee.pMethods = nil
        self.isReader.initialize(to: isReader)
        let status = openInner(inner)
        // Whoever has methods is closed, opened or not.
        file.pointee.pMethods = inner.pointee.pMethods == nil ? nil : CheckedFile.methodTable.pointer
        return status
    }

    func read(_ bytes: UnsafeMutableRawPointer, _ count: CInt, at offset: sqlite3_int64) -> CInt {
        let status = methods.xRead(inner, bytes, count, offset)
        guard let page = Page(bytes, count, at: offset), status == SQLITE_OK || status == PageChecksums.shortRead,
            !page.isSound
        else { return status }
        // A page that was set free before it was ever written is zeros: who fills it may meet it, and nobody else.
        return page.isEmpty && !isReader.pointee ? status : PageChecksums.failure
    }

    func write(_ bytes: UnsafeRawPointer, _ count: CInt, at offset: sqlite3_int64) -> CInt {
        // The end of the page is ours, and SQLite's memory of it is not read-only.
        Page(UnsafeMutableRawPointer(mutating: bytes), count, at: offset)?.seal()
        return methods.xWrite(inner, bytes, count, offset)
    }

    private struct Table: @unchecked Sendable {
        var pointer: UnsafePointer<sqlite3_io_methods>
    }

    /// Version 2: with the memory that a WAL's readers share, without mapping the database into memory.
    private static let methodTable: Table = {
        let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        table.initialize(to: sqlite3_io_methods())
        table.pointee.iVersion = 2
        table.pointee.xClose = { CheckedFile($0!).methods.xClose(CheckedFile($0!).inner) }
        table.pointee.xRead = { CheckedFile($0!).read($1!, $2, at: $3) }
        table.pointee.xWrite = { CheckedFile($0!).write($1!, $2, at: $3) }
        table.pointee.xTruncate = { CheckedFile($0!).methods.xTruncate(CheckedFile($0!).inner, $1) }
        table.pointee.xSync = { CheckedFile($0!).methods.xSync(CheckedFile($0!).inner, $1) }
        table.pointee.xFileSize = { CheckedFile($0!).methods.xFileSize(CheckedFile($0!).inner, $1) }
        table.pointee.xLock = { CheckedFile($0!).methods.xLock(CheckedFile($0!).inner, $1) }
        table.pointee.xUnlock = { CheckedFile($0!).methods.xUnlock(CheckedFile($0!).inner, $1) }
        table.pointee.xCheckReservedLock = {
            CheckedFile($0!).methods.xCheckReservedLock(CheckedFile($0!).inner, $1)
        }
        table.pointee.xFileControl = { CheckedFile($0!).methods.xFileControl(CheckedFile($0!).inner, $1, $2) }
        table.pointee.xSectorSize = { CheckedFile($0!).methods.xSectorSize(CheckedFile($0!).inner) }
        table.pointee.xDeviceCharacteristics = {
            CheckedFile($0!).methods.xDeviceCharacteristics(CheckedFile($0!).inner)
        }
        table.pointee.xShmMap = { CheckedFile($0!).methods.xShmMap(CheckedFile($0!).inner, $1, $2, $3, $4) }
        table.pointee.xShmLock = { CheckedFile($0!).methods.xShmLock(CheckedFile($0!).inner, $1, $2, $3) }
        table.pointee.xShmBarrier = { CheckedFile($0!).methods.xShmBarrier(CheckedFile($0!).inner) }
        table.pointee.xShmUnmap = { CheckedFile($0!).methods.xShmUnmap(CheckedFile($0!).inner, $1) }
        return Table(pointer: UnsafePointer(table))
    }()
}

/// One page on its way from or to the file.
struct Page {
    private let content: UnsafeMutableRawBufferPointer
    private let number: UInt32

    /// Nil for less than a page, such as the header that SQLite reads first to learn how large pages are.
    init?(_ bytes: UnsafeMutableRawPointer, _ count: CInt, at offset: sqlite3_int64) {
        guard count == ViewsSchema.pageSize else { return nil }
        content = UnsafeMutableRawBufferPointer(start: bytes, count: Int(count))
        number = UInt32(truncatingIfNeeded: offset / sqlite3_int64(count) + 1)
    }

    var isSound: Bool { stored == computed }

    var isEmpty: Bool { content.allSatisfy { $0 == 0 } }

    func seal() {
        content.storeBytes(of: computed.bigEndian, toByteOffset: contentBytes, as: UInt32.self)
    }

    private var contentBytes: Int { content.count - Int(PageChecksums.bytes) }

    private var stored: UInt32 {
        UInt32(bigEndian: content.loadUnaligned(fromByteOffset: contentBytes, as: UInt32.self))
    }

    /// CRC-32, which tells any few bits that are wrong; begun with the page's number, so that another page is none of it.
    private var computed: UInt32 {
        let bytes = content.baseAddress?.assumingMemoryBound(to: Bytef.self)
        return UInt32(truncatingIfNeeded: crc32(uLong(number), bytes, uInt(contentBytes)))
    }
}
