import LedgerService
import LineJSON
import LineProtocol

/// Where the answer to a request goes.
enum AnswerDestination {
    /// Out, as soon as it is ready.
    case direct
    /// Behind the answers to the netcat lines before it.
    case place(ReplyOrder.Place)
    /// Into the one line that answers a batch.
    case batch(OpenBatch)
}

/// A batch whose answers are not all there yet.
final class OpenBatch {
    var answer: BatchAnswer
    /// What is to be done once the line is sent.
    var whenSent: [() -> Void] = []

    init(requestCount: Int) {
        answer = BatchAnswer(requestCount: requestCount)
    }
}

/// A request that was taken and is not answered.
struct PendingAnswer {
    /// Nil for a notification.
    var reply: ReplyHeader?
    var destination: AnswerDestination
    /// Nil when there is no such method.
    var method: MethodID?
    /// Set when the answer may come from elsewhere first: a deadline, or a cancellation.
    var serial: Int?

    init(reply: ReplyHeader?, destination: AnswerDestination, method: MethodID?) {
        (self.reply, self.destination, self.method) = (reply, destination, method)
    }

    init(_ envelope: RequestEnvelope, _ destination: AnswerDestination, _ method: MethodID?) {
        self.init(reply: envelope.reply, destination: destination, method: method)
    }
}

/// The same of a request whose answer goes out as soon as the outcome of its work is there, with nothing else to be done:
/// small, and copied as bytes but for a long id.
struct PlainAnswer {
    private let reply: ReplyHeader
    let method: MethodID?
    private let encoder: ResultEncoder

    /// Nil when there is more to the answer: it has a deadline or a place, or there is none.
    init?(_ envelope: RequestEnvelope, _ destination: AnswerDestination, _ method: MethodID?, _ encoder: ResultEncoder)
    {
        guard case .direct = destination, envelope.deadlineMilliseconds == nil, let reply = envelope.reply else {
            return nil
        }
        (self.reply, self.method, self.encoder) = (reply, method, encoder)
    }

    /// Writes the line. Returns the status that the request was refused with; nil when it was carried out.
    func write(_ outcome: Burst.Outcome, to output: inout JSONWriter) -> StatusCode? {
        let refusal = encoder.answer(outcome, to: reply, &output)
        output.endLine()
        return refusal
    }
}

/// What is done once the sequencer has carried out an item of a burst.
enum BurstContinuation {
    /// The outcome is the answer.
    case answer(ResultEncoder)
    /// The item was a barrier: what came before on this connection is durable, and the request itself runs now, unless it
    /// is refused.
    case proceed((PendingAnswer, RPCError?) -> Void)
}
