import LedgerService
import LineJSON
import LineProtocol
import Testing

@testable import LedgerServer

/// The catalog holds together: nothing in it contradicts anything else in it.
@Suite struct MethodCatalogTests {
    static let definitions = MethodCatalog.methods.map(\.definition)

    @Test func holdsAllMethodsOfTheContract() {
        let names = """
            server.info server.ping server.health server.stats server.tasks rpc.discover rpc.cancel help auth org.configure org.observe \
            org.get org.list settings.get settings.update usage.record usage.record_batch usage.import usage.get \
            usage.history mapping.set mapping.remove mapping.list bulk_sync.start bulk_sync.progress bulk_sync.pause \
            bulk_sync.resume bulk_sync.stop bulk_sync.complete bulk_sync.fail bulk_sync.get bulk_sync.list event_sync.get \
            sync_errors.report sync_errors.list sync_errors.get sync_errors.retry sync_errors.retry_succeeded \
            sync_errors.retry_failed events.read events.stream events.subscribe events.unsubscribe projections.list \
            projections.rebuild projections.verify log.stats log.snapshot log.compact log.verify log.backup \
            token.create token.revoke token.list token.audit
            """
        #expect(MethodCatalog.names == names.split(separator: " ").map(String.init))
    }

    @Test func namesAreUnique() {
        #expect(Set(MethodCatalog.names).count == MethodCatalog.names.count)
        for definition in Self.definitions {
            let names = definition.params.map(\.name.description)
            #expect(Set(names).count == names.count, "\(definition.name)")
        }
    }

    @Test func everyTextIsASentence() {
        for definition in Self.definitions {
            #expect(definition.summary.hasSuffix(".") && !definition.summary.contains("\n"), "\(definition.name)")
            #expect(definition.description.isEmpty || definition.description.hasSuffix("."), "\(definition.name)")
            for field in definition.params { #expect(field.summary.hasSuffix("."), "\(definition.name) \(field.name)") }
        }
    }

    @Test func everyExampleIsAcceptedAndItsResultFitsTheSchema() throws {
        for method in MethodCatalog.methods {
            let definition = method.definition
            #expect(!definition.examples.isEmpty, "\(definition.name)")
            for example in definition.examples {
                let byCatalog = try refusal(of: example.params, by: definition)
                #expect(byCatalog == nil, "\(definition.name)")
                if let form = method.callForm {
                    let byParser = try refusal(of: example.params, byCallParserAs: form)
                    #expect(byParser == nil, "\(definition.name)")
                }
                let faults = SchemaValidator.faults(
                    of: try foundationJSON(example.result.utf8),
                    against: try schema(of: definition.result)
                )
                #expect(faults == [], "\(definition.name)")
            }
        }
    }

    @Test func everyDefaultIsAValueOfItsType() throws {
        for definition in Self.definitions {
            for field in definition.params {
                guard let fallback = field.fallback else { continue }
                var writer = JSONWriter()
                writer.value(fallback)
                #expect(!field.isRequired)
                let schema = try schema(of: field.type)
                let faults = SchemaValidator.faults(of: try foundationJSON(writer.bytes), against: schema)
                #expect(faults == [], "\(definition.name) \(field.name)")
            }
        }
    }

    @Test func errorsOfAMethodAreUnique() {
        for definition in Self.definitions {
            let reasons = definition.errors.map(\.reason.description)
            #expect(Set(reasons).count == reasons.count, "\(definition.name)")
        }
    }
}
