import EventSourcing
import LedgerService
import LineJSON
import NIOCore

/// Brings events to one reader: from the log while it catches up, from memory at the head.
///
/// The pump pulls. It knows the position the reader wants next and takes more only while the channel can be written to, so
/// a slow reader costs one page of memory, whatever happens meanwhile, and simply finds itself catching up again.
/// Everything but reading files happens on the channel's event loop.
final class EventPump {
    /// Lines taken at a time, in bytes.
    static let pageBytes = 256 << 10

    private let request: StreamRequest
    let output: EventOutput
    private let service: LedgerService
    private let files: FileReading
    private let context: ChannelHandlerContext
    private let onFailure: (any Error) -> Void

    private var next: LogPosition
    private var phase = Phase.idle
    private var isCaughtUp = false
    private var lines = LogLineReader()
    private var heartbeat: Scheduled<Void>?

    private enum Phase {
        case idle
        /// A page is being read from the log.
        case reading
        /// Everything there is was sent; woken by the next block.
        case waiting(BlockFeed.WaiterID?)
        /// The reader is slow: goes on when the channel can be written to.
        case blocked
        case stopped
    }

    /// A pump that begins at `from`, which is no further than one behind the head. Created and used on the event loop.
    init(
        _ request: StreamRequest,
        from: LogPosition,
        output: EventOutput,
        service: LedgerService,
        files: FileReading,
        context: ChannelHandlerContext,
        onFailure: @escaping (any Error) -> Void
    ) {
        self.request = request
        self.output = output
        self.service = service
        self.files = files
        self.context = context
        self.onFailure = onFailure
        next = from
    }

    func start() {
        guard case .idle = phase else { return }
        scheduleHeartbeat()
        pump()
    }

    func stop() {
        heartbeat?.cancel()
        if case .waiting(let waiter?) = phase { service.feed.cancel(waiter) }
        phase = .stopped
    }

    /// The channel can be written to again.
    func writabilityChanged() {
        guard case .blocked = phase, context.channel.isWritable else { return }
        phase = .idle
        pump()
    }

    /// Takes and sends one page; called again by whatever ends the waiting for the next one.
    private func pump() {
        guard case .idle = phase else { return }
        guard context.channel.isWritable else {
            phase = .blocked
            return
        }
        guard let blocks = service.feed.blocks(from: next, byteLimit: EventPump.pageBytes) else {
            readFromLog()
            return
        }
        if blocks.isEmpty {
            waitAtHead()
        } else {
            send(blocks)
        }
    }

    private func readFromLog() {
        phase = .reading
        let from = next
        let read = files.read(on: context.eventLoop) { [service] in
            try service.readBlocks(from: from, byteLimit: EventPump.pageBytes)
        }
        read.assumeIsolated().whenComplete { [weak self] result in
            guard let self, case .reading = phase else { return }
            phase = .idle
            switch result {
            case .success(let blocks): send(blocks)
            case .failure(let error): onFailure(error)
            }
        }
    }

    private func waitAtHead() {
        if !isCaughtUp {
            isCaughtUp = true
            write { buffer in
                output.append(control: "caught_up", to: &buffer) {
                    $0.member("position", LogPosition(next.ordinal - 1))
                }
            }
        }
        phase = .waiting(nil)
        let loop = context.eventLoop
        let pump = NIOLoopBound(self, eventLoop: loop)
        let waiter = service.feed.whenDurable(next) { loop.execute { pump.value.wake() } }
        if case .waiting = phase { phase = .waiting(waiter) }
    }

    private func wake() {
        guard case .waiting = phase else { return }
        phase = .idle
        pump()
    }

    private func scheduleHeartbeat() {
        let period = TimeAmount.milliseconds(request.heartbeat.milliseconds)
        heartbeat = context.eventLoop.assumeIsolated().scheduleTask(in: period) { [weak self] in self?.beat() }
    }

    private func beat() {
        scheduleHeartbeat()
        guard context.channel.isWritable else { return }
        write { buffer in
            output.append(control: "heartbeat", to: &buffer) { control in
                control.member("position", LogPosition(next.ordinal - 1))
                control.member("head", service.feed.head.position)
                control.member("time", service.configuration.clock.now())
            }
        }
    }
}

// MARK: - Sending

extension EventPump {
    private func send(_ blocks: [CommittedBlock]) {
        guard !blocks.isEmpty else {
            waitAtHead()
            return
        }
        do {
            try write { buffer in
                for block in blocks { try append(block, to: &buffer) }
            }
        } catch {
            onFailure(error)
            return
        }
        // Another reader of this loop may come first.
        let pump = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { pump.value.pump() }
    }

    private func append(_ committed: CommittedBlock, to buffer: inout ByteBuffer) throws {
        let block = committed.block
        guard block.last >= next else { return }
        if request.filter.isEmpty {
            append(
                block.lines[block.offset(ofLine: Int(next.ordinal - block.first.ordinal))...],
                from: next,
                of: block,
                to: &buffer
            )
        } else {
            try appendMatching(block, to: &buffer)
        }
        next = block.last.next
        guard request.wantsBlocks else { return }
        output.append(control: "block", to: &buffer) { control in
            control.member("first", block.first)
            control.member("last", block.last)
            control.member("hash", committed.hash)
        }
    }

    private func append(
        _ lines: ArraySlice<UInt8>,
        from first: LogPosition,
        of block: Block,
        to buffer: inout ByteBuffer
    ) {
        var rest = lines
        var position = first
        while !rest.isEmpty {
            let left = Int(block.last.ordinal - position.ordinal) + 1
            let count = min(left, EventOutput.batchEventsMax)
            let piece = count == left ? rest : rest.prefix(lines: count)
            output.append(piece, count: count, through: position.advanced(by: count - 1), to: &buffer)
            rest = rest[piece.endIndex...]
            position = position.advanced(by: count)
        }
    }

    private func appendMatching(_ block: Block, to buffer: inout ByteBuffer) throws {
        var matching: [UInt8] = []
        var count = 0
        var position = LogPosition(block.first.ordinal - 1)
        var last = position
        try block.forEachLine { line in
            position = position.next
            guard position >= next, try request.filter.matches(line, reader: &lines) else { return }
            matching.append(contentsOf: line)
            matching.append(UInt8(ascii: "\n"))
            count += 1
            last = position
            if count == EventOutput.batchEventsMax {
                output.append(matching[...], count: count, through: last, to: &buffer)
                matching.removeAll(keepingCapacity: true)
                count = 0
            }
        }
        output.append(matching[...], count: count, through: last, to: &buffer)
    }

    private func write(_ body: (inout ByteBuffer) throws -> Void) rethrows {
        var buffer = context.channel.allocator.buffer(capacity: EventPump.pageBytes / 4)
        try body(&buffer)
        guard buffer.readableBytes > 0 else { return }
        context.writeAndFlush(NIOAny(buffer), promise: nil)
    }
}

extension Block {
    /// Where the line of the event `index` (from 0) begins.
    fileprivate func offset(ofLine index: Int) -> Int {
        index <= 0 ? 0 : lines[...].prefix(lines: index).endIndex
    }
}

extension ArraySlice<UInt8> {
    /// The first `count` lines.
    fileprivate func prefix(lines count: Int) -> ArraySlice<UInt8> {
        var left = count
        let end = withUnsafeBufferPointer { bytes in
            bytes.firstIndex { byte in
                if byte == UInt8(ascii: "\n") { left -= 1 }
                return left == 0
            }
        }
        return end.map { self[startIndex...(startIndex + $0)] } ?? self
    }
}
