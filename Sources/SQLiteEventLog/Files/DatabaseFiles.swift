import Foundation
import GRDBSQLite
import Synchronization

/// What SQLite reaches files through: a VFS in front of the one that was there before, for all databases of this process,
/// because there is no other way to name one. Two things happen on the way:
///
/// 1. Pages of views.db get their checksums, and are held against them, see `PageChecksums`.
/// 2. A read that the disk fails stays a failure of the disk. SQLite takes EIO at a read for a sign that the file system
///    is damaged, and reports SQLITE_CORRUPT: the same as for bytes that are there and wrong. One read that failed
///    would have been told as damage, and a log taken for damaged is not served.
enum DatabaseFiles {
    /// `SQLITE_IOERR_CORRUPTFS`: what SQLite makes SQLITE_CORRUPT of. Swift does not import its like.
    fileprivate static let unreadable = SQLITE_IOERR | (33 << 8)
    /// `SQLITE_IOERR_READ`.
    fileprivate static let readFailure = SQLITE_IOERR | (1 << 8)
    /// `SQLITE_IOERR_SHORT_READ`: the rest is zeros.
    fileprivate static let shortRead = SQLITE_IOERR | (2 << 8)

    /// To be called before a database is opened.
    static func install() { _ = installed }

    private static let installed: Void = {
        guard let original = sqlite3_vfs_find(nil) else { preconditionFailure("SQLite has no VFS") }
        let ours = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        ours.initialize(to: original.pointee)
        ours.pointee.pNext = nil
        ours.pointee.zName = UnsafePointer(strdup("ledgerline"))
        ours.pointee.szOsFile += CInt(DatabaseFile.headerBytes)
        ours.pointee.xOpen = { vfs, name, file, flags, outFlags in
            guard let original = DatabaseFiles.original.withLock({ $0 }).pointer, let file else { return SQLITE_ERROR }
            let kind = DatabaseFile.Kind(name, flags: flags)
            return DatabaseFile(file).open(as: kind) { original.pointee.xOpen(original, name, $0, flags, outFlags) }
        }
        DatabaseFiles.original.withLock { $0.pointer = original }
        sqlite3_vfs_register(ours, 1)
    }()

    private struct Original: @unchecked Sendable {
        var pointer: UnsafeMutablePointer<sqlite3_vfs>?
    }

    private static let original = Mutex(Original())
}

/// A file of SQLite's that another one, behind it in memory, does the work of.
private struct DatabaseFile {
    /// Before the other file: SQLite's part of ours and the kind, in a multiple of what memory is aligned to.
    static let headerBytes = 16

    enum Kind: UInt8 {
        /// Goes straight on.
        case plain
        /// Its pages have checksums, and it is opened to be written.
        case checked
        /// Its pages have checksums, and it is opened only to be read.
        case checkedReader

        init(_ name: UnsafePointer<CChar>?, flags: CInt) {
            guard flags & SQLITE_OPEN_MAIN_DB != 0, let name, PageChecksums.concern(String(cString: name)) else {
                self = .plain
                return
            }
            self = flags & SQLITE_OPEN_READONLY != 0 ? .checkedReader : .checked
        }
    }

    private let file: UnsafeMutablePointer<sqlite3_file>

    init(_ file: UnsafeMutablePointer<sqlite3_file>) {
        self.file = file
    }

    var inner: UnsafeMutablePointer<sqlite3_file> {
        (UnsafeMutableRawPointer(file) + DatabaseFile.headerBytes).assumingMemoryBound(to: sqlite3_file.self)
    }

    private var kind: UnsafeMutablePointer<Kind> {
        (UnsafeMutableRawPointer(file) + MemoryLayout<sqlite3_file>.size).assumingMemoryBound(to: Kind.self)
    }

    var methods: sqlite3_io_methods { inner.pointee.pMethods.pointee }

    func open(as kind: Kind, _ openInner: (UnsafeMutablePointer<sqlite3_file>) -> CInt) -> CInt {
        inner.pointee.pMethods = nil
        self.kind.initialize(to: kind)
        let status = openInner(inner)
        // Whoever has methods is closed, opened or not.
        file.pointee.pMethods = inner.pointee.pMethods == nil ? nil : DatabaseFile.methodTable.pointer
        return status
    }

    func read(_ bytes: UnsafeMutableRawPointer, _ count: CInt, at offset: sqlite3_int64) -> CInt {
        let status = methods.xRead(inner, bytes, count, offset)
        guard status != DatabaseFiles.unreadable else { return DatabaseFiles.readFailure }
        guard kind.pointee != .plain, status == SQLITE_OK || status == DatabaseFiles.shortRead,
            let page = Page(bytes, count, at: offset), !page.isSound
        else { return status }
        // A page that was set free before it was ever written is zeros: who fills it may meet it, and nobody else.
        return page.isEmpty && kind.pointee == .checked ? status : PageChecksums.failure
    }

    func write(_ bytes: UnsafeRawPointer, _ count: CInt, at offset: sqlite3_int64) -> CInt {
        if kind.pointee != .plain {
            // The end of the page is ours, and SQLite's memory of it is not read-only.
            Page(UnsafeMutableRawPointer(mutating: bytes), count, at: offset)?.seal()
        }
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
        table.pointee.xClose = { DatabaseFile($0!).methods.xClose(DatabaseFile($0!).inner) }
        table.pointee.xRead = { DatabaseFile($0!).read($1!, $2, at: $3) }
        table.pointee.xWrite = { DatabaseFile($0!).write($1!, $2, at: $3) }
        table.pointee.xTruncate = { DatabaseFile($0!).methods.xTruncate(DatabaseFile($0!).inner, $1) }
        table.pointee.xSync = { DatabaseFile($0!).methods.xSync(DatabaseFile($0!).inner, $1) }
        table.pointee.xFileSize = { DatabaseFile($0!).methods.xFileSize(DatabaseFile($0!).inner, $1) }
        table.pointee.xLock = { DatabaseFile($0!).methods.xLock(DatabaseFile($0!).inner, $1) }
        table.pointee.xUnlock = { DatabaseFile($0!).methods.xUnlock(DatabaseFile($0!).inner, $1) }
        table.pointee.xCheckReservedLock = {
            DatabaseFile($0!).methods.xCheckReservedLock(DatabaseFile($0!).inner, $1)
        }
        table.pointee.xFileControl = { DatabaseFile($0!).methods.xFileControl(DatabaseFile($0!).inner, $1, $2) }
        table.pointee.xSectorSize = { DatabaseFile($0!).methods.xSectorSize(DatabaseFile($0!).inner) }
        table.pointee.xDeviceCharacteristics = {
            DatabaseFile($0!).methods.xDeviceCharacteristics(DatabaseFile($0!).inner)
        }
        table.pointee.xShmMap = { DatabaseFile($0!).methods.xShmMap(DatabaseFile($0!).inner, $1, $2, $3, $4) }
        table.pointee.xShmLock = { DatabaseFile($0!).methods.xShmLock(DatabaseFile($0!).inner, $1, $2, $3) }
        table.pointee.xShmBarrier = { DatabaseFile($0!).methods.xShmBarrier(DatabaseFile($0!).inner) }
        table.pointee.xShmUnmap = { DatabaseFile($0!).methods.xShmUnmap(DatabaseFile($0!).inner, $1) }
        return Table(pointer: UnsafePointer(table))
    }()
}
