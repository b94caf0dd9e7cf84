import EventSourcing
import LineJSON
import QuotaDomain

/// Decides requests one after the other, writes the events that follow into the open block, and evolves the state.
///
/// A value on the sequencer's stack: no other thread can reach it, and no access of it is checked while the program runs,
/// which took a tenth of the sequencer's time when these were the properties of an object.
struct BlockBuilder: ~Copyable {
    private(set) var state: QuotaState
    private(set) var open: OpenBlock
    private(set) var lastTime: Timestamp
    /// The clock as of this turn. Behind `lastTime` when it was set back: the log's time never is.
    private var clockTime: Timestamp
    /// What the lines of this turn's calls have in common.
    private var callLine = CallLine()
    /// Writes the lines of all other events, which are few.
    private var writer = JSONWriter()

    init(state: QuotaState, head: LogHead) {
        self.state = state
        open = OpenBlock(first: head.position.next)
        lastTime = state.time
        clockTime = state.time
    }

    /// Time moves on; what changes by it alone comes first, each change with the instant at which it took effect (R23).
    mutating func beginTurn(at clockTime: Timestamp) {
        self.clockTime = clockTime
        lastTime = max(clockTime, lastTime)
        callLine.setTime(lastTime)
        while let instant = state.dueTransition(by: lastTime) {
            for event in state.transitions(at: instant) { append(event) }
        }
    }

    /// When something may change by time alone; nil where nothing will.
    var earliestTransition: Timestamp? {
        mutating get { state.earliestTransition }
    }

    mutating func take(_ burst: Burst) {
        var outcomes: [Burst.Outcome] = []
        outcomes.reserveCapacity(burst.items.count)
        var places = CallerPlaces(burst.callers)
        let next = open.next
        for item in burst.items { outcomes.append(outcome(of: item, in: burst, &places)) }
        // Once for each caller, not for each call: one whose calls were all refused is a label too many, which costs a
        // reader a look.
        if open.next > next { for caller in burst.callers { open.insert(caller.labels) } }
        open.add(outcomes, of: burst)
    }

    mutating func capture(_ body: @escaping @Sendable (CapturedState) -> Void) {
        open.captures.append(body)
    }

    /// The block as it stands; the next one begins behind it.
    mutating func close() -> OpenBlock {
        // Under steady load the next one gets about as large.
        let following = OpenBlock(first: open.next, capacity: open.lines.count)
        let closed = open
        open = following
        return closed
    }

    /// Hands over what will not be made durable any more.
    mutating func abandon() -> OpenBlock {
        let abandoned = open
        open = OpenBlock(first: open.first)
        return abandoned
    }
}

// MARK: - Deciding

extension BlockBuilder {
    private mutating func outcome(
        of item: Burst.Item,
        in burst: borrowing Burst,
        _ places: inout CallerPlaces
    ) -> Burst.Outcome {
        if let deadline = item.deadline, deadline < clockTime { return .expired }
        do throws(Rejection) {
            switch item.work {
            case .record(let range):
                return try record(range, of: burst, &places)
            case .command(let command, let answer):
                let receipt = try carryOut(command)
                return .answered(try answer(receipt, state, moment))
            case .query(let ask):
                guard open.hasRoomForAnswers else { return .overloaded(retryAfter: BlockBuilder.answersRetry) }
                let answer = try ask(state, moment)
                open.countAnswer(bytes: answer.count)
                return .answered(answer)
            }
        } catch {
            return .refused(error, index: nil)
        }
    }

    /// The answers leave with the block: some milliseconds, or on a slow disk some more.
    private static let answersRetry = TimeSpan(milliseconds: 100)

    private var moment: Moment {
        Moment(now: lastTime, position: LogPosition(open.next.ordinal - 1))
    }

    private mutating func carryOut(_ command: Command) throws(Rejection) -> Receipt {
        if let identity = command.identity {
            switch state.recall(identity, in: command.org, at: lastTime) {
            case .unknown: break
            case .same(let position): return Receipt(position: position, isDuplicate: true, events: [])
            case .different: throw .idReused(id: identity.id)
            }
        }
        let events = try state.decide(command, at: lastTime)
        guard !events.isEmpty else {
            return Receipt(position: moment.position, isDuplicate: false, events: [])
        }
        let first = open.next
        for event in events { append(event) }
        for event in state.reactions(org: command.org, workspace: command.workspace, at: lastTime) { append(event) }
        return Receipt(position: first, isDuplicate: false, events: events)
    }

    private mutating func append(_ event: QuotaEvent) {
        let position = open.next
        EventWriter.append(event, position: position, time: lastTime, to: &writer)
        open.lines.append(contentsOf: writer.bytes)
        writer.removeAll()
        state.evolve(event, at: position, time: lastTime)
        open.insert(EventLabels.labels(event.body.type, org: event.org, workspace: event.workspace))
        open.countEvent(at: lastTime)
    }
}

// MARK: - Recording calls

extension BlockBuilder {
    /// Records all calls of the range or, when one is refused, none: each is admitted before the first is appended.
    private mutating func record(
        _ range: Range<Int>,
        of burst: borrowing Burst,
        _ places: inout CallerPlaces
    ) throws(Rejection) -> Burst.Outcome {
        guard range.count > 1 else { return .recorded(try record(burst.calls[range.lowerBound], of: burst, &places)) }
        var repeats = RepeatsWithinBatch(count: range.count)
        var newNames = NewNames()
        var admissions: [Admission] = []
        admissions.reserveCapacity(range.count)
        for index in range {
            do throws(Rejection) {
                let call = burst.calls[index]
                let place = places.find(call.caller, in: state)
                let admission = try state.admit(call.facts, from: place, at: lastTime)
                try repeats.check(call.facts, at: index - range.lowerBound)
                if !place.isKnown { try newNames.add(burst.callers[call.caller].caller, at: place, in: state) }
                admissions.append(admission)
            } catch {
                return .refused(error, index: index - range.lowerBound)
            }
        }
        return .recorded(append(range, of: burst, admissions: admissions, repeats: repeats, &places))
    }

    private mutating func record(
        _ call: Burst.CallRecord,
        of burst: borrowing Burst,
        _ places: inout CallerPlaces
    ) throws(Rejection) -> CallsReceipt {
        var tally = ReceiptTally()
        switch try state.admit(call.facts, from: places.find(call.caller, in: state), at: lastTime) {
        case .duplicate(let position): tally.countDuplicate(of: position)
        case .new: tally.countNew(at: append(call, of: burst, &places))
        }
        return tally.receipt(tier: state.tier(at: places[call.caller]))
    }

    private mutating func append(
        _ range: Range<Int>,
        of burst: borrowing Burst,
        admissions: [Admission],
        repeats: RepeatsWithinBatch,
        _ places: inout CallerPlaces
    ) -> CallsReceipt {
        var tally = ReceiptTally()
        var positions: [Int: LogPosition] = [:]
        for (offset, admission) in admissions.enumerated() {
            if let original = repeats.original(of: offset) {
                tally.countDuplicate(of: positions[original] ?? .beforeFirst)
                continue
            }
            let position: LogPosition
            switch admission {
            case .duplicate(let original):
                position = original
                tally.countDuplicate(of: position)
            case .new:
                position = append(burst.calls[range.lowerBound + offset], of: burst, &places)
                tally.countNew(at: position)
            }
            if repeats.hasRepeats { positions[offset] = position }
        }
        return tally.receipt(tier: state.tier(at: places.find(burst.calls[range.upperBound - 1].caller, in: state)))
    }

    /// Writes the event of a call that was admitted, and what follows from it. Returns the call's position.
    private mutating func append(
        _ call: Burst.CallRecord,
        of burst: borrowing Burst,
        _ places: inout CallerPlaces
    ) -> LogPosition {
        let position = open.next
        let caller = burst.callers[call.caller]
        callLine.append(position: position, names: caller.lineNames, data: burst.callData[call.data], to: &open.lines)
        state.record(call.facts, from: &places[call.caller], of: caller.caller, at: position, time: lastTime)
        open.countEvent(at: lastTime)
        for event in state.reactions(at: places[call.caller], at: lastTime) { append(event) }
        return position
    }
}
