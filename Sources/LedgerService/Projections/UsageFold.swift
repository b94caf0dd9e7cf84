import EventSourcing
import LineJSON
import QuotaDomain
import SQLiteEventLog

/// Folds blocks into what `views.db` holds: calls rolled up by hour, where in the log the calls of each hour stand, and
/// all other events by org.
struct UsageFold: Projection, ~Copyable {
    static let version = 1

    /// Calls by hour and all that history groups by.
    private var hourly: [Dimensions: Counts] = [:]
    /// For each org and hour, between which positions there are calls dated in it.
    private var ranges: [OrgHour: ClosedRange<Int64>] = [:]
    /// Every event that is no call.
    private var facts: [Fact] = []

    private var lines = LogLineReader()
    private var names = NameCache()
    private var resource: [UInt8] = []

    private struct Dimensions: Hashable, Sendable {
        var org: String
        var hour: Int64
        var workspace: String
        var integration: String
        var purpose: Purpose
        var verb: String
        var resource: String
        var status: Int64
    }

    private struct Counts {
        var calls: Int64 = 0
        var uncounted: Int64 = 0
    }

    private struct OrgHour: Hashable, Sendable {
        var org: String
        var hour: Int64
    }

    init() {}

    /// Folds in the events of a block behind `position`; those before were folded in already.
    mutating func fold(_ block: Block, after folded: LogPosition) throws {
        // The reader is taken out while it is used, so that the closure may change the rest.
        var reader = LogLineReader()
        swap(&reader, &lines)
        defer { swap(&reader, &lines) }
        try block.forEachLine { bytes in
            try reader.withLine(bytes) { line in
                guard line.position > folded else { return }
                if line.isCall {
                    try count(line)
                } else {
                    keepFact(line, bytes: bytes)
                }
            }
        }
    }

    private mutating func count(_ line: LogLine) throws {
        guard let call = LoggedCall(line) else {
            throw UnreadableEvent(position: line.position, reason: "its data is not that of api.called")
        }
        let hour = floorDivided(call.effective.milliseconds, by: 3_600_000)
        let org = names.name(line.org) ?? ""
        let key = Dimensions(
            org: org,
            hour: hour,
            workspace: line.workspace.flatMap { names.name($0) } ?? "",
            integration: call.integration.flatMap { names.name($0) } ?? "",
            purpose: call.purpose,
            verb: call.verb.flatMap { names.name($0) } ?? "",
            resource: resourceClass(call.resource),
            status: call.status ?? 0
        )
        if call.counted {
            hourly[key, default: Counts()].calls += call.calls
        } else {
            hourly[key, default: Counts()].uncounted += call.calls
        }
        extendRange(OrgHour(org: org, hour: hour), with: line.position.ordinal)
    }

    private mutating func resourceClass(_ path: JSONView?) -> String {
        guard let path else { return "" }
        resource.removeAll(keepingCapacity: true)
        path.withText { ResourceClass.append($0, to: &resource) }
        return resource.withUnsafeBytes { names.name($0) }
    }

    private mutating func extendRange(_ hour: OrgHour, with position: Int64) {
        ranges[hour] = (ranges[hour]?.lowerBound ?? position)...position
    }

    private mutating func keepFact(_ line: LogLine, bytes: UnsafeRawBufferPointer) {
        facts.append(
            Fact(
                position: line.position,
                time: line.time,
                type: line.type.string() ?? "",
                org: names.name(line.org) ?? "",
                workspace: line.workspace.flatMap { names.name($0) } ?? "",
                event: String(decoding: bytes, as: UTF8.self)
            )
        )
    }

    /// Takes out what was folded in since the last time: the rows, and the ranges and facts that go with them.
    mutating func takeBatch(checkpoint: ViewsCheckpoint) -> ViewsBatch {
        defer {
            hourly.removeAll(keepingCapacity: true)
            ranges.removeAll(keepingCapacity: true)
            facts.removeAll(keepingCapacity: true)
        }
        return ViewsBatch(
            checkpoint: checkpoint,
            usage: takeUsage(),
            ranges: ranges.map { hour, range in
                CallRange(
                    org: hour.org,
                    hour: hour.hour,
                    first: LogPosition(range.lowerBound),
                    last: LogPosition(range.upperBound)
                )
            },
            facts: facts
        )
    }

    /// Takes out the rows alone: what retention archives.
    mutating func takeUsage() -> [HourlyUsage] {
        defer { hourly.removeAll(keepingCapacity: true) }
        return hourly.map { key, counts in
            HourlyUsage(
                org: key.org,
                hour: key.hour,
                workspace: key.workspace,
                integration: key.integration,
                purpose: key.purpose.rawValue,
                verb: key.verb,
                resource: key.resource,
                status: Int(key.status),
                calls: Int(counts.calls),
                uncounted: Int(counts.uncounted)
            )
        }
    }
}

/// What an `api.called` line says, for counting: no digest is computed and no name decoded.
struct LoggedCall {
    var purpose = Purpose.other
    var calls: Int64 = 0
    var counted = true
    var integration: JSONView?
    var verb: JSONView?
    var resource: JSONView?
    var status: Int64?
    /// The instant from which the calls count (R1).
    var effective: Timestamp

    /// Nil when the line's data is not that of a call.
    init?(_ line: LogLine) {
        effective = line.time
        for (key, value) in line.data.members {
            if key.equals("purpose") {
                guard let purpose = Purpose(value) else { return nil }
                self.purpose = purpose
            } else if key.equals("calls") {
                guard let calls = value.integer else { return nil }
                self.calls = calls
            } else if key.equals("at") {
                guard let at = value.timestamp else { return nil }
                effective = min(at, line.time)
            } else if key.equals("counted") {
                counted = value.bool ?? true
            } else if key.equals("integration") {
                integration = value
            } else if key.equals("verb") {
                verb = value
            } else if key.equals("resource") {
                resource = value
            } else if key.equals("status") {
                status = value.integer
            }
        }
    }
}
