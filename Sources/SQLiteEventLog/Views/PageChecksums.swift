import CZlib
import GRDBSQLite

/// Has SQLite keep a checksum at the end of every page of views.db, and look at it whenever it reads one.
///
/// Rows could have checksums of their own, but no row tells that another one is missing: a changed bit on an inner page
/// hides all rows below it. A page tells of any bit of it, and that it is the page that was asked for.
///
/// `DatabaseFiles` sees to it, for views.db and the file that is to take its place. The stock `sqlite3` shell reads such a
/// file; where it writes, the checksums are wrong.
enum PageChecksums {
    /// Bytes at the end of each page.
    static let bytes: CInt = 4
    /// Names of the files that have them.
    private static let names = [ViewsSchema.fileName, ViewsSchema.fileName + ViewsRebuild.suffix]

    /// What a page that does not check out is reported as: `SQLITE_IOERR_DATA`. Swift does not import its like.
    static let failure = SQLITE_IOERR | (32 << 8)
    /// Whether the file of this path has them.
    static func concern(_ path: String) -> Bool {
        names.contains { path.hasSuffix("/" + $0) }
    }

    /// For a database that is still empty: leaves room in its pages.
    static func reserve(_ connection: OpaquePointer?) {
        var bytes = bytes
        sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes)
    }

    /// Whether the database has no room for checksums, as an older program made it.
    static func isMissing(in header: DatabaseHeader) -> Bool { header.reservedBytes != UInt8(bytes) }
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
