/// What all clients did and were told, in the order in which it happened to them.
struct History {
    /// A request that somebody wanted carried out, and each time that it was sent.
    struct Operation {
        var request: Request
        var attempts: [Attempt] = []
    }

    struct Attempt {
        /// When it was sent, and when it was answered.
        var sent: Int
        var answered: Int?
        var answer: Answer?

        /// Whether it may have been carried out, or may yet be.
        var mayBeDone: Bool {
            switch answer {
            case nil, .mayBeDone: true
            case .some(let answer): answer.isDone
            }
        }
    }

    private(set) var operations: [Operation] = []
    /// Which attempt of which operation a serial number stands for: 1 is the first.
    private var serials: [(operation: Int, attempt: Int)] = []
    private var moments = 0

    /// Moments are told apart, and later ones are larger.
    private mutating func moment() -> Int {
        moments += 1
        return moments
    }

    mutating func add(_ request: Request) -> Int {
        operations.append(Operation(request: request))
        return operations.count - 1
    }

    /// The serial number by which the answer is told.
    mutating func noteSent(_ operation: Int) -> Int {
        operations[operation].attempts.append(Attempt(sent: moment()))
        serials.append((operation, operations[operation].attempts.count - 1))
        return serials.count
    }

    func operation(of serial: Int) -> Int? {
        serials.indices.contains(serial - 1) ? serials[serial - 1].operation : nil
    }

    mutating func noteAnswered(_ serial: Int, _ answer: Answer) {
        let (operation, attempt) = serials[serial - 1]
        operations[operation].attempts[attempt].answered = moment()
        operations[operation].attempts[attempt].answer = answer
    }
}
