package import EventSourcing
package import QuotaDomain

/// Requests that one connection read together: carried out in order, answered together once all they led to is durable.
///
/// One burst costs one hand-over to the sequencer and one back, however many requests it holds.
///
/// What a call with an id costs the whole server, in instructions, by `Tools/bench stages` (8 connections × 128 in
/// flight, 1,814,880 calls; another run differs by some percent). 1.4 allocations a call.
///
/// | stage | instructions |
/// |---|---|
/// | frame, route, hand over | 1,987 |
/// | parse: tokenise the line | 1,474 |
/// | parse: check and collect the call | 1,767 |
/// | look-up: find the caller's names | 787 |
/// | encode: write the event's data | 751 |
/// | dedupe: digest the id | 1,413 |
/// | dedupe: look the id up and hold it | 1,888 |
/// | decide: count, tier | 343 |
/// | decide: the rest, with the event's line | 2,557 |
/// | hash: SHA-256 of the block | 697 |
/// | write: SQLite, in user mode | 323 |
/// | reply: write the answer | 339 |
/// | history: read the line and count it | 2,184 |
/// | sockets and event loop | 230 |
/// | everything else | 1,321 |
///
/// 18,060 in all. It was 45,000 before strings, existentials and the properties of objects left this path, and 28,300
/// before large enums, per-member writing and the reading of lines as any JSON left it too.
package struct Burst: Sendable {
    package var items: [Item]
    /// The calls that `Work.record` items refer to.
    package var calls: [CallRecord]
    /// Who made them.
    package var callers: [BurstCaller]
    /// The `data` objects of the calls, one after the other.
    package var callData: [UInt8]
    /// Bytes of the lines that it was read from: what its commands and questions hold is about as much.
    package var requestBytes: Int
    /// Takes one outcome for each item. Called once, on the thread that made the block durable: it must not block.
    package var deliver: @Sendable ([Outcome]) -> Void

    package init(
        items: [Item] = [],
        calls: [CallRecord] = [],
        callers: [BurstCaller] = [],
        callData: [UInt8] = [],
        requestBytes: Int = 0,
        deliver: @escaping @Sendable ([Outcome]) -> Void
    ) {
        self.items = items
        self.calls = calls
        self.callers = callers
        self.callData = callData
        self.requestBytes = requestBytes
        self.deliver = deliver
    }

    /// A call: who made it, and where its event's `data` stands. Plain values, so that many are copied as bytes.
    package struct CallRecord: Sendable {
        package var facts: CallFacts
        /// Index in `callers`.
        package var caller: Int
        /// In `callData`.
        package var data: Range<Int>

        package init(_ facts: CallFacts, caller: Int, data: Range<Int>) {
            self.facts = facts
            self.caller = caller
            self.data = data
        }
    }

    package struct Item: Sendable {
        package var work: Work
        /// Not begun any more once the service's clock has passed this instant; nil is never.
        package var deadline: Timestamp?

        package init(_ work: Work, deadline: Timestamp? = nil) {
            self.work = work
            self.deadline = deadline
        }
    }

    /// Small: a burst holds one for each request, so what is rare and large is behind a reference.
    package enum Work: Sendable {
        /// Records `calls[range]`, all or none.
        case record(Range<Int>)
        /// Carries out a command; `answer` is asked right after, so it sees what the command did.
        indirect case command(Command, answer: @Sendable (Receipt, QuotaState, Moment) throws(Rejection) -> [UInt8])
        /// Asks the state a question.
        case query(@Sendable (QuotaState, Moment) throws(Rejection) -> [UInt8])
    }

    /// Small, as `Work` is.
    package enum Outcome: Sendable {
        case recorded(CallsReceipt)
        case answered([UInt8])
        /// `index` is that of the refused call within its item.
        indirect case refused(Rejection, index: Int?)
        /// The deadline passed before the work was begun; nothing was done.
        case expired
        /// The service is stopping; nothing was done.
        case unavailable
        /// There is more to do than can be held; nothing was done. Worth another try after so long.
        case overloaded(retryAfter: TimeSpan)
        /// The log failed before the request was answered: nothing is acknowledged any more, and the process ends.
        indirect case failed(LogFailure)
    }

    /// Answers all of it with one outcome, instead of being carried out.
    func refuse(with outcome: Outcome) {
        deliver(items.map { _ in outcome })
    }
}

/// One who made calls of a burst; named once, however many they are. An object: bursts share it.
package final class BurstCaller: Sendable {
    package let caller: Caller
    package let origin: CallOrigin
    /// `,"org":"…","workspace":"…"`: the names as every line of the caller's calls has them.
    package let lineNames: [UInt8]
    /// What every event of the caller's calls can be picked by.
    package let labels: [BlockLabel]

    package init(_ caller: Caller) {
        self.caller = caller
        origin = CallOrigin(caller)
        lineNames = EventWriter.lineNames(of: caller)
        labels = EventLabels.labels(.apiCalled, org: caller.org, workspace: caller.workspace)
    }
}

/// When and on what the sequencer answers.
package struct Moment: Sendable {
    package var now: Timestamp
    /// The last event that the state holds.
    package var position: LogPosition
}

/// What became of a command.
package struct Receipt: Sendable {
    /// The first event it appended; of a duplicate, the first event of the original; of a command that changes nothing,
    /// the last event of the log.
    package var position: LogPosition
    package var isDuplicate: Bool
    /// What it appended, reactions left out; empty for a duplicate or when nothing needed to change.
    package var events: [QuotaEvent]
}

/// What became of recorded calls.
package struct CallsReceipt: Sendable {
    /// Of the first new call; where all are duplicates, of the first original.
    package var first: LogPosition
    /// Of the last new call; where all are duplicates, of the last original.
    package var last: LogPosition
    package var recorded: Int
    package var duplicates: Int
    /// The tier of the last call's workspace after it; nil when it names none.
    package var tier: Tier?
}
