/// Collects the answers to one batch, in whatever order they become ready, into the one line that answers it
/// (JSON-RPC 2.0 section 6).
public struct BatchAnswer: Sendable {
    private var line: [UInt8] = [UInt8(ascii: "[")]
    private var outstanding: Int

    /// The answer to a batch of `requestCount` requests, notifications and invalid ones included.
    public init(requestCount: Int) {
        outstanding = requestCount
    }

    /// Takes in one answer object.
    public mutating func add(_ answer: some Collection<UInt8>) {
        if line.count > 1 { line.append(UInt8(ascii: ",")) }
        line.append(contentsOf: answer)
        skipOne()
    }

    /// Takes note of a request that gets no answer: a notification.
    public mutating func skipOne() {
        precondition(outstanding > 0, "more answers than requests")
        outstanding -= 1
    }

    /// Length of the line so far, in bytes.
    public var bytes: Int { line.count }

    /// Whether every request was answered or skipped.
    public var isComplete: Bool { outstanding == 0 }

    /// The line without its end; nil when nothing is to be sent, because there were only notifications.
    public consuming func finish() -> [UInt8]? {
        precondition(isComplete, "the batch is not complete")
        guard line.count > 1 else { return nil }
        line.append(UInt8(ascii: "]"))
        return line
    }
}
