/// A path as the calls give it: the directory before the last slash, the name behind it.
struct FilePath {
    var directory: String
    var name: String

    init(_ path: String) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        directory = String(path[..<slash])
        name = String(path[slash...].dropFirst())
    }

    /// SQLite maps it into memory, and makes it anew after a crash: it is never written back in order.
    var isWALIndex: Bool { name.hasSuffix("-shm") }
}
