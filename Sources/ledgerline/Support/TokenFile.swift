import Foundation

/// A file that holds a token, and white space at most besides.
enum TokenFile {
    /// More is no token.
    private static let bytesMax = 4_096

    /// Throws `CommandFailure`, which never says what is in the file.
    static func read(_ path: String) throws -> String {
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.read(upToCount: bytesMax) else {
            throw CommandFailure(.usage, "the token file \(path) cannot be read, or is empty")
        }
        let token = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, !token.contains(where: \.isWhitespace) else {
            throw CommandFailure(.usage, "the token file \(path) does not hold one token")
        }
        return token
    }
}
