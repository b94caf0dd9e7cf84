/// Names of backups given over the wire stay inside one folder.
enum BackupName {
    static let folder = "backups"
    /// In bytes.
    static let lengthMax = 128

    static func isAcceptable(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= lengthMax && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
