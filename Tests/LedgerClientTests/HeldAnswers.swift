import Synchronization

/// Answers that a fake server holds back.
final class HeldAnswers: Sendable {
    private let lines = Mutex<[String]>([])

    func keep(_ line: String) -> FakeServer.Reaction {
        lines.withLock { $0.append(line) }
        return .silence
    }

    func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }

    /// Holds every second answer back, and sends it behind the one after it.
    func react(_ request: FakeServer.Request, _ answer: String) -> FakeServer.Reaction {
        lines.withLock { lines in
            guard lines.isEmpty else {
                defer { lines = [] }
                return .lines([answer] + lines)
            }
            lines = [answer]
            return .silence
        }
    }
}
