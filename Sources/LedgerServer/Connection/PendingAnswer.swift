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
}

/// What is done once the sequencer has carried out an item of a burst.
enum BurstContinuation {
    /// The outcome is the answer.
    case answer(ResultEncoder)
    /// The item was a barrier: what came before on this connection is durable, and the request itself runs now.
    case proceed((PendingAnswer) -> Void)
}
