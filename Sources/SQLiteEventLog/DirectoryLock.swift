import EventSourcing
import Foundation
import Synchronization

/// Keeps a second process from writing to a ledger's directory.
///
/// SQLite before 3.51.3 can lose committed pages when two connections write or checkpoint one WAL at once; with this
/// lock there is exactly one writer. The kernel lets go of the lock when the process ends, however it ends.
final class DirectoryLock: Sendable {
    /// Nil once the lock was released.
    private let descriptor: Mutex<Int32?>

    static let fileName = "ledger.lock"

    /// Throws `.storage` naming the process that holds the lock.
    init(directory: String) throws {
        let path = directory + "/" + DirectoryLock.fileName
        // Close-on-exec: a child process must not keep the lock alive.
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw EventLogError.storage("cannot open \(path): \(lastSystemError())") }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno == EWOULDBLOCK ? "is in use by \(holder(opened))" : lastSystemError()
            close(opened)
            throw EventLogError.storage("the ledger in \(directory) \(reason)")
        }
        writeProcessID(opened)
        descriptor = Mutex(opened)
    }

    deinit { release() }

    /// Lets another process, or another opening in this one, take the lock.
    func release() {
        guard let opened = descriptor.withLock({ $0.take() }) else { return }
        // Closing alone would not do while a child that was just forked has not reached its exec: it shares the lock.
        flock(opened, LOCK_UN)
        close(opened)
    }
}

/// For people and for the message a second process gives; the lock itself is the kernel's.
private func writeProcessID(_ opened: Int32) {
    let text = Array("\(ProcessInfo.processInfo.processIdentifier)\n".utf8)
    _ = ftruncate(opened, 0)
    _ = pwrite(opened, text, text.count, 0)
}

private func holder(_ descriptor: Int32) -> String {
    var text = [UInt8](repeating: 0, count: 16)
    let length = pread(descriptor, &text, text.count, 0)
    let digits = text.prefix(max(length, 0)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return digits.isEmpty ? "another process" : "process \(String(decoding: digits, as: UTF8.self))"
}

/// What the last failed system call says of itself.
func lastSystemError() -> String { String(cString: strerror(errno)) }
