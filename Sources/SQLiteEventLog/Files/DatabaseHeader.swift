/// The beginning of a database file, https://sqlite.org/fileformat2.html#the_database_header, looked at before SQLite opens
/// it.
struct DatabaseHeader {
    private let bytes: [UInt8]

    private static let length = 100
    private static let beginning = Array("SQLite format 3\0".utf8)
    private static let writeVersionPlace = 18
    private static let reservedBytesPlace = 20
    /// 1, or 2 with a write-ahead log.
    private static let writeVersionMax: UInt8 = 2

    /// Nil where there is no file, or one of something else.
    init?(of path: String) throws {
        guard PrivateFiles.size(path) >= DatabaseHeader.length else { return nil }
        bytes = try PrivateFiles.contents(of: path, bytesMax: DatabaseHeader.length)
        guard bytes.count == DatabaseHeader.length, bytes.starts(with: DatabaseHeader.beginning) else { return nil }
    }

    /// Bytes at the end of each page that are left to others.
    var reservedBytes: UInt8 { bytes[DatabaseHeader.reservedBytesPlace] }

    /// What is wrong with it that SQLite does not say: a version for writing that nobody has makes it take the file for one
    /// that may only be read, as if the disk were at fault.
    var damage: String? {
        let version = bytes[DatabaseHeader.writeVersionPlace]
        guard version > DatabaseHeader.writeVersionMax else { return nil }
        return "its header asks for version \(version) of SQLite's format, which there is none of"
    }
}
