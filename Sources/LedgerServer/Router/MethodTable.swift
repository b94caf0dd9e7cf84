import LineJSON

/// A method's place in the catalog.
struct MethodID: Hashable, Sendable {
    let index: Int

    var method: Method { MethodCatalog.methods[index] }
}

/// Finds methods by the bytes of their names.
struct MethodTable: Sendable {
    private let names: JSONNameTable

    init(_ methods: [Method]) {
        names = JSONNameTable(methods.map(\.definition.name))
    }

    /// Nil when there is no such method.
    func find(_ name: JSONView) -> MethodID? {
        names.index(of: name).map { MethodID(index: $0) }
    }
}
