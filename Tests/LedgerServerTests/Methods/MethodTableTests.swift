import LineJSON
import Testing

@testable import LedgerServer

@Suite struct MethodTableTests {
    private func found(_ json: String) throws -> MethodID? {
        var tape = JSONTape()
        let table = MethodTable(MethodCatalog.methods)
        return try tape.withParsed(Array(json.utf8)) { table.find($0) }
    }

    @Test func findsEveryMethod() throws {
        for (index, name) in MethodCatalog.names.enumerated() {
            #expect(try found("\"\(name)\"") == MethodID(index: index))
        }
        #expect(try found(#""usage\u002erecord""#) == found(#""usage.record""#))
    }

    @Test func findsNothingElse() throws {
        for name in MethodCatalog.names {
            for near in [
                name + "x", String(name.dropLast()), String(name.dropFirst()), name.uppercased(), name + "\\u0000",
            ] {
                #expect(try found("\"\(near)\"") == nil, "\(near)")
            }
        }
        for other in [#""""#, "7", "null", "[]"] { #expect(try found(other) == nil) }
    }
}
