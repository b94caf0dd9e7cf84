/// Up to a few thousand neighbouring instants of a rolling window, in whichever packing takes least memory.
///
/// A chunk begins wide, which reaches over days, so that quiet workspaces need few chunks. When it has filled up and turns
/// out to lie within one cell of 65,536 ms, it goes on in half the memory, or in a quarter if most calls in it are single.
struct WindowChunk: Sendable {
    /// Calls of all its instants.
    private(set) var total: Int64 = 0
    private(set) var run: PackedRun

    /// Instants in a wide chunk before it is packed or divided: the memory of a quiet workspace.
    static let wideInstantsMax = 128
    /// Words of a packed chunk, in bytes: what a late call may have to move, and the first one after a copy to copy.
    static let packedBytesMax = 32 << 10
    /// Milliseconds of a cell.
    static let cell: Int64 = 65_536
    /// Wide offsets begin this far before the first instant, so that anything a window holds is within reach.
    private static let wideReachBack: Int64 = 36 * 3_600_000

    /// A chunk for an instant that no other is for.
    init(around instant: Int64) {
        run = PackedRun(base: instant - Self.wideReachBack, packing: .wide)
    }

    init(_ run: PackedRun) {
        self.run = run
        total = run.calls
    }

    /// What takes a dropped chunk's place until the place goes too.
    static let dropped = WindowChunk(PackedRun(base: 0, packing: .wide))

    /// The start of the cell that an instant lies in.
    static func cell(of instant: Int64) -> Int64 { instant & ~(cell - 1) }

    var count: Int { run.count }
    /// Instants, each counted once.
    var distinct: Int { run.distinct }
    var first: Int64 { run.instant(0) }
    var last: Int64 { run.instant(run.count - 1) }
    var bytes: Int { run.bytes }

    func instant(_ index: Int) -> Int64 { run.instant(index) }
    func calls(_ index: Int) -> Int64 { run.calls(index) }
    func count(through instant: Int64) -> Int { run.count(through: instant) }

    /// Calls dated up to and including `instant`.
    func total(through instant: Int64) -> Int64 {
        if last <= instant { return total }
        return (0..<count(through: instant)).reduce(0) { $0 + calls($1) }
    }

    var isFull: Bool {
        let isWide = run.packing == .wide
        return isWide
            ? count >= Self.wideInstantsMax : count * run.packing.bytesPerInstant >= Self.packedBytesMax
    }

    func reaches(_ instant: Int64) -> Bool { run.reaches(instant) }

    /// Adds calls at an instant within reach; the chunk must not be full unless the instant is its last one. `calls` is
    /// positive and fits a wide word. What is more than one word can say goes into another.
    mutating func add(_ calls: Int64, at instant: Int64) {
        total += calls
        if run.add(calls, at: instant) || run.addSingly(calls, at: instant) { return }
        if run.packing != .wide {
            repack(for: calls, at: instant)
            if run.add(calls, at: instant) { return }
        }
        run.insert(calls, at: instant, before: run.count(through: instant))
    }

    /// Adds calls at the last instant; false, and nothing changed, where that takes more than its word.
    mutating func addToLast(_ calls: Int64) -> Bool {
        guard run.addToLast(calls) else { return false }
        total += calls
        return true
    }

    /// Makes a full chunk take less memory where that is possible. False when it has to be divided instead.
    mutating func pack() -> Bool {
        let cell = Self.cell(of: first)
        guard run.packing == .wide, last - cell < Self.cell else { return false }
        let calls = (0..<count).reduce(1) { max($0, run.calls($1)) }
        let isMostlySingle = PackedRun.isWorthRepeating(total - Int64(count), among: Int64(count))
        let packing = isMostlySingle ? .single : PackedRun.Packing(for: calls)
        guard packing != .wide else { return false }
        run = run.repacked(packing, base: cell)
        return true
    }

    /// Takes about the second half away and returns it.
    mutating func splitOff() -> WindowChunk {
        let second = WindowChunk(run.splitOff(from: middle))
        total -= second.total
        return second
    }

    /// Where a cell begins, if one does: what spans two may lie within one each once it is divided there.
    private var middle: Int {
        let half = count / 2
        let cell = Self.cell(of: instant(half))
        let begins = [count(through: cell - 1), count(through: cell + Self.cell - 1)].filter { 0 < $0 && $0 < count }
        return begins.min { abs($0 - half) < abs($1 - half) } ?? half
    }

    mutating func trim() { run.trim() }

    /// Goes over to longer words that can say what the instant has with so many calls more.
    private mutating func repack(for calls: Int64, at instant: Int64) {
        let end = run.count(through: instant)
        let begin = run.count(through: instant - 1)
        let packing = PackedRun.Packing(for: (begin..<end).reduce(calls) { $0 + run.calls($1) })
        let base = packing == .wide ? first - Self.wideReachBack : run.base
        run = run.repacked(packing, base: base)
    }
}
