/// Up to a few thousand neighbouring instants of a rolling window, in whichever packing takes less memory.
///
/// A chunk begins wide, which reaches over days, so that quiet workspaces need few chunks. When it has filled up and turns
/// out to lie within one cell of 65,536 ms, it goes on in half the memory.
struct WindowChunk: Sendable {
    /// Calls of all its instants.
    private(set) var total: Int64 = 0
    private var wide: PackedRun<UInt64>
    private var narrow: PackedRun<UInt32> = .none

    /// Instants in a wide chunk before it is packed or divided: the memory of a quiet workspace.
    static let wideInstantsMax = 128
    /// Instants in a narrow chunk: what a late call may have to move, 16 KiB.
    static let narrowInstantsMax = 4_096
    /// Wide offsets begin this far before the first instant, so that anything a window holds is within reach.
    private static let wideReachBack: Int64 = 36 * 3_600_000

    /// A chunk for an instant that no other is for.
    init(around instant: Int64) {
        wide = PackedRun(base: instant - Self.wideReachBack)
    }

    private init(wide: PackedRun<UInt64>, narrow: PackedRun<UInt32>) {
        self.wide = wide
        self.narrow = narrow
        for index in 0..<count { total += calls(index) }
    }

    /// What takes a dropped chunk's place until the place goes too.
    static let dropped = WindowChunk(wide: .none, narrow: .none)

    private var isNarrow: Bool { !narrow.isEmpty }

    var count: Int { isNarrow ? narrow.count : wide.count }
    var first: Int64 { instant(0) }
    var last: Int64 { instant(count - 1) }

    func instant(_ index: Int) -> Int64 { isNarrow ? narrow.instant(index) : wide.instant(index) }
    func calls(_ index: Int) -> Int64 { isNarrow ? narrow.calls(index) : wide.calls(index) }
    func count(through instant: Int64) -> Int {
        isNarrow ? narrow.count(through: instant) : wide.count(through: instant)
    }

    /// Calls dated up to and including `instant`.
    func total(through instant: Int64) -> Int64 {
        if last <= instant { return total }
        return (0..<count(through: instant)).reduce(0) { $0 + calls($1) }
    }

    var isFull: Bool { count >= (isNarrow ? Self.narrowInstantsMax : Self.wideInstantsMax) }

    func reaches(_ instant: Int64) -> Bool { isNarrow ? narrow.reaches(instant) : wide.reaches(instant) }

    /// Adds calls at an instant within reach; the chunk must not be full unless the instant is its last one. `calls` is
    /// positive and fits a wide word.
    mutating func add(_ calls: Int64, at instant: Int64) {
        total += calls
        if isNarrow {
            if calls <= PackedRun<UInt32>.callsMax, narrow.merge(calls, at: instant) { return }
            widen()
        }
        if wide.merge(calls, at: instant) { return }
        wide.insert(calls, instant: instant, at: wide.count(through: instant))
    }

    /// Makes a full chunk narrow where that is possible. False when it has to be divided instead.
    mutating func pack() -> Bool {
        guard !isNarrow, let base = commonCell else { return false }
        narrow = PackedRun(base: base)
        for index in 0..<wide.count {
            narrow.insert(wide.calls(index), instant: wide.instant(index), at: index)
        }
        wide = .none
        return true
    }

    /// Takes the second half away and returns it.
    mutating func splitOff() -> WindowChunk {
        let second =
            isNarrow
            ? WindowChunk(wide: .none, narrow: narrow.splitOff()) : WindowChunk(wide: wide.splitOff(), narrow: .none)
        total -= second.total
        return second
    }

    mutating func trim() {
        if isNarrow { narrow.trim() } else { wide.trim() }
    }

    /// The start of the cell of 65,536 ms that all instants lie in, if narrow words can hold them.
    private var commonCell: Int64? {
        let base = first & ~(PackedRun<UInt32>.offsets.upperBound - 1)
        guard PackedRun<UInt32>.offsets.contains(last - base) else { return nil }
        for index in 0..<wide.count where wide.calls(index) > PackedRun<UInt32>.callsMax { return nil }
        return base
    }

    private mutating func widen() {
        wide = PackedRun(base: first - Self.wideReachBack)
        for index in 0..<narrow.count {
            wide.insert(narrow.calls(index), instant: narrow.instant(index), at: index)
        }
        narrow = .none
    }
}

extension PackedRun {
    /// Adds calls at an instant, new or there already. False, and nothing changed, when a word that is there is too full.
    fileprivate mutating func merge(_ calls: Int64, at instant: Int64) -> Bool {
        let index = count(through: instant)
        if index > 0, self.instant(index - 1) == instant { return add(calls, to: index - 1) }
        insert(calls, instant: instant, at: index)
        return true
    }
}
