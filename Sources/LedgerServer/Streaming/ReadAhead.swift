import Synchronization

/// Pages that were read from the log and cannot be sent yet, of all readers together. A reader that does not take what it
/// was sent would keep one for as long as it likes: past the bound the page is let go, and read again when it is wanted.
final class ReadAhead: Sendable {
    private static let bytesMax = 64 << 20

    private let bytes = Atomic<Int>(0)

    /// Counts a page that is to be kept; false when it is to be let go.
    func keep(_ count: Int) -> Bool {
        guard bytes.wrappingAdd(count, ordering: .relaxed).newValue <= ReadAhead.bytesMax else {
            letGo(count)
            return false
        }
        return true
    }

    /// The page is kept no more.
    func letGo(_ count: Int) {
        bytes.wrappingSubtract(count, ordering: .relaxed)
    }
}
