import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("kill -9 while clients record", .ownThreads)
struct KillTests {
    /// How often the server is killed: `LEDGERLINE_KILLS`, or 5.
    private static let kills = ProcessInfo.processInfo.environment["LEDGERLINE_KILLS"].flatMap(Int.init) ?? 5
    private static let clients = 4

    @Test("R24: every acknowledged call is in the log once, at its position; sending the others again is safe")
    func killed() async throws {
        var random = SeededRandom()
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        var clients = (1...KillTests.clients).map { RecordingClient(name: "c\($0)", seed: random.next()) }
        for _ in 1...KillTests.kills {
            let server = try ServerProcess(data, ["--snapshot-events", "500"])
            // Every other time it is ending in good order when it is killed.
            let grace = Bool.random(using: &random) ? Int.random(in: 1...50, using: &random) : 0
            let steps = Int.random(in: 100...2_000, using: &random)
            let killing = KillSwitch(server, afterSteps: steps, grace: grace)
            clients = try await record(clients, on: server, until: killing)
            #expect(killing.isThrown, "the connections broke before the server was killed")

            let log = try RecordedCalls(in: data)
            for client in clients { client.check(against: log) }
            try await sendAgain(&clients, to: data)
        }
        try checkEnd(clients, data)
        print("\(KillTests.kills) kills, \(clients.map(\.acknowledgedIDs).reduce(0, +)) calls")
    }

    /// All clients at once, while somebody else keeps the ledger's maintenance going; ends when the server is killed.
    private func record(
        _ clients: [RecordingClient],
        on server: ServerProcess,
        until killing: KillSwitch
    ) async throws -> [RecordingClient] {
        try await withThrowingTaskGroup(of: RecordingClient?.self) { group in
            for var client in clients {
                group.addTask {
                    try client.record(to: server, onProgress: killing.countDown)
                    return client
                }
            }
            group.addTask {
                try Maintenance.keepGoing(on: server, until: killing)
                return nil
            }
            var recorded: [RecordingClient] = []
            for try await client in group { client.map { recorded.append($0) } }
            server.kill()
            return recorded
        }
    }

    /// What was not answered, and some of what was: nothing comes twice.
    private func sendAgain(_ clients: inout [RecordingClient], to data: String) async throws {
        let server = try ServerProcess(data)
        for index in clients.indices { try clients[index].sendAgain(to: server) }
        try server.ask("log.verify")
        server.kill()
        let log = try RecordedCalls(in: data)
        for client in clients {
            #expect(client.unanswered.isEmpty)
            client.check(against: log)
        }
        #expect(log.positions.count == clients.map(\.acknowledgedIDs).reduce(0, +))
    }

    private func checkEnd(_ clients: [RecordingClient], _ data: String) throws {
        let server = try ServerProcess(data)
        let verification = try server.ask("log.verify")
        #expect(verification.events == verification.head.position)
        #expect(try server.ask("projections.verify").equal == true)
        let usage = try server.ask("usage.get", #"{"org":"a","workspace":"w"}"#)
        #expect(usage.used_by_workspace.integer == clients.map(\.acknowledgedCalls).reduce(0, +))
        #expect(try server.stop().status == 0)
    }
}

/// Kills the server after so many steps of its clients: something was sent, or an answer came.
private final class KillSwitch: Sendable {
    private let server: ServerProcess
    /// Steps between SIGTERM and SIGKILL; 0: it is killed without a warning.
    private let grace: Int
    private let stepsLeft: Mutex<Int>

    init(_ server: ServerProcess, afterSteps steps: Int, grace: Int) {
        (self.server, self.grace) = (server, grace)
        stepsLeft = Mutex(steps + grace)
    }

    var isThrown: Bool { stepsLeft.withLock { $0 <= grace } }
    var isTermSent: Bool { grace > 0 && isThrown }

    @Sendable func countDown() {
        let left = stepsLeft.withLock { left in
            left -= 1
            return left
        }
        if left == grace { server.signal(grace > 0 ? SIGTERM : SIGKILL) }
        if left == 0 { server.signal(SIGKILL) }
    }
}

/// What else goes on in a ledger: packing, snapshots, rebuilding, verifying.
private enum Maintenance {
    private static let requests = [
        #"{"method":"log.compact","params":{"keep_events":50}}"#,
        #"{"method":"log.snapshot"}"#,
        #"{"method":"projections.rebuild"}"#,
        #"{"method":"log.verify"}"#,
    ]

    /// One after the other until the connection breaks, or a server that is ending breaks one off. Nothing of it may be
    /// refused.
    static func keepGoing(on server: ServerProcess, until killing: KillSwitch) throws {
        guard let socket = try? server.connect() else { return }
        while true {
            for request in requests {
                guard let line = try? socket.ask(request), let answer = try? JSON(line) else { return }
                let isBrokenOff = ["INTERRUPTED", "STOPPING"].contains(answer.error.data.reason)
                if isBrokenOff, killing.isTermSent { return }
                guard answer.error == .null else { throw RecordingClient.Refused(request: request, answer: answer) }
            }
        }
    }
}

/// The calls in a log, as the stock shell reads them.
private struct RecordedCalls {
    /// Where each id stands; in a good log once.
    private(set) var positions: [Substring: [Int]] = [:]

    init(in directory: String) throws {
        let shell = try SQLiteShell(ledgerIn: directory)
        for row in try shell.rows("SELECT id, position FROM calls ORDER BY position") {
            let columns = row.split(separator: "|")
            positions[columns[0], default: []].append(Int(columns[1]) ?? 0)
        }
        let gaps = try shell.rows("SELECT count(*), min(position), max(position) FROM events")
        let count = gaps[0].split(separator: "|")
        #expect(count[1] == "1" && count[0] == count[2], "positions have gaps: \(gaps)")
    }
}

/// Records calls as fast as the server takes them, and remembers what it was told.
private struct RecordingClient: Sendable {
    struct Refused: Error {
        var request: String
        var answer: JSON
    }

    /// One line: a call, or a batch of calls.
    struct Request {
        var line: String
        var ids: [String]
        var calls: Int
    }

    struct Acknowledgement {
        var request: Request
        /// Of the first and of the last of its events.
        var first: Int
        var last: Int
    }

    private static let requestsAtOnceMax = 16
    private static let callsPerBatch = 3
    private static let sentAgainMax = 50

    private let name: String
    private var random: SeededRandom
    private var nextID = 0
    private(set) var acknowledged: [Acknowledgement] = []
    /// Sent, and not answered when the connection broke.
    private(set) var unanswered: [Request] = []

    init(name: String, seed: UInt64) {
        self.name = name
        random = SeededRandom(seed: seed)
    }

    var acknowledgedIDs: Int { acknowledged.map(\.request.ids.count).reduce(0, +) }
    var acknowledgedCalls: Int { acknowledged.map(\.request.calls).reduce(0, +) }

    /// Goes on until the connection breaks.
    mutating func record(to server: ServerProcess, onProgress: () -> Void) throws {
        guard let socket = try? server.connect() else { return }
        while true {
            let requests = (0..<Int.random(in: 1...RecordingClient.requestsAtOnceMax, using: &random)).map { _ in
                request()
            }
            // Before they are sent: some may arrive even when sending fails.
            unanswered += requests
            guard (try? socket.send(bytes: Array(requests.map { $0.line + "\n" }.joined().utf8))) != nil else { return }
            onProgress()
            for _ in requests {
                guard let line = try? socket.readLine(), let answer = try? JSON(line) else { return }
                try take(answer)
                onProgress()
            }
        }
    }

    /// Sends what was not answered, and some of what was answered long ago: that is known already.
    mutating func sendAgain(to server: ServerProcess) throws {
        let socket = try server.connect()
        while let request = unanswered.first { try take(JSON(socket.ask(request.line))) }
        for known in acknowledged.shuffled(using: &random).prefix(RecordingClient.sentAgainMax) {
            let result = try JSON(socket.ask(known.request.line)).result
            #expect(result.duplicate == true || result.duplicates == .integer(known.request.ids.count))
            #expect(result.position == .integer(known.first))
        }
    }

    /// Every acknowledged id is in the log once, where its answer said; of what was not answered, all of a line or nothing.
    func check(against log: RecordedCalls) {
        for known in acknowledged {
            let positions = known.request.ids.map { log.positions[Substring($0)] ?? [] }
            #expect(positions.allSatisfy { $0.count == 1 }, "\(known.request.ids) stand at \(positions)")
            #expect(positions.first == [known.first] && positions.last == [known.last], "\(known.request.ids)")
        }
        for request in unanswered {
            let positions = request.ids.map { log.positions[Substring($0)] ?? [] }
            #expect(Set(positions.map(\.count)).count == 1, "\(request.ids) stand at \(positions)")
            #expect(positions.allSatisfy { $0.count <= 1 }, "\(request.ids) stand at \(positions)")
        }
    }

    /// The answer to the oldest request that has none: answers come in the order of the lines.
    private mutating func take(_ answer: JSON) throws {
        guard let first = answer.result.position.integer else {
            throw Refused(request: unanswered[0].line, answer: answer)
        }
        let last = answer.result.last_position.integer ?? first
        acknowledged.append(Acknowledgement(request: unanswered.removeFirst(), first: first, last: last))
    }

    private mutating func request() -> Request {
        let isBatch = Int.random(in: 0..<4, using: &random) == 0
        let ids = (0..<(isBatch ? RecordingClient.callsPerBatch : 1)).map { "\(name)-\(nextID + $0)" }
        nextID += ids.count
        let calls = Int.random(in: 1...3, using: &random)
        let place = #""org":"a","workspace":"w","purpose":"inbox","calls""#
        let list = ids.map { #"{"id":"\#($0)","calls":\#(calls)}"# }.joined(separator: ",")
        let line =
            isBatch
            ? #"{"method":"usage.record_batch","params":{\#(place):[\#(list)]}}"#
            : #"{"method":"usage.record","params":{\#(place):\#(calls),"id":"\#(ids[0])"}}"#
        return Request(line: line, ids: ids, calls: calls * ids.count)
    }
}
