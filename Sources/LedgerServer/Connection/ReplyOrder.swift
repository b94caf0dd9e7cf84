/// Keeps the answers to netcat lines in the order of the lines: such a line has no id to tell its answer by.
///
/// Requests that follow JSON-RPC 2.0 are answered as soon as they can be and never come here.
struct ReplyOrder {
    /// A place for one answer.
    typealias Place = Int

    private var answers: ArraySlice<[UInt8]?> = []

    var isEmpty: Bool { answers.isEmpty }

    /// Takes a place behind all others.
    mutating func takePlace() -> Place {
        answers.append(nil)
        return answers.endIndex - 1
    }

    /// Puts an answer into its place and hands every answer whose turn has come to `send`.
    mutating func fill(_ place: Place, with answer: [UInt8], send: ([UInt8]) -> Void) {
        answers[place] = answer
        while let next = answers.first, let ready = next {
            send(ready)
            answers.removeFirst()
        }
        if answers.isEmpty { answers = [] }
    }
}
