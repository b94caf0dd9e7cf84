package import EventSourcing
import LineJSON
package import QuotaDomain
import Synchronization

/// The block that is being filled while the one before is made durable, and what waits for it.
struct OpenBlock: Sendable {
    /// A block with more is closed before the next item: bounds memory and the time of one commit.
    static let bytesMax = 8 << 20
    /// Bytes of answers to questions that are held until the block is durable; more are not asked for it.
    static let answerBytesMax = 64 << 20

    private(set) var first: LogPosition
    private(set) var count = 0
    private var timeFirst = Timestamp(milliseconds: 0)
    private var timeLast = Timestamp(milliseconds: 0)
    private var labels = BlockLabels.none
    /// The lines as they will be stored: written here once, and not copied before the storage takes them.
    var lines: [UInt8]
    /// Answers that leave when the block, if it has events, is durable, and everything before it.
    private(set) var answers: [(deliver: @Sendable ([Burst.Outcome]) -> Void, outcomes: [Burst.Outcome])] = []
    /// What those answers have in the sequencer's backlog.
    private(set) var load = Backlog.Load()
    private var answerBytes = 0
    /// Who wants the state as of the end of this block.
    var captures: [@Sendable (CapturedState) -> Void] = []

    /// `capacity`: bytes of lines that are likely to come.
    init(first: LogPosition, capacity: Int = 0) {
        self.first = first
        lines = []
        lines.reserveCapacity(capacity)
    }

    var isFull: Bool { lines.count >= OpenBlock.bytesMax || !hasRoomForAnswers }
    var hasRoomForAnswers: Bool { answerBytes < OpenBlock.answerBytesMax }
    /// Whether closing the block would mean anything to anybody.
    var isAwaited: Bool { count > 0 || !answers.isEmpty || !captures.isEmpty }
    var next: LogPosition { first.advanced(by: count) }

    /// Counts an event whose line was just written.
    mutating func countEvent(at time: Timestamp) {
        if count == 0 { timeFirst = time }
        timeLast = time
        count += 1
    }

    /// Counts the answer to a question.
    mutating func countAnswer(bytes: Int) {
        answerBytes += bytes
    }

    /// Takes in the outcomes of a burst, which leave with the block.
    mutating func add(_ outcomes: [Burst.Outcome], of burst: Burst) {
        answers.append((burst.deliver, outcomes))
        load += burst.load
    }

    /// Notes what events of the block can be picked by.
    mutating func insert(_ labels: [BlockLabel]) {
        for label in labels { self.labels.insert(label) }
    }

    /// Answers everything in it with one outcome: it was not made durable, as far as anybody knows.
    func refuse(with outcome: Burst.Outcome) {
        for answer in answers { answer.deliver(answer.outcomes.map { _ in outcome }) }
    }

    /// The events as a block; nil where there are none.
    var block: Block? {
        guard count > 0 else { return nil }
        return Block(
            first: first,
            count: count,
            timeFirst: timeFirst,
            timeLast: timeLast,
            lines: lines,
            labels: labels
        )
    }
}

/// The state exactly as of a durable head.
///
/// An object, so that it is let go of for all who passed it on as soon as it is used: what the live state changes meanwhile
/// is in memory twice.
package final class CapturedState: Sendable {
    package let head: LogHead
    package let time: Timestamp
    private let state: Mutex<QuotaState?>

    package init(state: QuotaState, head: LogHead, time: Timestamp) {
        (self.head, self.time) = (head, time)
        self.state = Mutex(state)
    }

    /// Hands the state over, once.
    package func takeState() -> QuotaState {
        guard let taken = state.withLock({ $0.take() }) else { preconditionFailure("a captured state is taken once") }
        return taken
    }
}
