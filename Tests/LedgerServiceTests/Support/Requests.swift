import EventSourcing
import LedgerService
import LineJSON
import QuotaDomain

/// A call as a client says it.
struct SaidCall: Sendable {
    var call: Call
    var verb: String?
    var resource: String?
    var status: Int64?
    var id: String?

    init(
        _ org: String = "acme",
        _ workspace: String? = "support",
        integration: String? = nil,
        purpose: Purpose = .inbox,
        calls: Int64 = 1,
        at: Timestamp? = nil,
        id: String? = nil
    ) {
        call = Call(org: org, workspace: workspace, integration: integration, purpose: purpose, calls: calls, at: at)
        self.id = id
    }

    /// Writes the event's `data` from a request's JSON, as the server does; gives the call its key.
    mutating func appendData(to writer: inout JSONWriter) throws {
        var request = JSONWriter()
        request.object { object in
            if let verb { object.member("verb", verb) }
            if let resource { object.member("resource", resource) }
            if let status { object.member("status", status) }
            if let id { object.member("id", id) }
        }
        var tape = JSONTape()
        try tape.withParsed(request.bytes) { view in
            CallData.append(
                &call.facts,
                from: CallOrigin(call.caller),
                details: CallDetails(
                    verb: view["verb"],
                    resource: view["resource"],
                    status: view["status"]?.integer,
                    id: view["id"]
                ),
                to: &writer
            )
        }
        writer.endLine()
    }
}

/// Requests that are submitted together.
struct Requests {
    private var items: [Burst.Item] = []
    private var calls: [Burst.CallRecord] = []
    private var callers: [BurstCaller] = []
    private var places: [Caller: Int] = [:]
    private var data = JSONWriter()

    var count: Int { items.count }

    mutating func record(_ said: [SaidCall], deadline: Timestamp? = nil) throws {
        let first = calls.count
        for var call in said {
            let start = data.count
            try call.appendData(to: &data)
            let caller = index(of: call.call.caller)
            calls.append(Burst.CallRecord(call.call.facts, caller: caller, data: start..<data.count - 1))
        }
        items.append(Burst.Item(.record(first..<calls.count), deadline: deadline))
    }

    private mutating func index(of caller: Caller) -> Int {
        if let place = places[caller] { return place }
        places[caller] = callers.count
        callers.append(BurstCaller(caller))
        return callers.count - 1
    }

    mutating func carryOut(_ command: Command, onReceipt: @escaping @Sendable (Receipt) -> Void = { _ in }) {
        let work = Burst.Work.command(command) { receipt, _, _ throws(Rejection) in
            onReceipt(receipt)
            return []
        }
        items.append(Burst.Item(work))
    }

    mutating func ask(_ question: @escaping @Sendable (QuotaState, Moment) throws(Rejection) -> Void) {
        let work = Burst.Work.query { state, moment throws(Rejection) in
            try question(state, moment)
            return []
        }
        items.append(Burst.Item(work))
    }

    func burst(deliver: @escaping @Sendable ([Burst.Outcome]) -> Void) -> Burst {
        Burst(items: items, calls: calls, callers: callers, callData: data.bytes, deliver: deliver)
    }

    /// A burst and where its outcomes come to.
    func expected() -> (burst: Burst, outcomes: Expected<[Burst.Outcome]>) {
        let outcomes = Expected<[Burst.Outcome]>()
        return (burst { outcomes.give($0) }, outcomes)
    }
}

extension Burst.Outcome {
    var receipt: CallsReceipt? {
        if case .recorded(let receipt) = self { receipt } else { nil }
    }

    var refusal: (rejection: Rejection, index: Int?)? {
        if case .refused(let rejection, let index) = self { (rejection, index) } else { nil }
    }

    var isExpired: Bool {
        if case .expired = self { true } else { false }
    }

    var isUnavailable: Bool {
        if case .unavailable = self { true } else { false }
    }

    var failure: LogFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
}

/// The identity that the server gives to a command that came with an id.
func identity(_ id: String, fingerprint: UInt64 = 0x1234_5678_9ABC, of command: Command) -> RequestIdentity {
    let scope: IdentityDigest.Scope = command.workspace.map { .workspace($0) } ?? .org
    let key = IdentityDigest.key(org: command.org, scope: scope, id: id, fingerprint: fingerprint)
    return RequestIdentity(id: id, key: key)
}
