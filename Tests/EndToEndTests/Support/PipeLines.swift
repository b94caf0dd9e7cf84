import Foundation
import TestSupport

/// The lines that a process writes, as they come. One thread at a time reads them.
final class PipeLines: @unchecked Sendable {
    private static let patienceMilliseconds: Int32 = 30_000

    private let pipe: FileHandle
    private var received: [UInt8] = []

    init(_ pipe: FileHandle) {
        self.pipe = pipe
    }

    /// The next line without its `\n`; nil when the process has closed the pipe, what it wrote of a last line lost.
    func next() throws -> String? {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received.removeSubrange(...end) }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            guard try receive() else { return nil }
        }
    }

    /// Everything that is still written, up to the end.
    func rest() throws -> String {
        while try receive() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    private func receive() throws -> Bool {
        var waiting = pollfd(fd: pipe.fileDescriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, PipeLines.patienceMilliseconds) > 0 else {
            let text = String(decoding: received, as: UTF8.self)
            throw LineSocket.Failure(description: "the process wrote nothing in time; so far: \(text)")
        }
        let chunk = pipe.availableData
        received += chunk
        return !chunk.isEmpty
    }
}
