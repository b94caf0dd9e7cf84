import LineProtocol

/// A client that asks, and sends again what was not answered when that is safe.
final class Caller: SimulatedClient {
    let dialect: RequestDialect
    var link: Link?
    var lines = ReceivedLines()

    /// Requests that are not answered, by serial number, in the order in which they were sent.
    private var waiting: [Int] = []
    /// Those of one line that is answered by one line.
    private var batches: [Set<Int>] = []
    /// Lines that no server can read.
    private var unreadable = 0
    /// Operations to be sent again.
    private var again: [Int] = []
    private var isHalfClosed = false

    private static let waitingMax = 8

    init(_ dialect: RequestDialect) {
        self.dialect = dialect
    }

    // MARK: Asking

    func act(in world: World) throws {
        guard let link else { return try connect(in: world) }
        guard !isHalfClosed, waiting.count < Caller.waitingMax else { return }
        switch world.random.below(40) {
        case 0:
            world.trace.note("  half-closes")
            halfClose()
        case 1:
            world.trace.note("  leaves")
            link.cutOff(losing: true)
            leave(in: world)
        case 2: sendUnreadable("nobody reads this", over: link)
        case 3: sendUnreadable(String(repeating: "x", count: SimulatedServer.lineBytesMax + 200), over: link)
        case 4..<7 where dialect == .jsonRPC: sendBatch(over: link, in: world)
        case 7..<9 where dialect == .jsonRPC: notify(over: link, in: world)
        default: for _ in 0..<world.random.number(in: 1...3) { sendOne(over: link, in: world) }
        }
    }

    func finish(in world: World) throws -> Bool {
        guard let link else {
            guard !again.isEmpty else { return false }
            try connect(in: world)
            return true
        }
        guard !isHalfClosed else { return false }
        while !again.isEmpty { sendOne(over: link, in: world) }
        halfClose()
        return true
    }

    private func connect(in world: World) throws {
        link = try world.connect(isNetcat: dialect == .netcat)
        isHalfClosed = false
    }

    private func halfClose() {
        isHalfClosed = true
        link?.wire.halfClose()
    }

    private func sendUnreadable(_ line: String, over link: Link) {
        unreadable += 1
        link.wire.send(line)
    }

    private func sendOne(over link: Link, in world: World) {
        let (serial, line) = request(in: world)
        waiting.append(serial)
        link.wire.send(line)
    }

    private func sendBatch(over link: Link, in world: World) {
        let requests = (0..<world.random.number(in: 2...3)).map { _ in request(in: world) }
        waiting += requests.map(\.serial)
        batches.append(Set(requests.map(\.serial)))
        link.wire.send("[" + requests.map(\.line).joined(separator: ",") + "]")
    }

    /// Nobody learns what became of it.
    private func notify(over link: Link, in world: World) {
        let operation = world.history.add(world.workload.next(using: &world.random))
        _ = world.history.noteSent(operation)
        link.wire.send(world.history.operations[operation].request.line(id: nil, dialect, deadline: nil))
    }

    private func request(in world: World) -> (serial: Int, line: String) {
        let operation =
            again.isEmpty ? world.history.add(world.workload.next(using: &world.random)) : again.removeFirst()
        let serial = world.history.noteSent(operation)
        let deadline = world.random.chance(0.15) ? world.random.number(in: 1...2_000) : nil
        let line = world.history.operations[operation].request.line(id: serial, dialect, deadline: deadline)
        world.trace.note("  sends \(line)", serial)
        return (serial, line)
    }

    // MARK: Being answered

    func take(_ line: [UInt8], durable: Int64, in world: World) throws {
        world.trace.note("  gets \(String(decoding: line, as: UTF8.self))")
        let answers = try AnswerLine.all(in: line)
        if answers.count > 1 {
            let serials = Set(answers.compactMap(\.serial))
            try demand(batches.contains(serials), "a line answers \(serials), which are no batch")
            batches.removeAll { $0 == serials }
        }
        for answer in answers {
            if answer.isUnreadable {
                unreadable -= 1
                try demand(unreadable >= 0, "a line is said to be unreadable that nobody sent")
            } else {
                try take(answer, isAlone: answers.count == 1, durable: durable, in: world)
            }
        }
    }

    private func take(_ line: AnswerLine, isAlone: Bool, durable: Int64, in world: World) throws {
        guard let serial = line.serial, let index = waiting.firstIndex(of: serial),
            let operation = world.history.operation(of: serial)
        else { throw Violation(description: "an answer to nothing that was asked and not answered") }
        if dialect == .netcat { try demand(index == 0, "request \(serial) was answered before \(waiting[0])") }
        if isAlone { try demand(!batches.contains { $0.contains(serial) }, "a part of a batch was answered alone") }
        waiting.remove(at: index)
        let request = world.history.operations[operation].request
        let answer = try line.answer(to: request)
        try demand(
            answer.position ?? 0 <= durable,
            "an answer rests on position \(answer.position ?? 0) when \(durable) was durable"
        )
        world.history.noteAnswered(serial, answer)
        learn(from: answer, in: world)
        switch answer {
        case .notDone, .mayBeDone, .unavailable:
            if request.isRepeatable, world.random.chance(0.5) { again.append(operation) }
        default: break
        }
    }

    private func learn(from answer: Answer, in world: World) {
        switch answer {
        case .settings(let known), .changed(_, _, .some(let known)):
            world.workload.versions[known.workspace] = known.version
        default: break
        }
    }

    // MARK: Being left

    func connectionEnded(isOrderly: Bool, in world: World) throws {
        if isOrderly {
            try demand(isHalfClosed, "the server closed, and the client had not")
            try demand(waiting.isEmpty, "requests \(waiting) were never answered")
            try demand(unreadable == 0, "an unreadable line was never answered")
        }
        leave(in: world)
    }

    /// When nothing moves any more, everything was answered and the connection has ended.
    func checkIsAnswered() throws {
        try demand(waiting.isEmpty && unreadable == 0, "requests \(waiting) were never answered")
        try demand(link == nil, "the server does not close a connection that has nothing left to do")
    }

    private func leave(in world: World) {
        for serial in waiting {
            guard let operation = world.history.operation(of: serial) else { continue }
            if world.history.operations[operation].request.isRepeatable, world.random.chance(0.8) {
                again.append(operation)
            }
        }
        (waiting, batches, unreadable) = ([], [], 0)
        lines.discard()
        link = nil
    }
}
