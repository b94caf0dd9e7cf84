import EventSourcing
import LedgerService
import LineJSON

/// Results of what the connection carries out itself.
enum ConnectionResult {
    /// `events.subscribe`: the number that its notifications carry, the first position it covers, and the head.
    static func subscribed(_ subscription: Int64, from: LogPosition, head: LogPosition) -> [UInt8] {
        JSONWriter.object { result in
            result.member("subscription", subscription)
            result.member("from", from)
            result.member("head", head)
        }
    }

    /// `events.unsubscribe`: whether there was one.
    static func unsubscribed(_ wasThere: Bool) -> [UInt8] {
        JSONWriter.object { $0.member("unsubscribed", wasThere) }
    }

    /// `rpc.cancel`: whether the request was still under way.
    static func cancelled(_ wasUnderWay: Bool) -> [UInt8] {
        JSONWriter.object { $0.member("cancelled", wasUnderWay) }
    }
}
