import LedgerService
import LineJSON
import LineProtocol

/// From a request line to what has to be done for it: the only place where protocol and domain meet.
struct Router: Sendable {
    /// By method; nil for those whose parameters the catalog checks.
    private static let callForms = MethodCatalog.methods.map(\.callForm)
    private static let table = MethodTable(MethodCatalog.methods)

    private let service: any ServedLedger
    private let facts: ServerFacts
    private let metrics: RequestMetrics

    init(service: any ServedLedger, facts: ServerFacts, metrics: RequestMetrics) {
        self.service = service
        self.facts = facts
        self.metrics = metrics
    }

    /// Understands one request. The calls that it records are added to `burst`; its work is the caller's to add, so
    /// that it can keep the order and the deadline.
    func route(_ envelope: RequestEnvelope, into burst: inout BurstBuilder) -> Route {
        guard let method = Router.table.find(envelope.method) else {
            return (method: nil, action: .failed(UnknownMethod.refusal(of: envelope.method)))
        }
        do throws(RPCError) {
            let action =
                if let form = Router.callForms[method.index] {
                    try record(envelope, as: form, &burst)
                } else {
                    try carryOut(method.method, envelope)
                }
            return (method: method, action: action)
        } catch {
            return (method: method, action: .failed(error))
        }
    }

    private func record(
        _ envelope: RequestEnvelope,
        as form: CallForm,
        _ burst: inout BurstBuilder
    ) throws(RPCError) -> Routed {
        .work(.record(try CallParser.parse(try envelope.namedParams(), as: form, into: &burst)), form.encoder)
    }

    private func carryOut(_ method: Method, _ envelope: RequestEnvelope) throws(RPCError) -> Routed {
        guard case .checked(let handle) = method.handler else { preconditionFailure("calls have their own parser") }
        let arguments = try Arguments(try envelope.namedParams(), of: method.definition)
        let context = MethodContext(service: service, facts: facts, metrics: metrics, dialect: envelope.dialect)
        return try handle(arguments, context)
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
