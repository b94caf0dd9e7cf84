/// Keeps the answers to netcat lines in the order of the lines: such a line has no id to tell its answer by.
///
/// Requests that follow JSON-RPC 2.0 are answered as soon as they can be and never come here.
struct ReplyOrder {
    /// A place for one answer.
    typealias Place = Int

    private var answers: ArraySlice<Answer?> = []
    /// Bytes of answers whose turn has not come.
    private(set) var heldBytes = 0

    private struct Answer {
        var line: [UInt8]
        var whenSent: (() -> Void)?
    }

    /// Takes a place behind all others.
    mutating func takePlace() -> Place {
        answers.append(nil)
        return answers.endIndex - 1
    }

    /// Puts an answer into its place. Returns the answers whose turn has come by it, in order, each with what is to be done
    /// once it is sent.
    mutating func fill(
        _ place: Place,
        with line: [UInt8],
        whenSent: (() -> Void)? = nil
    ) -> [(line: [UInt8], whenSent: (() -> Void)?)] {
        answers[place] = Answer(line: line, whenSent: whenSent)
        heldBytes += line.count
        var due: [(line: [UInt8], whenSent: (() -> Void)?)] = []
        while let next = answers.first, let ready = next {
            due.append((ready.line, ready.whenSent))
            answers.removeFirst()
            heldBytes -= ready.line.count
        }
        if answers.isEmpty { answers = [] }
        return due
    }
}
