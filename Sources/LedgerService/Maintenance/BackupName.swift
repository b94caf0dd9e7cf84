/// Names of backups given over the wire stay inside one folder.
enum BackupName {
    static let folder = "backups"
    /// In bytes.
    static let lengthMax = 128

    /// What a name must be, behind the parameter's name.
    static let requirement = """
        must be a file name of letters, digits, '.', '_' and '-', not beginning with '.' and not ending as the files do \
        that SQLite keeps beside a database
        """

    static func isAcceptable(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= lengthMax && !name.hasPrefix(".")
            && !besideDatabases.contains(where: name.hasSuffix)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// A backup `a.db-journal` would be taken for what is to be undone in `a.db`.
    private static let besideDatabases = ["-journal", "-wal", "-shm"]
}
