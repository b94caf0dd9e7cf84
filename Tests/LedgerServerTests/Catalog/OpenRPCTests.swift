import Foundation
import LineJSON
import Testing

@testable import LedgerServer

/// The OpenRPC document is what its specification wants, and says all that the catalog says.
@Suite struct OpenRPCTests {
    @Test func holdsEveryMethodWithItsParameters() throws {
        let document = try #require(try foundationJSON(OpenRPC.document) as? [String: Any])
        #expect(document["openrpc"] as? String == "1.3.2")
        let info = try #require(document["info"] as? [String: Any])
        #expect(info["version"] as? String == LedgerlineVersion.text && info["title"] is String)
        let methods = try #require(document["methods"] as? [[String: Any]])
        #expect(methods.compactMap { $0["name"] as? String } == MethodCatalog.names)
        for (method, described) in zip(MethodCatalog.methods, methods) {
            let params = try #require(described["params"] as? [[String: Any]])
            #expect(params.compactMap { $0["name"] as? String } == method.definition.params.map(\.name.description))
            #expect(described["paramStructure"] as? String == "by-name")
            #expect((described["result"] as? [String: Any])?["schema"] is [String: Any])
        }
    }

    @Test func errorCodesOfAMethodAreUnique() throws {
        let document = try #require(try foundationJSON(OpenRPC.document) as? [String: Any])
        let components = try #require(document["components"] as? [String: Any])
        let shared = try #require(components["errors"] as? [String: [String: Any]])
        for method in try #require(document["methods"] as? [[String: Any]]) {
            let codes = try #require(method["errors"] as? [[String: Any]]).map { error -> Int? in
                guard let reference = error["$ref"] as? String else { return error["code"] as? Int }
                return shared[String(reference.split(separator: "/").last ?? "")]?["code"] as? Int
            }
            #expect(!codes.contains(nil))
            #expect(Set(codes).count == codes.count, "\(method["name"] ?? "")")
        }
    }

    @Test func schemasTakeWhatTheCatalogTakes() throws {
        for field in MethodCatalog.methods.flatMap(\.definition.params) {
            let schema = try schema(of: field.type)
            for sample in field.type.validSamples {
                #expect(
                    SchemaValidator.faults(of: try foundationJSON(sample.utf8), against: schema) == [],
                    "\(field.name)"
                )
            }
        }
    }
}
