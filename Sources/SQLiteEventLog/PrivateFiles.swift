import EventSourcing
import Foundation

/// Files and directories that only their owner may read: the log holds who called what.
package enum PrivateFiles {
    /// Creates the directory, and those above it, where they are missing: with the mode 0700 from the first moment, and
    /// so that it survives power loss, with which everything that was made durable in it would go.
    package static func createDirectory(_ path: String) throws {
        guard !isDirectory(path) else { return }
        let parent = directory(of: path)
        if parent != path { try createDirectory(parent) }
        if mkdir(path, 0o700) != 0 {
            let reason = errno == EEXIST ? "a file of that name is there" : lastSystemError()
            guard isDirectory(path) else {
                throw EventLogError.storage("cannot create the directory \(path): \(reason)")
            }
        }
        do {
            try synchronise(parent)
        } catch {
            // Or the next try would find it there, and never sync it.
            rmdir(path)
            throw error
        }
    }

    /// Creates an empty file unless it exists. SQLite gives its -wal and -shm files the same permissions.
    static func createFile(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw EventLogError.storage("cannot open \(path): \(lastSystemError())") }
        close(descriptor)
    }

    /// Creates an empty file; refuses when something of that name is there already, be it a link to nowhere.
    package static func createNewFile(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw EventLogError.storage("cannot create \(path): \(lastSystemError())") }
        close(descriptor)
    }

    /// Writes a small file anew. Whoever reads it, be it after power loss, finds all of the old text or all of the new one.
    package static func replace(_ path: String, with text: String) throws {
        let newPath = path + "-new"
        let descriptor = open(newPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw EventLogError.storage("cannot create \(newPath): \(lastSystemError())") }
        let bytes = Array(text.utf8)
        let isWritten = write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        let reason = lastSystemError()
        close(descriptor)
        guard isWritten else { throw EventLogError.storage("cannot write \(newPath): \(reason)") }
        guard rename(newPath, path) == 0 else {
            throw EventLogError.storage("cannot rename \(newPath): \(lastSystemError())")
        }
        try synchronise(directory(of: path))
    }

    /// The bytes of a small file, of a larger one the first `bytesMax`. Throws `.storage` with the system's reason when they
    /// cannot be read.
    package static func contents(of path: String, bytesMax: Int) throws -> [UInt8] {
        // Without waiting for who writes into a pipe: nobody may ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw EventLogError.storage("\(path) cannot be read: \(lastSystemError())") }
        defer { close(descriptor) }
        return try [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, filled in
            while filled < bytesMax {
                let read = pread(descriptor, buffer.baseAddress! + filled, bytesMax - filled, off_t(filled))
                if read < 0 && errno == EINTR { continue }
                guard read >= 0 else { throw EventLogError.storage("\(path) cannot be read: \(lastSystemError())") }
                guard read > 0 else { return }
                filled += read
            }
        }
    }

    /// Gives a file another name in its directory; refuses when something of that name came to be meanwhile.
    static func moveWithoutReplacing(_ path: String, to newPath: String) throws {
        // A hard link refuses where a rename replaces.
        if link(path, newPath) == 0 {
            unlink(path)
            return
        }
        guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) else {
            throw EventLogError.storage("cannot create \(newPath): \(lastSystemError())")
        }
        // The disk has no links: what is replaced is an empty file that nobody else made.
        try createNewFile(newPath)
        guard rename(path, newPath) == 0 else {
            let reason = lastSystemError()
            unlink(newPath)
            throw EventLogError.storage("cannot rename \(path): \(reason)")
        }
    }

    /// Makes a file's bytes, or a directory's entries, survive power loss.
    package static func synchronise(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw EventLogError.storage("cannot open \(path): \(lastSystemError())") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw EventLogError.storage("cannot sync \(path): \(lastSystemError())") }
    }

    /// Whether there is anything of that name, be it a link to nowhere.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// The permission bits that let others than the owner read or write the file; 0 when there are none, or no file.
    package static func permissionsOfOthers(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_mode & 0o077) : 0
    }

    /// The directory that holds the file.
    static func directory(of path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    package static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Seconds since the epoch; 0 without a file.
    package static func modificationTime(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
    }

    /// Removes a database file with the files that SQLite keeps beside it, those that exist.
    static func removeDatabase(_ path: String) {
        for suffix in databaseSuffixes { unlink(path + suffix) }
    }

    /// What the names of a database file and of those beside it end with, the file itself last.
    static let databaseSuffixes = ["-wal", "-shm", "-journal", ""]
}
