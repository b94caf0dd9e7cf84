import EventSourcing

/// Calls that count for 24 h, exact to the millisecond: a call at t counts at T when T - 24 h < t <= T (R1).
///
/// Instants lie in chunks in rising order, each chunk with its total. Recording at the end and letting calls expire cost
/// amortised O(1), a late call O(log n) and a move within one chunk. Copies share chunks until they are written to; the
/// first write after a copy copies one chunk and the list of them.
///
/// Memory grows with the distinct milliseconds that have calls, and with nothing else: 2 bytes each while most of their
/// calls are single and neighbours are near, 4 in busy times, 8 in quiet ones.
struct RollingWindow: Sendable {
    /// The instant that `total` is for; it only moves on.
    private(set) var clock: Timestamp
    /// Calls that count at `clock`.
    private(set) var total: Int64 = 0

    /// How long calls are kept: the window, or more for one that is asked about the recent past too.
    private let retention: TimeSpan
    private(set) var chunks: [WindowChunk] = []
    /// Chunks before this one are dropped.
    private var head = 0
    /// The first call that counts at `clock`; the end of the last chunk when none does.
    private var oldest = Cursor(chunk: 0, index: 0)
    /// When that call stops counting, in milliseconds since the Unix epoch.
    private var nextExpiry = Int64.max
    /// Where the last call went if that was the end: under load the next one often has the same date.
    private var latest = Int64.min

    private struct Cursor {
        var chunk: Int
        var index: Int
    }

    /// Dropped chunks that are carried along at least before the list is moved up.
    private static let droppedChunksMin = 64

    init(clock: Timestamp, retention: TimeSpan = Policy.window) {
        self.clock = clock
        self.retention = retention
    }
}

// MARK: - Recording

extension RollingWindow {
    /// Calls that can be taken in at once.
    static let callsPerAddMax = PackedRun.Packing.wide.callsMax

    /// Takes in up to `callsPerAddMax` calls dated `instant`, at `now`. Those dated before what is kept leave no trace.
    mutating func add(_ calls: Int64, at instant: Timestamp, now: Timestamp) {
        advance(to: now)
        guard calls > 0, instant > clock - retention else { return }
        let isCounted = instant > clock - Policy.window
        if instant.milliseconds != latest || !chunks[chunks.count - 1].addToLast(calls) {
            place(calls, at: instant.milliseconds)
        }
        if isCounted { total += calls }
        if nextExpiry == .max { seekOldest() }
    }

    /// Lets the calls expire that no longer count at `now`.
    mutating func advance(to now: Timestamp) {
        guard now > clock else { return }
        clock = now
        guard now.milliseconds >= nextExpiry else { return }
        let expired = (now - Policy.window).milliseconds
        total -= expiring(through: expired)
        seekOldest()
        dropUnkept()
    }

    private mutating func place(_ calls: Int64, at instant: Int64) {
        if let last = chunks.indices.last, last >= head, chunks[last].last <= instant {
            append(calls, at: instant)
            latest = instant
        } else {
            insert(calls, at: instant)
            latest = .min
        }
    }

    private mutating func append(_ calls: Int64, at instant: Int64) {
        let last = chunks.count - 1
        if chunks[last].last != instant, !makeRoom(in: last, for: instant) {
            chunks[last].trim()
            chunks.append(WindowChunk(around: instant))
        }
        chunks[chunks.count - 1].add(calls, at: instant)
    }

    /// False when the chunk cannot take one more instant at its end.
    private mutating func makeRoom(in chunk: Int, for instant: Int64) -> Bool {
        if chunks[chunk].isFull, !chunks[chunk].pack() { return false }
        return chunks[chunk].reaches(instant)
    }

    /// Adds calls somewhere before the end.
    private mutating func insert(_ calls: Int64, at instant: Int64) {
        var place = placeForInsert(instant)
        while chunks[place].isFull {
            if !chunks[place].pack() { divide(place) }
            // A chunk that was packed reaches less far than before.
            place = placeForInsert(instant)
        }
        chunks[place].add(calls, at: instant)
        seekOldest()
    }

    /// Divides a full chunk. What was too wide for one cell as a whole may lie within it then.
    private mutating func divide(_ place: Int) {
        var second = chunks[place].splitOff()
        _ = (chunks[place].pack(), second.pack())
        chunks.insert(second, at: place + 1)
    }

    /// The chunk to put an instant into: the one that begins last before it, or the next one, or else a new one between.
    private mutating func placeForInsert(_ instant: Int64) -> Int {
        let before = lastChunk(beginningThrough: instant)
        if before >= head, chunks[before].reaches(instant) { return before }
        let after = before + 1
        if after < chunks.count, chunks[after].reaches(instant) { return after }
        chunks.insert(WindowChunk(around: instant), at: after)
        return after
    }

    private mutating func dropUnkept() {
        let unkept = (clock - retention).milliseconds
        while head < oldest.chunk, chunks[head].last <= unkept {
            chunks[head] = .dropped
            head += 1
        }
        guard head >= Self.droppedChunksMin, head * 2 >= chunks.count else { return }
        chunks.removeFirst(head)
        oldest.chunk -= head
        head = 0
    }

    /// Points `oldest` to the first call that counts at `clock`.
    private mutating func seekOldest() {
        let expired = (clock - Policy.window).milliseconds
        var chunk = max(lastChunk(beginningThrough: expired), head)
        guard chunk < chunks.count else {
            oldest = Cursor(chunk: chunk, index: 0)
            nextExpiry = .max
            return
        }
        var index = chunks[chunk].count(through: expired)
        if index == chunks[chunk].count, chunk + 1 < chunks.count {
            chunk += 1
            index = 0
        }
        oldest = Cursor(chunk: chunk, index: index)
        let isThere = index < chunks[chunk].count
        nextExpiry = isThere ? chunks[chunk].instant(index) + Policy.window.milliseconds : .max
    }

    /// The last chunk that begins at or before an instant; `head - 1` when all begin after it.
    private func lastChunk(beginningThrough instant: Int64) -> Int {
        (head..<chunks.count).partitionPoint { chunks[$0].first <= instant } - 1
    }
}

// MARK: - Counting

extension RollingWindow {
    /// Calls that count at `instant`, which lies at `clock` or after it.
    func count(at instant: Timestamp) -> Int64 {
        let expired = (instant - Policy.window).milliseconds
        return instant.milliseconds < nextExpiry ? total : total - expiring(through: expired)
    }

    /// Calls dated in (start, end], as far as they are kept.
    func count(after start: Timestamp, through end: Timestamp) -> Int64 {
        total(through: end.milliseconds) - total(through: max(start, clock - retention).milliseconds)
    }

    /// The first instant at which fewer than `calls` count if none is added: `clock` when that is so already, nil when it
    /// never will be.
    func instant(whenBelow calls: Int64) -> Timestamp? {
        guard calls > 0 else { return nil }
        guard total >= calls else { return clock }
        var surplus = total - calls
        var cursor = oldest
        while cursor.chunk < chunks.count {
            let rest = rest(from: cursor)
            if rest > surplus { return expiry(ofCallAfter: surplus, from: cursor) }
            surplus -= rest
            cursor = Cursor(chunk: cursor.chunk + 1, index: 0)
        }
        return nil
    }

    /// How many instants are held.
    var instants: Int { chunks.reduce(0) { $0 + $1.distinct } }

    /// Memory of the instants and of the room ready for more, in bytes.
    var bytes: Int { chunks.reduce(0) { $0 + $1.bytes } }

    /// Calls that count at `clock` and are dated up to `expired`.
    private func expiring(through expired: Int64) -> Int64 {
        var calls: Int64 = 0
        var cursor = oldest
        while cursor.chunk < chunks.count, cursor.index < chunks[cursor.chunk].count {
            if chunks[cursor.chunk].last > expired {
                return calls + partial(from: cursor, through: expired)
            }
            calls += rest(from: cursor)
            cursor = Cursor(chunk: cursor.chunk + 1, index: 0)
        }
        return calls
    }

    /// Calls of the chunk from the cursor on, up to and including an instant.
    private func partial(from cursor: Cursor, through instant: Int64) -> Int64 {
        var calls: Int64 = 0
        var index = cursor.index
        while index < chunks[cursor.chunk].count, chunks[cursor.chunk].instant(index) <= instant {
            calls += chunks[cursor.chunk].calls(index)
            index += 1
        }
        return calls
    }

    /// Calls of the chunk from the cursor on.
    private func rest(from cursor: Cursor) -> Int64 {
        let chunk = chunks[cursor.chunk]
        if cursor.index == 0 { return chunk.total }
        return (cursor.index..<chunk.count).reduce(0) { $0 + chunk.calls($1) }
    }

    /// When the call after `surplus` others, counted from the cursor within its chunk, stops counting.
    private func expiry(ofCallAfter surplus: Int64, from cursor: Cursor) -> Timestamp? {
        let chunk = chunks[cursor.chunk]
        var left = surplus
        for index in cursor.index..<chunk.count {
            if chunk.calls(index) > left { return Timestamp(milliseconds: chunk.instant(index)) + Policy.window }
            left -= chunk.calls(index)
        }
        return nil
    }

    private func total(through instant: Int64) -> Int64 {
        let last = lastChunk(beginningThrough: instant)
        guard last >= head else { return 0 }
        return chunks[head..<last].reduce(0) { $0 + $1.total } + chunks[last].total(through: instant)
    }
}

// MARK: - Encoding

extension RollingWindow {
    /// The calls dated after `start` in rising order, in runs that depend on the calls alone.
    func forEachRun(after start: Timestamp, _ body: (PackedRun) -> Void) {
        var cutter = RunCutter()
        for chunk in chunks[head...] {
            cutter.add(chunk.run, from: chunk.count(through: start.milliseconds), body)
        }
        cutter.finish(body)
    }

    /// Takes in a run of instants, none of which lies before one that is there, after `clock` or before what is kept.
    mutating func append(_ run: PackedRun) {
        // Quiet times: many short runs take less memory in one chunk.
        guard run.count >= WindowChunk.wideInstantsMax, run.packing != .wide else {
            for index in 0..<run.count {
                add(run.calls(index), at: Timestamp(milliseconds: run.instant(index)), now: clock)
            }
            return
        }
        latest = .min
        var chunk = WindowChunk(run)
        chunk.trim()
        if let last = chunks.indices.last { chunks[last].trim() }
        chunks.append(chunk)
        let expired = (clock - Policy.window).milliseconds
        if chunk.last > expired { total += chunk.total - chunk.total(through: expired) }
        if nextExpiry == .max { seekOldest() }
    }
}
