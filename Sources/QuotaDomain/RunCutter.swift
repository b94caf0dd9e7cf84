/// Cuts calls that come in rising order into runs of one cell and one chunk's length at most, each in the shortest words
/// that do. The runs depend on the calls alone, not on the words in which they come.
struct RunCutter {
    private var run = PackedRun(base: 0, packing: .single)

    /// Words that are copied at a time.
    private static let pieceWords = 256

    /// Takes in the instants of another run from `index` on; those that an instant has twice are put together.
    mutating func add(_ other: PackedRun, from index: Int, _ body: (PackedRun) -> Void) {
        guard index < other.count else { return }
        // Most instants of a full window are single, and are copied as they are.
        guard other.packing == .single, run.isEmpty || run.instant(run.count - 1) < other.instant(index) else {
            other.forEach(index..<other.count) { instant, calls in add(calls, at: instant, body) }
            return
        }
        var rest = index..<other.count
        while !rest.isEmpty {
            beginIfNeeded(other.base, body)
            let room = max(1, WindowChunk.packedBytesMax / run.packing.bytesPerInstant - run.count)
            let piece = other.wholeInstants(rest.prefix(min(room, Self.pieceWords)))
            if run.packing != .single || !run.append(other, piece) {
                other.forEach(piece) { instant, calls in add(calls, at: instant, body) }
            }
            rest = piece.upperBound..<rest.upperBound
        }
    }

    /// Hands over the last run.
    mutating func finish(_ body: (PackedRun) -> Void) {
        if !run.isEmpty { body(run) }
        run.restart(base: 0, packing: .single)
    }

    private mutating func add(_ calls: Int64, at instant: Int64, _ body: (PackedRun) -> Void) {
        let last = run.count - 1
        let isThere = last >= 0 && run.instant(last) == instant
        if !isThere { beginIfNeeded(WindowChunk.cell(of: instant), body) }
        if run.addSingly(calls, at: instant) { return }
        let sum = isThere ? run.callsAtLast + calls : calls
        if sum > run.packing.callsMax { run = run.repacked(PackedRun.Packing(for: sum), base: run.base) }
        // More than the longest word can say is said in two.
        let fits = min(sum, run.packing.callsMax) - (sum - calls)
        if !isThere {
            run.insert(fits, at: instant, before: run.count)
        } else if fits > 0 {
            _ = run.add(fits, at: instant)
        }
        if calls > fits { run.insert(calls - fits, at: instant, before: run.count) }
    }

    /// Ends the run when it is full or of another cell.
    private mutating func beginIfNeeded(_ cell: Int64, _ body: (PackedRun) -> Void) {
        let isFull = run.count * run.packing.bytesPerInstant >= WindowChunk.packedBytesMax
        guard run.base != cell || isFull else { return }
        finish(body)
        run.restart(base: cell, packing: .single)
    }
}
