import LedgerService
import LineJSON
import LineProtocol

/// From a request line to what has to be done for it: the only place where protocol and domain meet.
struct Router {
    /// By method; nil for those whose parameters the catalog checks.
    private static let callForms = MethodCatalog.methods.map(\.callForm)
    /// By method.
    private static let accesses = MethodCatalog.methods.map(\.definition.access)
    private static let table = MethodTable(MethodCatalog.methods)

    /// Who speaks.
    let access: ConnectionAccess
    private let service: any ServedLedger
    private let accessService: AccessService
    private let facts: ServerFacts
    private let metrics: RequestMetrics

    init(
        service: any ServedLedger,
        accessService: AccessService,
        access: ConnectionAccess,
        facts: ServerFacts,
        metrics: RequestMetrics
    ) {
        self.service = service
        self.accessService = accessService
        self.access = access
        self.facts = facts
        self.metrics = metrics
    }

    /// What a request is counted as; nil where there is no such method.
    func method(of envelope: RequestEnvelope) -> MethodID? {
        Router.table.find(envelope.method)
    }

    /// Understands one request, and refuses what whoever sent it may not do. The calls that it records are added to
    /// `burst`; its work is the caller's to add, so that it can keep the order and the deadline.
    func route(_ envelope: RequestEnvelope, into burst: inout BurstBuilder) -> Route {
        guard let method = Router.table.find(envelope.method) else {
            return (method: nil, action: .failed(UnknownMethod.refusal(of: envelope.method)))
        }
        do throws(RPCError) {
            let grant = try access.grant(envelope.token, for: Router.accesses[method.index])
            let action =
                if let form = Router.callForms[method.index] {
                    try record(envelope, as: form, grant, &burst)
                } else {
                    try carryOut(method.method, envelope, grant)
                }
            return (method: method, action: action)
        } catch {
            return (method: method, action: .failed(error))
        }
    }

    private func record(
        _ envelope: RequestEnvelope,
        as form: CallForm,
        _ grant: AccessGrant,
        _ burst: inout BurstBuilder
    ) throws(RPCError) -> Routed {
        let calls = try CallParser.parse(try envelope.namedParams(), as: form, into: &burst)
        guard !grant.isUnlimited else { return .work(.record(calls), form.encoder) }
        do throws(RPCError) {
            try grant.admit(calls, as: form, of: burst)
        } catch {
            burst.removeCalls(from: calls.lowerBound)
            throw error
        }
        return .work(.record(calls), form.encoder)
    }

    private func carryOut(
        _ method: Method,
        _ envelope: RequestEnvelope,
        _ grant: AccessGrant
    ) throws(RPCError) -> Routed {
        let arguments = try Arguments(try envelope.namedParams(), of: method.definition)
        switch method.handler {
        case .checked(let handle):
            try grant.admit(arguments)
            return try handle(arguments, context(envelope, grant))
        case .authentication: return TokenMethods.answer(to: try access.authenticate(arguments.view("token")))
        case .calls: preconditionFailure("calls have their own parser")
        }
    }

    private func context(_ envelope: RequestEnvelope, _ grant: AccessGrant) -> MethodContext {
        MethodContext(
            service: service,
            access: accessService,
            grant: grant,
            facts: facts,
            metrics: metrics,
            dialect: envelope.dialect
        )
    }
}

/// The refusal of a method that there is not.
enum UnknownMethod {
    static func refusal(of name: JSONView) -> RPCError {
        let name = name.string() ?? ""
        guard let nearest = NearestName.of(name, among: MethodCatalog.names) else {
            return .methodNotFound("\(name); help lists the methods")
        }
        return .methodNotFound("\(name); did you mean \(nearest)?")
    }
}
