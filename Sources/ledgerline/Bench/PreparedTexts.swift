/// Texts that are ready to be copied into requests, side by side in memory.
struct PreparedTexts: Sendable {
    private var bytes: [UInt8] = []
    private var starts = [0]

    /// Bytes of the longest one.
    private(set) var longest = 0

    init(_ texts: some Sequence<String>) {
        for text in texts {
            bytes.append(contentsOf: text.utf8)
            longest = max(longest, bytes.count - starts[starts.count - 1])
            starts.append(bytes.count)
        }
    }

    var count: Int { starts.count - 1 }

    /// Appends the text at `index`.
    @inline(__always)
    func write(_ index: Int, to text: inout TextCursor) {
        let range = starts[index]..<starts[index &+ 1]
        bytes.withUnsafeBytes { text.write(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
