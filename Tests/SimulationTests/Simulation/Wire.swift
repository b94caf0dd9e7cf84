import NIOCore
import NIOEmbedded
import TestSupport

/// A connection without a network: what stands between the bytes of one client and the handler of one connection, in the
/// place of the socket. Reads and writes are as short as the dice say, and what was written is on its way until the client
/// takes it.
final class Wire: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    /// What the socket says of its buffers: full from so many bytes on, no longer full at so few.
    private let fullAt: Int
    private let freeAt: Int
    /// The last position that is durable, when something is written.
    private let durable: () -> Int64
    private let tampering: Tampering?
    private let isNetcat: Bool

    private weak var channel: EmbeddedChannel?
    private var context: ChannelHandlerContext?

    // From the client.
    private var arriving: [UInt8] = []
    private var isClientDone = false
    private var isEndTold = false
    private var isReadWanted = false

    // From the server.
    private var unsent: [Written] = []
    private var unsentBytes = 0
    private var flushed = 0
    private var underway: [UInt8] = []
    /// Up to which byte of `underway` was durable what, when it was written.
    private var stamps: [(end: Int, durable: Int64)] = []
    /// The server closed its side.
    private var isServerDone = false
    private var isClosed = false

    private struct Written {
        var bytes: [UInt8]
        var durable: Int64
        var promise: EventLoopPromise<Void>?
    }

    init(fullAt: Int, isNetcat: Bool, tampering: Tampering?, durable: @escaping () -> Int64) {
        self.fullAt = fullAt
        freeAt = fullAt / 2
        (self.isNetcat, self.tampering, self.durable) = (isNetcat, tampering, durable)
    }

    func attach(to channel: EmbeddedChannel) {
        self.channel = channel
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: The client's side

    func send(_ line: String) {
        for line in tampering?.request(line) ?? [line] {
            arriving += line.utf8
            arriving.append(UInt8(ascii: "\n"))
        }
    }

    /// The client sends no more.
    func halfClose() {
        isClientDone = true
        if tampering?.dropsUnreadAtHalfClose == true { arriving.removeAll() }
    }

    /// Something is there to be taken by the client: bytes, or the end of them.
    var hasForClient: Bool { !underway.isEmpty || isAtEnd }

    /// The server closed, and the client has taken everything.
    var isAtEnd: Bool { underway.isEmpty && (isServerDone || isClosed) }

    var underwayCount: Int { underway.count }

    /// Takes bytes that were sent, and for each stretch what was durable when it was written.
    func receive(_ count: Int) -> (bytes: [UInt8], stamps: [(end: Int, durable: Int64)]) {
        let bytes = Array(underway.prefix(count))
        underway.removeFirst(count)
        let taken = stamps.filter { $0.end <= count } + stamps.filter { $0.end > count }.prefix(1)
        stamps = stamps.filter { $0.end > count }.map { (end: $0.end - count, durable: $0.durable) }
        return (bytes, taken)
    }

    /// The client, or its machine, is gone; or the server's is. What is on its way may still come.
    func cutOff(losing isLost: Bool) {
        isClosed = true
        if isLost { (underway, stamps) = ([], []) }
        arriving.removeAll()
        channel?.close(promise: nil)
    }

    // MARK: The server's side

    var hasForServer: Bool {
        isReadWanted && !isClosed && (!arriving.isEmpty || (isClientDone && !isEndTold))
    }

    var arrivingCount: Int { arriving.count }

    /// The server reads so many bytes, or learns that there are no more.
    func deliver(_ count: Int) {
        guard let context else { return }
        if arriving.isEmpty {
            isEndTold = true
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            isReadWanted = false
            let bytes = ByteBuffer(bytes: arriving.prefix(count))
            arriving.removeFirst(count)
            context.fireChannelRead(NIOAny(bytes))
            context.fireChannelReadComplete()
            channel?.pipeline.read()
        }
    }

    var canSend: Bool { flushed > 0 && !isClosed }

    var unsentFlushedBytes: Int { unsent.prefix(flushed).reduce(0) { $0 + $1.bytes.count } }

    /// The socket takes so many bytes of what was flushed.
    func transmit(_ count: Int) {
        var left = count
        var done: [EventLoopPromise<Void>] = []
        while left > 0 || unsent.first?.bytes.isEmpty == true, flushed > 0 {
            let taken = min(left, unsent[0].bytes.count)
            underway += unsent[0].bytes.prefix(taken)
            stamps.append((end: underway.count, durable: unsent[0].durable))
            unsent[0].bytes.removeFirst(taken)
            (left, unsentBytes) = (left - taken, unsentBytes - taken)
            guard unsent[0].bytes.isEmpty else { break }
            if let promise = unsent.removeFirst().promise { done.append(promise) }
            flushed -= 1
        }
        for promise in done { promise.succeed(()) }
        if let channel, !channel.isWritable, unsentBytes <= freeAt { setWritable(true) }
    }

    private func setWritable(_ isWritable: Bool) {
        channel?.isWritable = isWritable
        context?.fireChannelWritabilityChanged()
    }

    // MARK: What the handler does

    func read(context: ChannelHandlerContext) { isReadWanted = true }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = Array(unwrapOutboundIn(data).readableBytesView)
        if let tampering, !bytes.isEmpty { bytes = tampered(bytes, by: tampering) }
        unsent.append(Written(bytes: bytes, durable: durable(), promise: promise))
        unsentBytes += bytes.count
        if unsentBytes > fullAt, channel?.isWritable == true { setWritable(false) }
    }

    private func tampered(_ bytes: [UInt8], by tampering: Tampering) -> [UInt8] {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        return tampering.answers(lines, isNetcat: isNetcat).flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] }
    }

    func flush(context: ChannelHandlerContext) {
        flushed = unsent.count
        // An empty write is done when all before it is.
        if flushed == 1, unsent[0].bytes.isEmpty { transmit(0) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            isServerDone = true
            promise?.succeed(())
            return
        }
        if !isClosed && !arriving.isEmpty {
            // Input that nobody will read: the client's machine is told so, and drops what it has not given to it yet.
            (underway, stamps) = ([], [])
        }
        isClosed = true
        let dropped = unsent.compactMap(\.promise)
        (unsent, unsentBytes, flushed) = ([], 0, 0)
        for promise in dropped { promise.fail(ChannelError.ioOnClosedChannel) }
        context.close(mode: mode, promise: promise)
    }
}
