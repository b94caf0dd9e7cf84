import Foundation

/// A client that follows the log, over as many connections as it takes.
final class Reader: SimulatedClient {
    enum Form: CaseIterable {
        /// `events.stream`, with the hashes of blocks.
        case stream
        /// `events.stream` of one workspace.
        case workspace
        /// `events.subscribe`.
        case subscription
    }

    var link: Link?
    var lines = ReceivedLines()

    private let form: Form
    private let workspace: String?
    /// The next position that it has not heard of.
    private var next: Int64 = 1
    private var hasBegun = false
    /// Where the block began whose lines are coming.
    private var blockStart: Int64?

    /// `workspace` is the one that a reader of one reads.
    init(_ form: Form, of workspace: String) {
        self.form = form
        self.workspace = form == .workspace ? workspace : nil
    }

    // MARK: Asking

    func act(in world: World) throws {
        guard let link else { return try connect(in: world) }
        guard world.random.chance(0.05) else { return }
        world.trace.note("  leaves")
        link.cutOff(losing: true)
        try connectionEnded(isOrderly: false, in: world)
    }

    func finish(in world: World) throws -> Bool {
        guard link == nil else { return false }
        try connect(in: world)
        return true
    }

    private func connect(in world: World) throws {
        link = try world.connect(isNetcat: false)
        let filter = workspace.map { ",\"workspace\":\"\($0)\"" } ?? ""
        let method = form == .subscription ? "events.subscribe" : "events.stream"
        let blocks = form == .stream ? ",\"blocks\":true" : ""
        let start = next == 1 ? "\"start\"" : "\(next)"
        link?.wire.send(
            #"{"jsonrpc":"2.0","id":0,"method":"\#(method)","params":{"from":\#(start)\#(filter)\#(blocks)}}"#
        )
        (hasBegun, blockStart) = (false, nil)
    }

    func connectionEnded(isOrderly: Bool, in world: World) throws {
        try demand(!isOrderly, "the server ended a stream")
        lines.discard()
        link = nil
    }

    // MARK: Following

    func take(_ line: [UInt8], durable: Int64, in world: World) throws {
        world.trace.note("  reads \(String(decoding: line, as: UTF8.self))")
        try demand(durable <= world.disk.lines.count, "position \(durable) was durable, and is gone")
        if line.starts(with: #"{"position":"#.utf8) {
            try takeEvent(line, durable: durable, in: world)
        } else {
            try takeControl(line, durable: durable, in: world)
        }
    }

    private func takeEvent(_ line: [UInt8], durable: Int64, in world: World) throws {
        try demand(hasBegun && form != .subscription, "an event came where none may")
        guard let position = firstWanted(from: next, through: durable, in: world) else {
            throw Violation(description: "an event came, and there is none behind \(next - 1) that is durable")
        }
        try demand(
            line == world.disk.lines[Int(position) - 1].bytes,
            "a reader that had come to \(next - 1) got other bytes than those of event \(position)"
        )
        if blockStart == nil { blockStart = position }
        next = position + 1
    }

    private func takeControl(_ line: [UInt8], durable: Int64, in world: World) throws {
        guard let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
            throw Violation(description: "a reader got a line that is no object")
        }
        if let result = object["result"] as? [String: Any] { return try begin(result) }
        if AnswerLine.isUnavailable(object) {
            try demand(!hasBegun, "a stream that had begun was refused")
            link?.cutOff(losing: true)
            return try connectionEnded(isOrderly: false, in: world)
        }
        let members = form == .subscription ? object["params"] as? [String: Any] ?? [:] : object
        if object["method"] as? String == "events.batch" {
            return try takeBatch(line, members, durable: durable, in: world)
        }
        let position = members["position"] as? Int64 ?? 0
        switch members["control"] as? String {
        case "streaming": try begin(members)
        case "caught_up", "heartbeat": try cover(through: position, durable: durable, in: world)
        case "block": try endBlock(members, in: world)
        default: throw Violation(description: "a reader got \(object)")
        }
    }

    private func begin(_ members: [String: Any]) throws {
        try demand(!hasBegun, "a stream began twice")
        try demand(members["from"] as? Int64 == next, "a stream began elsewhere than at \(next): \(members)")
        hasBegun = true
    }

    private func takeBatch(_ line: [UInt8], _ params: [String: Any], durable: Int64, in world: World) throws {
        guard hasBegun, let last = params["position"] as? Int64, last >= next, last <= durable else {
            throw Violation(description: "a batch came that cannot be, at \(next) with \(durable) durable")
        }
        let events = (next...last).map { String(decoding: world.disk.lines[Int($0) - 1].bytes, as: UTF8.self) }
        let expected =
            #"{"jsonrpc":"2.0","method":"events.batch","params":{"subscription":1,"events":["#
            + events.joined(separator: ",") + #"],"position":\#(last)}}"#
        try demand(line == Array(expected.utf8), "a batch of \(next) to \(last) has other bytes than the log")
        next = last + 1
    }

    /// Nothing up to there is left to come.
    private func cover(through position: Int64, durable: Int64, in world: World) throws {
        try demand(position <= durable, "a reader is told of position \(position) when \(durable) was durable")
        try demand(position >= next - 1, "a reader at \(next) is told that it is at \(position)")
        let missed = firstWanted(from: next, through: position, in: world)
        try demand(missed == nil, "a reader at \(next) is told that it has everything up to \(position)")
        next = position + 1
    }

    private func endBlock(_ members: [String: Any], in world: World) throws {
        guard let first = members["first"] as? Int64, let last = members["last"] as? Int64, first <= last,
            let start = blockStart
        else { throw Violation(description: "a block ended that had not begun: \(members)") }
        let lines = "lines \(start) to \(next - 1)"
        try demand(start >= first && last == next - 1, "\(lines) came as block \(first) to \(last)")
        let hash = world.disk.hash(of: first...last)
        try demand(hash != nil && members["hash"] as? String == hash, "block \(first) to \(last) has another hash")
        blockStart = nil
    }

    private func firstWanted(from first: Int64, through last: Int64, in world: World) -> Int64? {
        guard first <= last else { return nil }
        guard let workspace else { return first }
        return (first...last).first { world.disk.lines[Int($0) - 1].workspace == workspace }
    }

    /// When nothing moves any more, nothing is left to come.
    func checkIsComplete(in world: World) throws {
        let missed = firstWanted(from: next, through: Int64(world.disk.lines.count), in: world)
        try demand(missed == nil, "a reader waits for event \(missed ?? 0), which is durable")
    }
}
