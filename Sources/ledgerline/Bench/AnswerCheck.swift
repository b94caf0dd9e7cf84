import LineJSON

/// Judges the answers to the requests of one connection.
struct AnswerCheck: Sendable {
    private let kind: RequestKind
    /// The last position that was answered: what is recorded later comes behind it.
    private var lastPosition: Int64 = 0

    init(_ kind: RequestKind) {
        self.kind = kind
    }

    /// The id of the request that a line answers, where it is the usual answer, byte for byte, and right; nil for every
    /// other line, which is then to be read as JSON and handed to `problem(with:)`.
    @inline(__always)
    mutating func idOfUsualAnswer(_ line: UnsafeRawBufferPointer) -> Int64? {
        guard case .record = kind, let answer = RecordedAnswer(line), answer.position > lastPosition else { return nil }
        lastPosition = answer.position
        return answer.id
    }

    /// What is wrong with a result; nil when nothing is.
    mutating func problem(with result: JSONView) -> String? {
        guard let position = result.integer("position") else { return "an answer without a position" }
        switch kind {
        case .record:
            guard result["duplicate"]?.bool == false else { return "not recorded as a new call" }
            return advance(from: position, to: position)
        case .recordBatch(let calls):
            guard let last = result.integer("last_position"), last - position >= Int64(calls) - 1,
                result.integer("recorded") == Int64(calls), result.integer("duplicates") == 0
            else { return "not recorded as \(calls) new calls" }
            return advance(from: position, to: last)
        case .usage:
            guard let used = result.integer("used_by_workspace"), used >= 0 else { return "no usage of a workspace" }
            // Nothing need have been recorded between two questions.
            return advance(from: position + 1, to: position)
        }
    }

    /// Requests of one connection are carried out in order, so that no position comes twice.
    private mutating func advance(from first: Int64, to last: Int64) -> String? {
        guard first > lastPosition else { return "position \(first) came behind \(lastPosition)" }
        lastPosition = last
        return nil
    }
}
