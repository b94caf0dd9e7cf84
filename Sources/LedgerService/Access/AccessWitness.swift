import EventSourcing
package import SQLiteEventLog

/// The access log does not have a head that it had: its end was cut off, or an older or another one was put in its place.
/// A token that was revoked would be good again, so nobody is let in by what is left.
package struct LostAccessEvents: Error, Hashable, Sendable, CustomStringConvertible {
    package var history: UnexpectedHistory

    package var description: String { "in \(AccessService.folder)/, \(history)" }
}

/// The head of the access log, noted beside its directory with every event: a chain alone cannot tell that its end was cut
/// off. It is not inside, or an older copy of the directory would bring back a note that is as old.
struct AccessWitness {
    let path: String

    /// More than any head has.
    private static let bytesMax = 256

    init(of directory: String) {
        path = "\(directory).head"
    }

    /// The newest head that was noted; nil where none was. Throws `.storage` when it cannot be told.
    func head() throws -> LogHead? {
        guard PrivateFiles.exists(path) else { return nil }
        // A disk that cannot read it for now is no reason to give it up.
        let bytes = try PrivateFiles.contents(of: path, bytesMax: AccessWitness.bytesMax)
        let text = String(decoding: bytes, as: UTF8.self)
        // Whoever put it back by hand may have left the line without an end.
        guard let head = LogHead(String(text.hasSuffix("\n") ? text.dropLast() : text[...])) else {
            throw EventLogError.storage(
                "\(path) does not hold the head of the access log, POSITION:HASH: remove the file if you know the log to be "
                    + "whole"
            )
        }
        return head
    }

    func note(_ head: LogHead) throws {
        try PrivateFiles.replace(path, with: "\(head)\n")
    }
}
