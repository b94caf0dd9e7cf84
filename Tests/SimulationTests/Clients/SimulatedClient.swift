/// Somebody at the other end of a connection.
protocol SimulatedClient: AnyObject {
    var link: Link? { get set }
    var lines: ReceivedLines { get set }

    /// Does one thing: connects, asks, leaves.
    func act(in world: World) throws
    /// Goes on with what is left to be done when nothing new begins; false when there is nothing.
    func finish(in world: World) throws -> Bool
    /// Takes a line that was written when so much was durable.
    func take(_ line: [UInt8], durable: Int64, in world: World) throws
    /// The connection has ended, and everything that came was taken. `isOrderly`: the server closed it.
    func connectionEnded(isOrderly: Bool, in world: World) throws
}

/// Bytes that came, until they are lines.
struct ReceivedLines {
    private var rest: [UInt8] = []

    /// Takes bytes in, and lends each line that is complete, with what was durable when it was written.
    mutating func take(
        _ bytes: [UInt8],
        _ stamps: [(end: Int, durable: Int64)],
        _ body: ([UInt8], Int64) throws -> Void
    ) rethrows {
        var start = 0
        var stamp = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            while stamp < stamps.count - 1, stamps[stamp].end <= end { stamp += 1 }
            let line = rest + bytes[start..<end]
            rest.removeAll()
            start = end + 1
            try body(line, stamps[stamp].durable)
        }
        rest += bytes[start...]
    }

    mutating func discard() { rest.removeAll() }
}
