import LineJSON

/// Lines to send, and what has to come for each: the promise of one answer a line, and of its order, written down apart
/// from the server.
struct AnswerScript {
    struct Line {
        /// Without the line's end.
        var bytes: [UInt8]
        var answer: Answer

        init(_ text: String, _ answer: Answer) {
            self.init(Array(text.utf8), answer)
        }

        init(_ bytes: [UInt8], _ answer: Answer) {
            (self.bytes, self.answer) = (bytes, answer)
        }
    }

    enum Answer {
        case none
        /// Comes in the order of such lines: the answer to a line in netcat mode.
        case inOrder(id: String, with: String)
        /// Comes at any time, known by its id.
        case byID(String, with: String)
        /// Comes in the order of such lines: the answer to what is no request, without an id.
        case unreadable(with: String)
    }

    private(set) var lines: [Line] = []

    mutating func add(_ line: Line) { lines.append(line) }

    /// Everything that is wrong with the answers.
    func faults(of answers: [String]) -> [String] {
        var faults: [String] = []
        var given = Given(answers)
        for (number, line) in lines.enumerated() {
            let (answer, expected): (String?, String)
            switch line.answer {
            case .none: continue
            case .inOrder(let id, let text): (answer, expected) = (given.takeInOrder(), #"{"id":\#(id),\#(text)"#)
            case .byID(let id, let text):
                (answer, expected) = (given.take(id), #"{"jsonrpc":"2.0","id":\#(id),\#(text)"#)
            case .unreadable(let text): (answer, expected) = (given.takeUnreadable(), Given.unreadable + text)
            }
            guard answer?.hasPrefix(expected) != true else { continue }
            faults.append(
                "line \(number), \(String(decoding: line.bytes.prefix(80), as: UTF8.self)): \(answer ?? "nothing")"
            )
        }
        return faults + given.left.map { "nobody asked for \($0)" }
    }

    /// Answers that were not asked about yet.
    private struct Given {
        static let unreadable = #"{"jsonrpc":"2.0","id":null,"#

        private var inOrder: ArraySlice<String> = []
        private var unreadable: ArraySlice<String> = []
        private var byID: [String: [String]] = [:]

        init(_ answers: [String]) {
            for answer in answers {
                if answer.hasPrefix(Given.unreadable) {
                    unreadable.append(answer)
                } else if let id = Given.id(of: answer) {
                    byID[id, default: []].append(answer)
                } else {
                    inOrder.append(answer)
                }
            }
        }

        /// Nil for an answer to a line in netcat mode.
        private static func id(of answer: String) -> String? {
            let start = #"{"jsonrpc":"2.0","id":"#
            guard answer.hasPrefix(start) else { return nil }
            return String(answer.dropFirst(start.count).prefix { $0 != "," })
        }

        mutating func takeInOrder() -> String? { inOrder.popFirst() }
        mutating func takeUnreadable() -> String? { unreadable.popFirst() }

        mutating func take(_ id: String) -> String? {
            guard let first = byID[id]?.first else { return nil }
            byID[id]?.removeFirst()
            return first
        }

        var left: [String] { Array(inOrder) + unreadable + byID.values.joined() }
    }
}
