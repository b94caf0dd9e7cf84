import LineJSON
import LineProtocol
import NIOCore
import NIOPosix

/// The lines of one event stream, in order. They can be iterated once.
///
/// Nothing is read ahead of the consumer beyond a few buffers: when it is slow, reading from the socket stops, and the server
/// notices.
public struct EventLines: AsyncSequence {
    /// One line.
    public typealias Element = StreamLine

    private let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    private let address: ServerAddress
    private let lineBytesMax: Int

    init(inbound: NIOAsyncChannelInboundStream<ByteBuffer>, address: ServerAddress, lineBytesMax: Int) {
        self.inbound = inbound
        self.address = address
        self.lineBytesMax = lineBytesMax
    }

    /// Begins the iteration.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            inbound: inbound.makeAsyncIterator(),
            splitter: StreamSplitter(lineBytesMax: lineBytesMax),
            address: address
        )
    }

    /// Gives the lines. Throws `RPCError` when the server refuses the stream, `LedgerClientError` when the connection is
    /// lost; ends when the server said that it closes the stream.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        private let splitter: StreamSplitter
        private let address: ServerAddress
        private var isClosing = false

        fileprivate init(
            inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
            splitter: StreamSplitter,
            address: ServerAddress
        ) {
            self.inbound = inbound
            self.splitter = splitter
            self.address = address
        }

        /// The next line; nil behind the last one.
        public mutating func next() async throws -> StreamLine? {
            while true {
                if let line = try nextOfBuffered() { return line }
                guard let buffer = try await nextBuffer() else { return nil }
                splitter.append(buffer)
            }
        }

        private mutating func nextOfBuffered() throws -> StreamLine? {
            do {
                guard let line = try splitter.next() else { return nil }
                if case .control(let control) = line, control.name == "closing" { isClosing = true }
                return line
            } catch let error as StreamSplitter.Problem {
                throw LedgerClientError.unexpectedAnswer(address, reason: error.description)
            }
        }

        private mutating func nextBuffer() async throws -> ByteBuffer? {
            do {
                if let buffer = try await inbound.next() { return buffer }
            } catch {
                throw LedgerClientError.connectionLost(address, reason: connectionFailureText(error))
            }
            try Task.checkCancellation()
            if isClosing { return nil }
            throw LedgerClientError.connectionLost(address, reason: "the server closed it")
        }
    }
}

/// Cuts what arrives into stream lines.
private final class StreamSplitter {
    struct Problem: Error {
        var description: String
    }

    private var framer: LineFramer
    private var decoder = ServerMessageDecoder()

    init(lineBytesMax: Int) {
        framer = LineFramer(lineBytesMax: lineBytesMax)
    }

    func append(_ buffer: ByteBuffer) {
        var buffer = buffer
        framer.append(&buffer)
    }

    /// The next complete line; nil when more bytes are needed.
    func next() throws -> StreamLine? {
        try framer.withNextLine { line in
            switch line {
            case .overLong: throw Problem(description: "a line longer than \(framer.lineBytesMax) bytes")
            case .line(let bytes): try streamLine(bytes)
            }
        }
    }

    private func streamLine(_ bytes: UnsafeRawBufferPointer) throws -> StreamLine {
        do {
            return try decoder.withDecoded(bytes) { message in try StreamSplitter.streamLine(message, Array(bytes)) }
        } catch let error as ServerMessageError {
            throw Problem(description: "\(error)")
        }
    }

    private static func streamLine(_ message: ServerMessage, _ bytes: [UInt8]) throws -> StreamLine {
        switch message {
        case .event(let event):
            guard let position = event["position"]?.integer else {
                throw Problem(description: "an event without a position")
            }
            return .event(EventLine(position: position, bytes: bytes))
        case .control(let name, let line):
            let position = line["position"] ?? line["from"]
            return .control(ControlLine(name: name.string() ?? "", position: position?.integer, bytes: bytes))
        case .failure(_, let error):
            throw error
        case .result, .notification:
            throw Problem(description: "an answer among events")
        }
    }
}
