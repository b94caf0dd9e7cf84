import EventSourcing
import LedgerService
import LineJSON
import LineProtocol

/// From a connection's bytes to what its requests ask of the sequencer: framing, decoding, and the burst being read.
struct ConnectionInput: ~Copyable {
    var framer: LineFramer
    private var decoder: RequestDecoder
    /// Since the connection began.
    private(set) var linesTaken = 0
    var burst = OpenBurst()

    /// What one line turned out to be; valid only inside the closure it was lent to.
    enum Line {
        case decoded(DecodedLine)
        /// `help` without JSON, perhaps with a name behind it.
        case help(topic: String)
        case overLong
        /// Not ours: see `HTTPRequestLine`.
        case http
    }

    init(_ limits: ServerLimits) {
        framer = LineFramer(lineBytesMax: limits.lineBytesMax)
        decoder = RequestDecoder(batchRequestsMax: limits.batchRequestsMax)
    }

    /// Lends the complete lines to `body`, and the burst to add to, until `body` wants no more. Returns whether there are no
    /// more.
    mutating func forEachLine(_ body: (Line, inout OpenBurst) -> Bool) -> Bool {
        framer.takeLines { line in
            linesTaken += 1
            switch line {
            case .line(let bytes):
                burst.builder.countRequest(bytes: bytes.count)
                if let topic = BareHelp.topic(of: bytes) {
                    return body(.help(topic: topic), &burst)
                } else if HTTPRequestLine.isOne(bytes) {
                    return body(.http, &burst)
                } else {
                    return decoder.withDecoded(bytes) { decoded in body(.decoded(decoded), &burst) }
                }
            case .overLong(let beginning):
                return body(HTTPRequestLine.begins(beginning) ? .http : .overLong, &burst)
            }
        }
    }
}

/// What was read and not yet handed to the sequencer: the burst, and what waits for the outcome of each of its items.
struct OpenBurst {
    var builder = BurstBuilder()
    private(set) var waiting: [WaitingItem] = []
    /// The memory that is kept for the next burst.
    private static let keptRequestsMax = 256

    /// Adds what a request asks for, and what is done with the outcome.
    mutating func append(_ work: Burst.Work, deadline: Timestamp? = nil, _ item: WaitingItem) {
        builder.append(work, deadline: deadline)
        waiting.append(item)
    }

    /// What waits, in the order of the items; the next ones wait for the next burst.
    mutating func takeWaiting() -> [WaitingItem] {
        let taken = waiting
        waiting = []
        waiting.reserveCapacity(min(taken.count, OpenBurst.keptRequestsMax))
        return taken
    }
}

/// A request that waits for the outcome of its item of a burst.
enum WaitingItem {
    /// The outcome is the answer and goes out as soon as it is there: nearly always.
    case plain(PlainAnswer)
    /// There is more to it.
    indirect case other(PendingAnswer, BurstContinuation)
}
