import EventSourcing
import Foundation

/// Files and directories that only their owner may read: the log holds who called what.
enum PrivateFiles {
    /// Creates the directory, and those above it, where they are missing.
    static func createDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw EventLogError.storage("cannot create the directory \(path): \(error.localizedDescription)")
        }
    }

    /// Creates an empty file unless it exists. SQLite gives its -wal and -shm files the same permissions.
    static func createFile(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw EventLogError.storage("cannot open \(path): \(lastSystemError())") }
        close(descriptor)
    }

    /// Creates an empty file; refuses when something of that name is there already.
    static func createNewFile(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw EventLogError.storage("cannot create \(path): \(lastSystemError())") }
        close(descriptor)
    }

    /// Makes a file's bytes, or a directory's entries, survive power loss.
    static func synchronise(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw EventLogError.storage("cannot open \(path): \(lastSystemError())") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw EventLogError.storage("cannot sync \(path): \(lastSystemError())") }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Removes a database file with its -wal and -shm files, those that exist.
    static func removeDatabase(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
    }
}
