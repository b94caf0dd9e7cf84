import EventSourcing
import LedgerService
import LineJSON
import NIOCore

/// Brings events to one reader: from the log while it catches up, from memory at the head.
///
/// The pump pulls. It knows the position the reader wants next and takes more only while the channel can be written to,
/// but for one page that it reads ahead from the log while there is room for it. So a slow reader costs two pages of memory,
/// whatever happens meanwhile, and simply finds itself catching up again. Everything but what takes files happens on the channel's event
/// loop.
final class EventPump {
    /// Lines taken at a time, in bytes.
    static let pageBytes = 1 << 20

    /// By whose leave it runs.
    let grant: AccessGrant
    private let query: BlockQuery
    private let heartbeatPeriod: TimeSpan
    private let writer: EventPageWriter
    private let service: any ServedLedger
    private let files: FileReading
    private let readAhead: ReadAhead
    private let context: ChannelHandlerContext
    private let writeOut: (ByteBuffer) -> Void
    private let onFailure: (any Error) -> Void

    private var next: LogPosition
    private var phase = Phase.idle
    private var isCaughtUp = false
    private var heartbeat: Scheduled<Void>?

    private enum Phase {
        case idle
        /// A page is being read from the log.
        case reading
        /// Everything there is was sent; woken by the next block.
        case waiting(BlockFeed.WaiterID?)
        /// The reader is slow: goes on when the channel can be written to, with the page that was read ahead if any.
        case blocked(EventPageWriter.Written?)
        case stopped
    }

    /// A pump that begins at `from`, which is no further than one behind the head. Created and used on the event loop.
    init(
        _ request: StreamRequest,
        from: LogPosition,
        output: EventOutput,
        service: any ServedLedger,
        files: FileReading,
        readAhead: ReadAhead,
        context: ChannelHandlerContext,
        writeOut: @escaping (ByteBuffer) -> Void,
        onFailure: @escaping (any Error) -> Void
    ) {
        grant = request.grant
        query = request.filter.blocks
        heartbeatPeriod = request.heartbeat
        writer = EventPageWriter(filter: request.filter, output: output, wantsBlocks: request.wantsBlocks)
        self.service = service
        self.files = files
        self.readAhead = readAhead
        self.context = context
        self.writeOut = writeOut
        self.onFailure = onFailure
        next = from
    }

    var output: EventOutput { writer.output }

    func start() {
        guard case .idle = phase else { return }
        scheduleHeartbeat()
        pump()
    }

    func stop() {
        heartbeat?.cancel()
        switch phase {
        case .waiting(let waiter?): service.feed.cancel(waiter)
        case .blocked(let page?): readAhead.letGo(page.bytes.readableBytes)
        case .idle, .reading, .waiting, .blocked, .stopped: break
        }
        phase = .stopped
    }

    /// The channel can be written to again.
    func writabilityChanged() {
        guard case .blocked(let page) = phase, context.channel.isWritable else { return }
        phase = .idle
        guard let page else { return pump() }
        readAhead.letGo(page.bytes.readableBytes)
        send(page)
    }

    /// Takes the next page; called again by whatever ends the waiting for it.
    private func pump() {
        guard case .idle = phase else { return }
        guard let page = service.feed.page(from: next, matching: query, byteLimit: EventPump.pageBytes) else {
            readFromLog()
            return
        }
        // Blocks in memory are as near when the channel can be written to again, and there may be more of them.
        guard context.channel.isWritable else {
            phase = .blocked(nil)
            return
        }
        guard page.through >= next else {
            waitAtHead()
            return
        }
        do {
            send(try writer.written(page, from: next))
        } catch {
            onFailure(error)
        }
    }

    /// Reads the next page while the one before is still on its way to the reader.
    private func readFromLog() {
        phase = .reading
        let read = files.read(on: context.eventLoop) { [service, query, writer, next] in
            let page = try service.readBlocks(from: next, matching: query, byteLimit: EventPump.pageBytes)
            return try writer.written(page, from: next)
        }
        read.assumeIsolated().whenComplete { [weak self] result in
            guard let self, case .reading = phase else { return }
            phase = .idle
            switch result {
            case .success(let page) where context.channel.isWritable: send(page)
            case .success(let page): phase = .blocked(readAhead.keep(page.bytes.readableBytes) ? page : nil)
            case .failure(let error): onFailure(error)
            }
        }
    }

    /// The log is read on while the page is written.
    private func send(_ page: EventPageWriter.Written) {
        next = page.through.next
        let isInMemory = service.feed.holds(next)
        if !isInMemory { readFromLog() }
        write(page.bytes)
        guard isInMemory else { return }
        // Another reader of this loop may come first.
        let pump = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { pump.value.pump() }
    }

    private func waitAtHead() {
        if !isCaughtUp {
            isCaughtUp = true
            write(control: "caught_up") { $0.member("position", LogPosition(next.ordinal - 1)) }
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
        let period = TimeAmount.milliseconds(heartbeatPeriod.milliseconds)
        heartbeat = context.eventLoop.assumeIsolated().scheduleTask(in: period) { [weak self] in self?.beat() }
    }

    private func beat() {
        scheduleHeartbeat()
        guard context.channel.isWritable else { return }
        write(control: "heartbeat") { control in
            control.member("position", LogPosition(next.ordinal - 1))
            control.member("head", service.feed.head.position)
            control.member("time", service.configuration.clock.now())
        }
    }

    private func write(control name: StaticString, members: (inout JSONWriter) -> Void) {
        var buffer = context.channel.allocator.buffer(capacity: 0)
        output.append(control: name, to: &buffer, members: members)
        write(buffer)
    }

    private func write(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0 else { return }
        writeOut(buffer)
    }
}
