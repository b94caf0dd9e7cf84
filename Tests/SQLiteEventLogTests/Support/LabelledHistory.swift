import EventSourcing
import Foundation
import GRDB

@testable import SQLiteEventLog

/// Appends blocks of events of several types, orgs and workspaces, with their labels, and remembers them.
struct LabelledHistory {
    private(set) var log: SQLiteEventLog
    private(set) var head: LogHead
    private var events: [(event: Event, line: String)] = []
    private var clock = Timestamp("2026-11-21T17:54:01.123Z")!

    init(_ log: SQLiteEventLog) throws {
        self.log = log
        head = try log.head()
    }

    struct Event {
        var type: String
        var org: String
        var workspace: String?

        static func call(of org: String) -> Event { Event(type: "api.called", org: org, workspace: "support") }

        var labels: [BlockLabel] {
            [BlockLabel(.type, type), BlockLabel(.org, org)] + (workspace.map { [BlockLabel(.workspace, $0)] } ?? [])
        }

        func line(at position: LogPosition, time: Timestamp) -> String {
            let workspace = workspace.map { ",\"workspace\":\"\($0)\"" } ?? ""
            return "{\"position\":\(position),\"time\":\"\(time)\",\"type\":\"\(type)\",\"org\":\"\(org)\"\(workspace),"
                + "\"data\":{\"org\":\"nobody\"}}\n"
        }
    }

    /// What a reader asks for; nil is any.
    struct Wanted {
        var org: String?
        var workspace: String?
        var types: [String]?

        static func random(using random: inout some RandomNumberGenerator) -> Wanted {
            Wanted(
                org: (LabelledHistory.orgs + [nil, "nobody"]).randomElement(using: &random)!,
                workspace: (LabelledHistory.workspaces + [nil]).randomElement(using: &random)!,
                types: Bool.random(using: &random) ? LabelledHistory.types.shuffled(using: &random).dropLast(2) : nil
            )
        }

        var query: BlockQuery {
            let groups = [
                org.map { [BlockLabel(.org, $0)] }, workspace.map { [BlockLabel(.workspace, $0)] },
                types.map { $0.map { BlockLabel(.type, $0) } },
            ]
            return BlockQuery(groups.compactMap { $0 })
        }

        func isMet(by event: Event) -> Bool {
            (org == nil || event.org == org) && (workspace == nil || event.workspace == workspace)
                && (types == nil || types!.contains(event.type))
        }
    }

    static let orgs: [String?] = ["acme", "globex", "örtlich"]
    static let workspaces: [String?] = ["support", "sales", nil]
    static let types = ["api.called", "org.observed", "tier.changed", "bulk_sync.started"]

    // MARK: Writing

    /// One block of these events, a millisecond apart.
    mutating func append(_ block: [Event]) throws {
        let (first, timeFirst) = (head.position.next, clock)
        var (lines, labels) = ("", BlockLabels.none)
        for event in block {
            let line = event.line(at: LogPosition(Int64(events.count) + 1), time: clock)
            events.append((event, line))
            lines += line
            for label in event.labels { labels.insert(label) }
            clock = clock + TimeSpan(milliseconds: 1)
        }
        let appended = Block(
            first: first,
            count: block.count,
            timeFirst: timeFirst,
            timeLast: clock - TimeSpan(milliseconds: 1),
            lines: Array(lines.utf8),
            labels: labels
        )
        let committed = try log.append(appended, expecting: head)
        head = LogHead(position: appended.last, hash: committed.hash)
    }

    /// A few events, mostly of one org.
    mutating func appendRandom(using random: inout some RandomNumberGenerator) throws {
        let org = LabelledHistory.orgs.randomElement(using: &random)!
        try append(
            (0..<Int.random(in: 1...4, using: &random)).map { _ in
                Event(
                    type: LabelledHistory.types.randomElement(using: &random)!,
                    org: (Int.random(in: 0..<6, using: &random) == 0 ? "acme" : org)!,
                    workspace: LabelledHistory.workspaces.randomElement(using: &random)!
                )
            }
        )
    }

    /// The same ledger, opened again.
    mutating func reopened(_ log: SQLiteEventLog) {
        self.log = log
    }

    func store(labels: [UInt8], first: Int64) throws {
        try log.pool.write {
            try $0.execute(sql: "UPDATE blocks SET labels = ? WHERE first = ?", arguments: [Data(labels), first])
        }
    }

    func storedLabels() throws -> [[UInt8]?] {
        try log.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT labels FROM blocks ORDER BY first").map { try $0.bytes(at: 0) }
        }
    }

    // MARK: Reading

    var positions: ClosedRange<Int64> { 1...head.position.ordinal }

    /// What a reader that asks for this gets, page by page.
    func read(
        _ wanted: Wanted,
        from position: LogPosition = LogPosition(1),
        byteLimit: Int = 1_000
    ) throws -> (lines: [String], blocks: Int, skipped: Int) {
        var found: (lines: [String], blocks: Int, skipped: Int) = ([], 0, 0)
        var next = position
        while case let page = try log.read(from: next, matching: wanted.query, byteLimit: byteLimit),
            page.through >= next
        {
            found.blocks += page.blocks.count
            found.skipped += page.skipped
            for block in page.blocks.map(\.block) {
                let lines = String(decoding: block.lines, as: UTF8.self).split(separator: "\n")
                for (index, line) in lines.enumerated() where block.first.advanced(by: index) >= next {
                    let event = events[Int(block.first.ordinal) + index - 1].event
                    if wanted.isMet(by: event) { found.lines.append(line + "\n") }
                }
            }
            next = page.through.next
        }
        return found
    }

    /// The same by going through everything.
    func lines(_ wanted: Wanted, from position: LogPosition = LogPosition(1)) -> [String] {
        events.dropFirst(Int(position.ordinal) - 1).filter { wanted.isMet(by: $0.event) }.map(\.line)
    }
}
