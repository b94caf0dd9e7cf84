import LineProtocol

/// All methods, service by service: the one source of what requests are checked against, of `rpc.discover`, of `help`
/// and of Protocol/openrpc.json.
enum MethodCatalog {
    static let services: [Service] = [
        ServerMethods.service, OrgMethods.service, SettingsMethods.service, UsageMethods.service,
        MappingMethods.service, BulkSyncMethods.service, EventSyncMethods.service, SyncErrorMethods.service,
        EventsMethods.service, ProjectionMethods.service, LogMethods.service, TokenMethods.service,
    ]

    /// In the order of their services; a method's index is its `MethodID`.
    static let methods: [Method] = services.flatMap(\.methods)

    /// The names of all methods, for completion in shells.
    package static var names: [String] { methods.map(\.definition.name.description) }
}

/// Methods that belong together.
struct Service: Sendable {
    let name: String
    let summary: String
    let methods: [Method]
}

/// A method: its contract and what carries it out.
struct Method: Sendable {
    let definition: MethodDefinition
    let handler: Handler

    enum Handler: Sendable {
        /// Gets parameters that were checked against the definition.
        case checked(@Sendable (Arguments, MethodContext) throws(RPCError) -> Routed)
        /// Recording calls: the parameters are read by `CallParser`, in one walk without a catalog.
        case calls(CallForm)
        /// Tells the connection who it is: the router's own.
        case authentication
    }

    init(
        _ definition: MethodDefinition,
        _ handle: @escaping @Sendable (Arguments, MethodContext) throws(RPCError) -> Routed
    ) {
        self.definition = definition
        handler = .checked(handle)
    }

    init(_ definition: MethodDefinition, recording form: CallForm) {
        self.definition = definition
        handler = .calls(form)
    }

    init(authenticating definition: MethodDefinition) {
        self.definition = definition
        handler = .authentication
    }
}

extension Method {
    /// The form of call that the method records; nil for all other methods.
    var callForm: CallForm? {
        guard case .calls(let form) = handler else { return nil }
        return form
    }
}
