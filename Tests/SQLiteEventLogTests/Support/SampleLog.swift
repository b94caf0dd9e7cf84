import EventSourcing
import GRDB
import SQLiteEventLog

/// Appends made-up blocks to a log and remembers them.
struct SampleLog<Log: EventLog> {
    let log: Log
    private(set) var head: LogHead
    private(set) var committed: [CommittedBlock] = []
    var clock = Timestamp("2026-11-21T17:54:01.123Z")!

    init(_ log: Log) throws {
        self.log = log
        head = try log.head()
    }

    /// Appends a block of `count` events, a millisecond apart, and a second passes. `padding` makes each line longer.
    @discardableResult
    mutating func append(_ count: Int, padding: Int = 0) throws -> CommittedBlock {
        let block = Block(first: head.position.next, startingAt: clock, count: count, padding: padding)
        let appended = try log.append(block, expecting: head)
        head = LogHead(position: block.last, hash: appended.hash)
        committed.append(appended)
        clock = block.timeLast + .seconds(1)
        return appended
    }

    mutating func append(blocks: [Int]) throws {
        for count in blocks { try append(count) }
    }

    var lines: [UInt8] { committed.flatMap(\.block.lines) }
}

extension Block {
    /// Calls a millisecond apart; every seventh does not count, every fifth event is a change of settings.
    init(first: LogPosition, startingAt time: Timestamp, count: Int, padding: Int = 0) {
        var lines = ""
        for index in 0..<count {
            let instant = time + TimeSpan(milliseconds: Int64(index))
            lines += sampleLine(at: first.advanced(by: index), time: instant, padding: padding) + "\n"
        }
        self.init(
            first: first,
            count: count,
            timeFirst: time,
            timeLast: time + TimeSpan(milliseconds: Int64(count - 1)),
            lines: Array(lines.utf8)
        )
    }
}

func sampleLine(at position: LogPosition, time: Timestamp, padding: Int = 0) -> String {
    let head = "{\"position\":\(position),\"time\":\"\(time)\","
    if position.ordinal % 5 == 0 {
        return head
            + "\"type\":\"settings.changed\",\"org\":\"acme\",\"workspace\":\"support\",\"data\":{\"limit\":\(position)}}"
    }
    let counted = position.ordinal % 7 == 0 ? ",\"counted\":false" : ""
    return head + "\"type\":\"api.called\",\"org\":\"acme\",\"workspace\":\"support\",\"data\":"
        + "{\"purpose\":\"inbox\",\"calls\":2,\"verb\":\"GET\"\(counted),\"id\":\"é\\n-\(position)"
        + String(repeating: "-", count: padding) + "\"}}"
}

/// What two logs must agree on.
struct Seen: Equatable {
    var first: LogPosition
    var count: Int
    var timeFirst: Timestamp
    var timeLast: Timestamp
    var hash: String
    var lines: [UInt8]

    init(_ committed: CommittedBlock) {
        (first, count) = (committed.block.first, committed.block.count)
        (timeFirst, timeLast) = (committed.block.timeFirst, committed.block.timeLast)
        (hash, lines) = (committed.hash, committed.block.lines)
    }
}

extension EventLog {
    /// All that the log holds, read in small steps.
    func everything(from position: LogPosition = LogPosition(1), byteLimit: Int = 1_000) throws -> [Seen] {
        var seen: [Seen] = []
        var next = position
        while case let blocks = try read(from: next, byteLimit: byteLimit), let last = blocks.last {
            seen += blocks.map(Seen.init)
            next = last.block.last.next
        }
        return seen
    }
}

extension SQLiteEventLog {
    /// Runs a compaction to its end.
    @discardableResult
    func compact(_ change: (inout CompactionOptions) -> Void = { _ in }) throws -> CompactionReport {
        var options = CompactionOptions()
        options.keepEvents = 0
        change(&options)
        let compactor = try compactor(options)
        while try compactor.step() {}
        return compactor.report
    }
}

/// Changes a database behind the back of the code under test, which must not have it open.
func tamper(with path: String, _ sql: String, _ arguments: StatementArguments = []) throws {
    let database = try DatabaseQueue(path: path)
    try database.write { try $0.execute(sql: sql, arguments: arguments) }
    try database.close()
}
