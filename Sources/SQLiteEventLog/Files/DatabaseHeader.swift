/// The beginning of a database file, looked at before SQLite opens it.
enum DatabaseHeader {
    private static let beginning = Array("SQLite format 3\0".utf8)
    /// Where the version is that a program must know to write the file: 1, or 2 with a write-ahead log.
    private static let writeVersionPlace = 18
    private static let writeVersionMax: UInt8 = 2

    /// What is wrong with it that SQLite does not say; nil where nothing is, or there is no file, or one of something else. A
    /// version that nobody has makes SQLite take the file for one that may only be read, as if the disk were at fault.
    static func damage(of path: String) throws -> String? {
        guard PrivateFiles.size(path) > writeVersionPlace else { return nil }
        let header = try PrivateFiles.contents(of: path, bytesMax: writeVersionPlace + 1)
        guard header.starts(with: beginning), header.count > writeVersionPlace else { return nil }
        let version = header[writeVersionPlace]
        guard version > writeVersionMax else { return nil }
        return "its header asks for version \(version) of SQLite's format, which there is none of"
    }
}
