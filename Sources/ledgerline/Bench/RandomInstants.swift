import EventSourcing

/// Instants of the recent past, each millisecond as likely as the others, as members of calls.
final class RandomInstants: Sendable {
    /// The text's bytes at most.
    let bytesMax: Int

    private let seconds: PreparedTexts
    private let milliseconds: PreparedTexts

    /// The last `count` whole seconds before `end`, at least one.
    init(seconds count: Int, before end: Timestamp) {
        let first = end.milliseconds / 1_000 - Int64(count)
        seconds = PreparedTexts(
            (0..<Int64(count)).map { index in
                let text = Timestamp(milliseconds: (first + index) * 1_000).description
                return #","at":"\#(text.prefix { $0 != "." })"#
            }
        )
        milliseconds = PreparedTexts((1_000..<2_000).map { #".\#(String($0).dropFirst())Z""# })
        bytesMax = seconds.longest + milliseconds.longest
    }

    /// Appends a comma and the member.
    @inline(__always)
    func write(to text: inout TextCursor, using random: inout SplitMix64) {
        seconds.write(random.next(below: seconds.count), to: &text)
        milliseconds.write(random.next(below: milliseconds.count), to: &text)
    }
}
