import EventSourcing
import LedgerService
import LineProtocol
import QuotaDomain

/// What the connection has to do for a request. Small: one is handed on for every request, so what is rare and large is
/// behind a reference.
enum Routed: Sendable {
    /// Goes through the sequencer, in the connection's burst; the encoder makes an answer of the outcome.
    case work(Burst.Work, ResultEncoder)
    /// The result, as JSON, is ready.
    case immediate([UInt8])
    /// Reads or writes files: to be run off the event loop. Gives the result as JSON; its errors go through
    /// `RPCError(refusing:)`.
    case offload(@Sendable () throws -> [UInt8])
    /// The same of what has nothing to do with the ledger: it is not held up, or refused, when the sequencer has too much
    /// to do.
    case offloadAside(@Sendable () throws -> [UInt8])
    /// Concerns the connection itself.
    indirect case connection(ConnectionRequest)
    /// Refused; nothing was done.
    indirect case failed(RPCError)
}

/// What only the connection can carry out.
enum ConnectionRequest: Sendable {
    /// Turns the connection into a stream of event lines. Nothing is answered.
    case stream(StreamRequest)
    /// Adds a subscription; answered with its number, where it begins and the head.
    case subscribe(StreamRequest)
    /// Ends a subscription; answered with whether there was one of this number.
    case unsubscribe(Int64)
    /// Cancels a request that is under way; answered with whether there was one of this id.
    case cancel(RequestID)
    /// Lines of text, each ended, to be sent in place of an answer.
    case plainText([UInt8])

    /// Whether it must see what was asked for before it on the connection.
    var readsTheLog: Bool {
        switch self {
        case .stream, .subscribe: true
        case .unsubscribe, .cancel, .plainText: false
        }
    }
}

/// A request as it was understood; `method` is nil when there is no such method.
typealias Route = (method: MethodID?, action: Routed)
