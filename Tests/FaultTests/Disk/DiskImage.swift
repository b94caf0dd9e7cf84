import FileCalls
import Foundation
import TestSupport

/// What is below one directory: the process sees all of it in the real files; here is what of it is safe.
struct DiskImage {
    private let path: String
    private var files: [Inode: FileImage] = [:]
    private var directories: [Inode: DirectoryImage] = [:]
    /// What each was called when it came to be, the WAL's indexes included.
    private var names: [Inode: String] = [:]
    private var holds: [InodeHold] = []

    /// Takes everything that is there for safe.
    init(of path: String) throws {
        self.path = path
        try readDirectory(path)
    }

    private mutating func readDirectory(_ path: String) throws {
        var entries: [String: Inode] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            let entry = path + "/" + name
            entries[name] = Inode(path: entry)
            var isDirectory: ObjCBool = false
            if FileManager.default.fileExists(atPath: entry, isDirectory: &isDirectory), isDirectory.boolValue {
                try readDirectory(entry)
            } else {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: entry))
                come(to: entry) { $0.files[$1] = FileImage(synced: Array(bytes)) }
            }
        }
        come(to: path) { $0.directories[$1] = DirectoryImage(synced: entries) }
    }

    private mutating func come(to path: String, _ add: (inout DiskImage, Inode) -> Void) {
        guard let inode = Inode(path: path) else { return }
        names[inode] = FilePath(path).name
        holds.append(InodeHold(path))
        add(&self, inode)
    }

    // MARK: What calls do

    /// The name of what a call is about; nil when that is not on this disk.
    func subject(of call: file_call) -> String? {
        guard let path = call.path.map({ String(cString: $0) }) else {
            return Inode(descriptor: call.descriptor).flatMap { names[$0] }
        }
        return path == self.path || path.hasPrefix(self.path + "/") ? FilePath(path).name : nil
    }

    /// Takes note of a call that the kernel carried out.
    mutating func note(_ call: file_call, result: Int) {
        switch call.kind {
        case FILE_CALL_OPEN: noteOpening(of: String(cString: call.path), flags: call.flags)
        case FILE_CALL_WRITE:
            let written = UnsafeRawBufferPointer(start: call.bytes, count: result)
            change(call.descriptor) { $0.write(written, at: call.offset) }
        case FILE_CALL_TRUNCATE: change(call.descriptor) { $0.resize(to: call.offset) }
        case FILE_CALL_SYNC: noteSync(of: call.descriptor)
        case FILE_CALL_LINK: bind(String(cString: call.new_path))
        case FILE_CALL_RENAME: noteRenaming(of: String(cString: call.path), to: String(cString: call.new_path))
        case FILE_CALL_UNLINK:
            let path = FilePath(String(cString: call.path))
            change(in: path.directory) { $0.unbind(path.name) }
        case FILE_CALL_MAKE_DIRECTORY:
            let path = String(cString: call.path)
            come(to: path) { $0.directories[$1] = DirectoryImage() }
            bind(path)
        default: break
        }
    }

    /// Takes note of a sync that failed.
    mutating func noteFailedSync(of descriptor: Int32) {
        change(descriptor) { $0.forgetUnsynced() }
    }

    private mutating func noteOpening(of path: String, flags: Int32) {
        guard let inode = Inode(path: path) else { return }
        if names[inode] == nil {
            let isTracked = !FilePath(path).isWALIndex
            come(to: path) { if isTracked { $0.files[$1] = FileImage() } }
            if isTracked { bind(path) }
        }
        if flags & O_TRUNC != 0 { files[inode]?.resize(to: 0) }
    }

    private mutating func noteSync(of descriptor: Int32) {
        guard let inode = Inode(descriptor: descriptor) else { return }
        files[inode]?.sync()
        directories[inode]?.sync()
    }

    private mutating func noteRenaming(of path: String, to newPath: String) {
        let (old, new) = (FilePath(path), FilePath(newPath))
        precondition(old.directory == new.directory, "a rename stays in its directory")
        change(in: old.directory) { $0.rename(old.name, to: new.name) }
    }

    private mutating func bind(_ path: String) {
        guard let inode = Inode(path: path) else { return }
        let path = FilePath(path)
        change(in: path.directory) { $0.bind(path.name, to: inode) }
    }

    private mutating func change(in directory: String, _ body: (inout DirectoryImage) -> Void) {
        guard let inode = Inode(path: directory), directories[inode] != nil else { return }
        body(&directories[inode]!)
    }

    private mutating func change(_ descriptor: Int32, _ body: (inout FileImage) -> Void) {
        guard let inode = Inode(descriptor: descriptor), files[inode] != nil else { return }
        body(&files[inode]!)
    }

    // MARK: Power loss

    /// Writes what power loss leaves into an empty directory. What becomes of one file does not depend on the others, so
    /// that a thread which was further this time changes nothing about the files of the rest.
    func writeRemains(to directory: String, seed: UInt64) throws {
        guard let root = Inode(path: path) else { return }
        try writeRemains(of: root, to: directory, seed: seed)
    }

    private func writeRemains(of inode: Inode, to path: String, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        if let file = files[inode] {
            try Data(file.remains(using: &random)).write(to: URL(fileURLWithPath: path))
        }
        guard let directory = directories[inode] else { return }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, entry) in directory.remains(using: &random) {
            let seedOfName = name.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            try writeRemains(of: entry, to: path + "/" + name, seed: seedOfName)
        }
    }
}
