import EventSourcing

/// How much the sequencer takes in before it refuses.
package struct BacklogLimits: Hashable, Sendable {
    /// Requests of all connections that are not answered yet. As many as 16 connections may have: half a second's work.
    package var requestsMax = 131_072
    /// Bytes that they hold in memory.
    package var bytesMax = 128 << 20

    package init() {}
}

/// What was handed to the sequencer and is not answered yet, of all connections together. Bounded, so that a load which
/// the disk or the processor cannot follow is refused at once instead of growing.
struct Backlog {
    private let limits: BacklogLimits
    private(set) var load = Load()
    /// Requests that were refused since the start.
    private(set) var shed = 0

    /// What a request took of late.
    private var millisecondsPerRequest: Double?
    private var measurement: Measurement?

    /// What some bursts hold.
    struct Load: Hashable, Sendable {
        var requests = 0
        var bytes = 0

        static func += (sum: inout Load, more: Load) {
            sum.requests += more.requests
            sum.bytes += more.bytes
        }

        static func -= (sum: inout Load, less: Load) {
            sum.requests -= less.requests
            sum.bytes -= less.bytes
        }
    }

    /// Requests answered since an instant, while there was always something to answer.
    private struct Measurement {
        var begin: Timestamp
        var answered = 0
    }

    init(_ limits: BacklogLimits) {
        self.limits = limits
    }

    /// Counts a burst that comes in; false where it has no room, which it always has when nothing else is there.
    mutating func add(_ burst: Load) -> Bool {
        let requests = load.requests + burst.requests
        guard requests <= limits.requestsMax && load.bytes + burst.bytes <= limits.bytesMax || load.requests == 0 else {
            shed += burst.requests
            return false
        }
        load += burst
        return true
    }

    /// Counts bursts that were answered.
    mutating func remove(_ answered: Load, at now: Timestamp) {
        load -= answered
        guard load.requests > 0 else {
            // What comes next says nothing of the pace: there may be a pause before it.
            measurement = nil
            return
        }
        guard var measurement else {
            measurement = Measurement(begin: now)
            return
        }
        measurement.answered += answered.requests
        let passed = (now - measurement.begin).milliseconds
        if passed >= Backlog.measuredMilliseconds, measurement.answered > 0 {
            millisecondsPerRequest = Double(passed) / Double(measurement.answered)
            measurement = Measurement(begin: now)
        }
        self.measurement = measurement
    }

    /// When to ask again: what waits will have been answered by then, if it goes on at the pace of late. A pace that is not
    /// known yet is taken for that of a second for all.
    var retryAfter: TimeSpan {
        let estimate = millisecondsPerRequest.map { Double(load.requests) * $0 } ?? 1_000
        let bounded = min(max(estimate, Backlog.retryMillisecondsMin), Backlog.retryMillisecondsMax)
        return TimeSpan(milliseconds: Int64(bounded))
    }

    private static let measuredMilliseconds: Int64 = 100
    private static let retryMillisecondsMin = 20.0
    private static let retryMillisecondsMax = 10_000.0
}

extension Burst {
    /// What it holds while it waits.
    var load: Backlog.Load {
        Backlog.Load(
            requests: items.count,
            bytes: requestBytes + callData.count + calls.count * MemoryLayout<CallRecord>.stride
                + items.count * MemoryLayout<Item>.stride
        )
    }
}

/// How much waits at the sequencer.
package struct BacklogReport: Hashable, Sendable {
    /// Requests that are not answered yet, and the bytes that they hold.
    package var requests: Int
    package var bytes: Int
    /// Requests refused since the start because there was no room for them.
    package var shed: Int
}
