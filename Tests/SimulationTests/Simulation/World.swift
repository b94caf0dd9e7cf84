import EventSourcing
import LedgerService
import LineProtocol
import TestSupport

@testable import LedgerServiceTests

/// A server, its disk, its clients and its clock, all run by one thread, step by step. Whatever could go one way or another
/// is decided by the dice of one seed: which of all that could happen next does, how short reads and writes are, how far
/// the clock jumps, when the disk refuses and when everything dies.
final class World {
    var random: SeededRandom
    var trace: Trace
    var history = History()
    var workload = Workload()
    let disk: SimulatedDisk

    private let clock = ManualClock()
    /// What loops measure their timers by, in milliseconds; the clock jumps, this does not.
    private var time: Int64 = 0
    private var clockHoursLeft = World.clockHoursMax
    private var server: SimulatedServer?
    private let callers: [Caller]
    private let readers: [Reader]
    private let clients: [any SimulatedClient]
    private let tampering: Tampering?
    /// How much a socket holds.
    private let socketBytes: Int

    /// Ids are held for seven days.
    private static let clockHoursMax = 6 * 24
    private static let stepsMax = 260
    /// More than it ever takes to come to rest.
    private static let roundsMax = 1_000

    init(seed: UInt64, mutant: Mutant? = nil, isTraced: Bool = false) {
        random = SeededRandom(seed: seed)
        trace = Trace(isKept: isTraced)
        disk = SimulatedDisk(mutant: mutant)
        tampering = mutant.map { Tampering($0, seed: seed) }
        socketBytes = random.pick([200, 2_000, 65_536])
        callers = [.netcat, .jsonRPC, .jsonRPC].map(Caller.init)
        var forms = [random.pick(Reader.Form.allCases)]
        if random.chance(0.5) { forms.append(random.pick(Reader.Form.allCases)) }
        let workspace = random.pick(Request.workspaces)
        readers = forms.map { Reader($0, of: workspace) }
        clients = callers + readers
    }

    /// Lets so many things happen, then nothing new, until everything has come to rest; checks what was seen.
    func run() throws {
        defer { for client in clients { client.link?.cutOff(losing: true) } }
        try start()
        for _ in 0..<World.stepsMax {
            try perform(choose())
            if let complaint = disk.complaint { throw Violation(description: complaint) }
        }
        try comeToRest()
        for caller in callers { try caller.checkIsAnswered() }
        for reader in readers { try reader.checkIsComplete(in: self) }
        try Audit(history, disk.lines.map(\.bytes)).check()
        trace.take(Array(disk.head().hash.utf8))
    }

    /// A connection to the server; nil while there is none.
    func connect(isNetcat: Bool) throws -> Link? {
        guard let server, !server.hasFailed else { return nil }
        let wire = Wire(fullAt: socketBytes, isNetcat: isNetcat, tampering: tampering) { [disk] in disk.durable }
        trace.note("  connects")
        return try Link(wire, to: server.setup, at: time)
    }
}

// MARK: - What may happen

extension World {
    private enum Step {
        case act(Int)
        case deliver(Int)
        case runLoop(Int)
        case transmit(Int)
        case receive(Int)
        case takeTurn
        case commit
        case workAside
        case passTime
        case jumpClock
        case refuse
        case crash
        case start
    }

    /// One of the steps that can be taken now.
    private func choose() -> Step {
        var choices: [(weight: Int, step: Step)] = [(3, .passTime), (1, .jumpClock)]
        for (index, client) in clients.enumerated() {
            choices.append((index < callers.count ? 6 : 2, .act(index)))
            guard let link = client.link else { continue }
            if link.wire.hasForServer { choices.append((12, .deliver(index))) }
            choices.append((8, .runLoop(index)))
            if link.wire.canSend { choices.append((12, .transmit(index))) }
            if link.wire.hasForClient { choices.append((12, .receive(index))) }
        }
        if let server {
            choices += [(14, .takeTurn), (10, .commit), (server.hasFailed ? 10 : 1, .crash)]
            if server.aside.count > 0 { choices.append((10, .workAside)) }
            if !server.hasFailed { choices.append((1, .refuse)) }
        } else {
            choices.append((20, .start))
        }
        var number = random.below(choices.reduce(0) { $0 + $1.weight })
        for choice in choices {
            number -= choice.weight
            if number < 0 { return choice.step }
        }
        return .passTime
    }

    private func perform(_ step: Step) throws {
        switch step {
        case .act(let index):
            trace.note("\(index) acts", 1, index)
            try clients[index].act(in: self)
        case .deliver(let index): deliver(index)
        case .runLoop(let index):
            trace.note("\(index): the loop runs", 2, index)
            clients[index].link?.run(at: time)
        case .transmit(let index): transmit(index)
        case .receive(let index): try receive(index)
        case .takeTurn:
            let isSplit = random.chance(0.5)
            let isDone = server?.ledger.takeTurn(committingOn: isSplit ? .ownThread : .callingThread) ?? false
            trace.note("the sequencer takes a turn: \(isDone), at \(disk.durable)", 3, isDone ? 1 : 0)
        case .commit:
            let isDone = server?.ledger.commit() ?? false
            trace.note("the committer commits: \(isDone), at \(disk.durable)", 4, isDone ? 1 : 0)
        case .workAside: workAside()
        case .passTime: passTime()
        case .jumpClock: jumpClock()
        case .refuse: arm()
        case .crash: crash()
        case .start: try start()
        }
    }
}

// MARK: - Connections

extension World {
    private func deliver(_ index: Int) {
        guard let wire = clients[index].link?.wire else { return }
        let count = wire.arrivingCount == 0 ? 0 : random.share(of: wire.arrivingCount)
        trace.note("\(index): the server reads \(count) bytes", 5, index, count)
        wire.deliver(count)
    }

    private func transmit(_ index: Int) {
        guard let wire = clients[index].link?.wire else { return }
        let count = wire.unsentFlushedBytes == 0 ? 0 : random.share(of: wire.unsentFlushedBytes)
        trace.note("\(index): the socket takes \(count) bytes", 6, index, count)
        wire.transmit(count)
    }

    private func receive(_ index: Int) throws {
        let client = clients[index]
        guard let link = client.link else { return }
        if link.wire.isAtEnd {
            trace.note("\(index): the connection has ended", 7, index)
            let isOrderly = !link.isCutOff
            link.cutOff(losing: true)
            return try client.connectionEnded(isOrderly: isOrderly, in: self)
        }
        let count = random.share(of: link.wire.underwayCount)
        trace.note("\(index): gets \(count) bytes", 8, index, count)
        let (bytes, stamps) = link.wire.receive(count)
        trace.take(bytes)
        var lines = client.lines
        try lines.take(bytes, stamps) { line, durable in try client.take(line, durable: durable, in: self) }
        client.lines = lines
    }
}

// MARK: - The process and its time

extension World {
    private func start() throws {
        trace.note("the server starts at \(disk.head().position)", 9)
        server = try SimulatedServer(on: disk, clock: clock.serviceClock)
    }

    private func crash() {
        trace.note("the server dies", 10)
        server = nil
        disk.crash()
        for client in clients { client.link?.cutOff(losing: random.chance(0.5)) }
    }

    private func arm() {
        let isKept = random.chance(0.5)
        trace.note("the disk will refuse a block that it \(isKept ? "keeps" : "does not keep")", 11, isKept ? 1 : 0)
        disk.fault = .refusal(isKept: isKept)
    }

    private func workAside() {
        guard let server else { return }
        let index = random.below(server.aside.count)
        trace.note("work aside: \(index)", 12, index)
        server.aside.run(index)
    }

    private func passTime() {
        let span = Int64(random.chance(0.7) ? random.number(in: 0...50) : random.number(in: 0...5_000))
        trace.note("\(span) ms pass", 13, Int(span))
        time += span
        clock.advance(TimeSpan(milliseconds: span))
    }

    /// Somebody sets the machine's clock, or it slept: for some hours and anything, or until a call just stops counting.
    private func jumpClock() {
        if random.chance(0.5), let span = spanToAnExpiry() {
            clockHoursLeft -= Int(span.milliseconds / 3_600_000) + 1
            trace.note("\(span.milliseconds) ms pass, until an event is a day old", 15, Int(span.milliseconds))
            return clock.advance(span)
        }
        let isForth = random.chance(0.6)
        let hours = isForth && clockHoursLeft > 0 ? random.number(in: 0...min(clockHoursLeft, 14)) : 0
        clockHoursLeft -= hours
        let span = Int64(hours) * 3_600_000 + Int64(random.number(in: 0...3_000)) * (isForth ? 1 : -1)
        trace.note("the clock jumps by \(span) ms", 14, Int(span))
        clock.advance(TimeSpan(milliseconds: span))
    }

    /// How long it is until some event of the log is exactly 24 hours old; nil where that is past, or too far off.
    private func spanToAnExpiry() -> TimeSpan? {
        guard !disk.lines.isEmpty else { return nil }
        let span = random.pick(disk.lines).time + .hours(24) - clock.now
        return span > .hours(0) && span < .hours(Int64(clockHoursLeft)) ? span : nil
    }
}

// MARK: - The end

extension World {
    /// Everything goes on that has begun, in no particular order any more, and nothing fails.
    private func comeToRest() throws {
        disk.fault = nil
        var quietRounds = 0
        for _ in 0..<World.roundsMax {
            quietRounds = try round() ? 0 : quietRounds + 1
            if quietRounds == 2 { return }
        }
        throw Violation(description: "it does not come to rest")
    }

    /// False when there was nothing to do.
    private func round() throws -> Bool {
        var hasMoved = false
        if server?.hasFailed == true { crash() }
        if server == nil {
            try start()
            hasMoved = true
        }
        for index in clients.indices {
            if try clients[index].finish(in: self) { hasMoved = true }
            guard let link = clients[index].link else { continue }
            if link.wire.hasForServer {
                deliver(index)
                hasMoved = true
            }
            link.run(at: time)
        }
        while server?.ledger.takeTurn(committingOn: .ownThread) == true { hasMoved = true }
        while server?.ledger.commit() == true { hasMoved = true }
        while let server, server.aside.count > 0 {
            workAside()
            hasMoved = true
        }
        for index in clients.indices {
            clients[index].link?.run(at: time)
            while clients[index].link?.wire.canSend == true {
                transmit(index)
                hasMoved = true
            }
            while clients[index].link?.wire.hasForClient == true {
                try receive(index)
                hasMoved = true
            }
        }
        return hasMoved
    }
}
