import EventSourcing
import LineJSON
import QuotaDomain

/// What an `api.called` line says, for counting: no digest is computed and no name decoded.
struct LoggedCall {
    /// The text of a `Purpose`; nil stands for `other`.
    var purpose: JSONView?
    var calls: Int64 = 0
    var counted = true
    var integration: JSONView?
    var verb: JSONView?
    var resource: JSONView?
    var status: Int64?
    /// The instant from which the calls count (R1).
    var effective: Timestamp

    /// Nil when the line's data is not that of a call.
    init?(_ line: LogLine) {
        effective = line.time
        for (key, value) in line.data.members {
            if key.equals("purpose") {
                guard Purpose(value) != nil else { return nil }
                purpose = value
            } else if key.equals("calls") {
                guard let calls = value.integer else { return nil }
                self.calls = calls
            } else if key.equals("verb") {
                verb = value
            } else if key.equals("resource") {
                resource = value
            } else if key.equals("status") {
                status = value.integer
            } else if key.equals("at") {
                guard let at = value.timestamp else { return nil }
                effective = min(at, line.time)
            } else if key.equals("integration") {
                integration = value
            } else if key.equals("counted") {
                counted = value.bool ?? true
            }
        }
    }
}
