/// Instants in rising order, each with the number of calls that count from it, packed into one word an instant.
///
/// A word holds the milliseconds since `base` in its upper bits and the calls in its lower ones. Thirty-two bits do for
/// busy minutes: 65,536 ms and 65,535 calls an instant. Sixty-four do for anything: 3 days and 68 billion calls.
struct PackedRun<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// Milliseconds since the Unix epoch that offset 0 stands for.
    private(set) var base: Int64
    private(set) var words: [Word] = []

    static var callsBits: Int { Word.bitWidth == 32 ? 16 : 36 }
    static var callsMax: Int64 { 1 << callsBits - 1 }
    /// Milliseconds from `base` that a word can reach.
    static var offsets: Range<Int64> { 0..<(1 << (Word.bitWidth - callsBits)) }

    init(base: Int64) {
        self.base = base
    }

    /// As if new: for a place that holds nothing at present, without memory of its own.
    static var none: PackedRun { PackedRun(base: 0) }

    var count: Int { words.count }
    var isEmpty: Bool { words.isEmpty }

    func instant(_ index: Int) -> Int64 {
        base + Int64(truncatingIfNeeded: words[index] >> Word(Self.callsBits))
    }

    func calls(_ index: Int) -> Int64 {
        Int64(truncatingIfNeeded: words[index] & Word(truncatingIfNeeded: Self.callsMax))
    }

    func reaches(_ instant: Int64) -> Bool { Self.offsets.contains(instant - base) }

    /// How many instants are not after `instant`.
    func count(through instant: Int64) -> Int {
        guard let last = words.indices.last, self.instant(last) > instant else { return words.count }
        var (low, high) = (0, last)
        while low < high {
            let middle = (low + high) / 2
            if self.instant(middle) <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds to the calls of an instant that is there. False, and nothing changed, when they would not fit its word.
    mutating func add(_ calls: Int64, to index: Int) -> Bool {
        guard self.calls(index) + calls <= Self.callsMax else { return false }
        words[index] += Word(calls)
        return true
    }

    /// Puts an instant within reach, with calls that fit a word, before the one at `index`.
    mutating func insert(_ calls: Int64, instant: Int64, at index: Int) {
        precondition(reaches(instant))
        let word = Word(instant - base) << Word(Self.callsBits) | Word(calls)
        if index == words.count { words.append(word) } else { words.insert(word, at: index) }
    }

    /// Takes the second half away and returns it.
    mutating func splitOff() -> PackedRun {
        var second = PackedRun(base: base)
        second.words = Array(words[(words.count / 2)...])
        words.removeSubrange((words.count / 2)...)
        return second
    }

    /// Gives back the memory held ready for growth.
    mutating func trim() {
        guard words.capacity > words.count else { return }
        words = words.withUnsafeBufferPointer { Array($0) }
    }
}
