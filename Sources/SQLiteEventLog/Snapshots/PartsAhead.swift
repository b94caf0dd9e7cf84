import Dispatch
import Foundation

/// The parts of a snapshot's body, read, inflated and hashed on a queue of their own while those before are decoded: both
/// take about as long, and the start waits for the two of them.
final class PartsAhead: @unchecked Sendable {
    /// Parts that may wait to be decoded.
    private static let partsMax = 4

    /// Guards what follows, and wakes both sides.
    private let condition = NSCondition()
    private var parts: [[UInt8]] = []
    private var end: Result<BodyDigest, any Error>?
    private var isCancelled = false

    /// Begins to read: `read` gives its argument part after part.
    init(reading read: @escaping @Sendable (_ take: ([UInt8]) throws -> Void) throws -> Void) {
        DispatchQueue(label: "ledgerline.snapshot-parts").async { [self] in
            var digest = BodyDigest()
            let result = Result {
                try read { part in
                    try put(part)
                    digest.update(part)
                }
            }
            finish(result.map { digest })
        }
    }

    /// The next part; nil behind the last. Throws what reading threw.
    func next() throws -> [UInt8]? {
        condition.lock()
        defer { condition.unlock() }
        while parts.isEmpty {
            if let end {
                _ = try end.get()
                return nil
            }
            condition.wait()
        }
        condition.broadcast()
        return parts.removeFirst()
    }

    /// Passes over the rest and returns what the whole body came to. Throws what reading threw.
    func digest() throws -> BodyDigest? {
        while try next() != nil {}
        return try condition.withLock { try end?.get() }
    }

    /// Reads no further, and returns once nothing is read any more.
    func cancel() {
        condition.lock()
        isCancelled = true
        condition.broadcast()
        while end == nil { condition.wait() }
        condition.unlock()
    }

    private func put(_ part: [UInt8]) throws {
        condition.lock()
        defer { condition.unlock() }
        while parts.count == PartsAhead.partsMax && !isCancelled { condition.wait() }
        guard !isCancelled else { throw CancellationError() }
        parts.append(part)
        condition.broadcast()
    }

    private func finish(_ result: Result<BodyDigest, any Error>) {
        condition.withLock {
            end = result
            condition.broadcast()
        }
    }
}
