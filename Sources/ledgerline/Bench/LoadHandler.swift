import Histogram
import LineJSON
import LineProtocol
import NIOCore

/// What one connection measured.
struct LoadResult: Sendable {
    /// Nanoseconds from a request's writing to its answer.
    var latencies = Histogram<UInt64>(
        highestTrackableValue: LoadResult.latencyNanosecondsMax,
        numberOfSignificantValueDigits: .three
    )
    /// Answers while it was measured.
    var measuredReplies: Int64 = 0
    /// Answers in all, warm-up included.
    var replies: Int64 = 0
    /// Answers that were refusals or not what they should be.
    var badReplies: Int64 = 0
    var firstProblem: String?

    static let latencyNanosecondsMax: UInt64 = 60_000_000_000

    mutating func add(_ other: LoadResult) {
        for value in other.latencies.recordedValues() { latencies.record(value.value, count: value.count) }
        measuredReplies += other.measuredReplies
        replies += other.replies
        badReplies += other.badReplies
        if firstProblem == nil { firstProblem = other.firstProblem }
    }
}

/// Keeps a number of requests in flight on one connection and checks every answer. Lives on its channel's event loop.
final class LoadHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case warmingUp, measuring, draining
    }

    /// A request that is not answered yet; its id says which slot it has.
    private struct Slot {
        var id: Int64 = 0
        var sentAt: UInt64 = 0
    }

    private let workload: BenchWorkload
    private let done: EventLoopPromise<LoadResult>
    private var framer = LineFramer()
    private var decoder = ServerMessageDecoder()
    private var random = SystemRandomNumberGenerator()
    private var slots: [Slot]
    private var freeSlots: [Int]
    private var phase = Phase.warmingUp
    private var result = LoadResult()

    init(workload: BenchWorkload, inFlight: Int, done: EventLoopPromise<LoadResult>) {
        self.workload = workload
        self.done = done
        slots = Array(repeating: Slot(), count: inFlight)
        freeSlots = Array((0..<inFlight).reversed())
        for index in slots.indices { slots[index].id = Int64(index) }
    }

    func startMeasuring() {
        phase = .measuring
    }

    /// No more requests; the result is told when everything in flight was answered.
    func stop() {
        phase = .draining
        finishIfDrained()
    }

    func channelActive(context: ChannelHandlerContext) {
        sendRequests(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        framer.append(&input)
        let now = NIODeadline.now().uptimeNanoseconds
        while framer.withNextLine({ line in take(line, at: now) }) != nil {}
        finishIfDrained()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        sendRequests(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        note("the server closed the connection")
        done.succeed(result)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        note("\(error)")
        context.close(promise: nil)
    }

    /// All slots that are free go out in one buffer.
    private func sendRequests(_ context: ChannelHandlerContext) {
        guard phase != .draining, !freeSlots.isEmpty else { return }
        var buffer = context.channel.allocator.buffer(capacity: freeSlots.count * 256)
        let now = NIODeadline.now().uptimeNanoseconds
        while let slot = freeSlots.popLast() {
            // The next id that belongs to this slot.
            slots[slot].id += Int64(slots.count)
            slots[slot].sentAt = now
            workload.write(slots[slot].id, to: &buffer, using: &random)
        }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func take(_ line: FramedLine, at now: UInt64) {
        guard case .line(let bytes) = line else { return note("an over-long line") }
        do {
            try decoder.withDecoded(bytes) { message in take(message, at: now) }
        } catch {
            note("\(error)")
        }
    }

    private func take(_ message: ServerMessage, at now: UInt64) {
        switch message {
        case .result(let id, let value):
            guard let sentAt = release(id.integer) else { return note("an answer to no request") }
            record(now - min(now, sentAt))
            if !workload.accepts(value) { note("unexpected result \(String(decoding: value.rawBytes, as: UTF8.self))") }
        case .failure(let id, let error):
            _ = release(id.integer)
            result.replies += 1
            note("\(error.status): \(error.message)")
        case .notification, .control, .event:
            note("an unexpected line")
        }
    }

    /// When the request was sent; nil when no such request is in flight.
    private func release(_ id: Int64?) -> UInt64? {
        guard let id, id >= 0 else { return nil }
        let slot = Int(id % Int64(slots.count))
        guard slots[slot].id == id, slots[slot].sentAt > 0 else { return nil }
        defer { slots[slot].sentAt = 0 }
        freeSlots.append(slot)
        return slots[slot].sentAt
    }

    private func record(_ nanoseconds: UInt64) {
        result.replies += 1
        guard phase == .measuring else { return }
        result.measuredReplies += 1
        result.latencies.record(min(nanoseconds, LoadResult.latencyNanosecondsMax))
    }

    private func note(_ problem: String) {
        result.badReplies += 1
        if result.firstProblem == nil { result.firstProblem = problem }
    }

    private func finishIfDrained() {
        if phase == .draining, freeSlots.count == slots.count { done.succeed(result) }
    }
}
