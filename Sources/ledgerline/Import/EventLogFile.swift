import Foundation
import Salesforce

/// A file on disk, read in chunks, so that its size does not matter.
struct EventLogFile {
    private static let chunkBytes = 1 << 20

    let path: String

    /// Hands every row to `body`, good or bad.
    func forEachRow(_ body: (EventLogFileReader.Row) throws -> Void) throws {
        var reader = EventLogFileReader()
        try withHandle { handle in
            while let chunk = try nextChunk(handle) {
                try chunk.withUnsafeBytes { try reader.read($0, body) }
            }
            try reader.finish(body)
        }
    }

    /// Hands the good rows to `body`, those of one chunk at a time.
    func forEachChunk(_ body: ([ImportedCall]) async throws -> Void) async throws {
        var reader = EventLogFileReader()
        let handle = try open()
        defer { try? handle.close() }
        var isAtEnd = false
        while !isAtEnd {
            var calls: [ImportedCall] = []
            func keep(_ row: EventLogFileReader.Row) {
                if case .call(let call) = row { calls.append(call) }
            }
            try translatingErrors {
                if let chunk = try nextChunk(handle) {
                    try chunk.withUnsafeBytes { try reader.read($0, keep) }
                } else {
                    try reader.finish(keep)
                    isAtEnd = true
                }
            }
            try await body(calls)
        }
    }

    private func withHandle(_ body: (FileHandle) throws -> Void) throws {
        let handle = try open()
        defer { try? handle.close() }
        try translatingErrors { try body(handle) }
    }

    private func open() throws -> FileHandle {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure(.refused, "cannot read \(path)")
        }
        return handle
    }

    private func nextChunk(_ handle: FileHandle) throws -> Data? {
        guard let chunk = try handle.read(upToCount: EventLogFile.chunkBytes), !chunk.isEmpty else { return nil }
        return chunk
    }

    private func translatingErrors(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as EventLogFileError {
            throw CommandFailure(.refused, "\(path): \(error)")
        }
    }
}
