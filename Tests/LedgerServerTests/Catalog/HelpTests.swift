import Testing

@testable import LedgerServer

@Suite struct HelpTests {
    @Test func theOverviewNamesEveryMethodOnce() {
        for name in MethodCatalog.names {
            #expect(Help.overview.split(separator: "\n").count { $0.hasPrefix("  \(name) ") } == 1, "\(name)")
        }
    }

    @Test func linesToPasteAreAccepted() throws {
        let lines = Help.overview.split(separator: "\n").filter { $0.hasPrefix("  {") }
        #expect(lines.count == 3)
        for line in lines {
            let object = try #require(try foundationJSON(line.utf8) as? [String: Any])
            #expect(MethodCatalog.names.contains(object["method"] as? String ?? ""))
        }
    }

    @Test func aMethodIsExplainedWithAllThereIsToKnow() throws {
        for definition in MethodCatalog.methods.map(\.definition) {
            let text = try #require(Help.text(on: definition.name.description))
            for field in definition.params {
                #expect(
                    text.contains("\n  \(field.name)\(field.isRequired ? "*" : ""): "),
                    "\(definition.name) \(field.name)"
                )
            }
            for error in definition.errors { #expect(text.contains("\(error.reason)")) }
            #expect(text.hasSuffix("\n"))
        }
    }

    @Test func aServiceIsExplainedMethodByMethod() throws {
        let text = try #require(Help.text(on: "usage"))
        for name in ["usage.record", "usage.get", "usage.history"] { #expect(text.contains("\n\(name): ")) }
        #expect(text.contains("calls: an integer from 1 to 1000000, default 1."))
    }

    @Test func thereIsNoHelpOnWhatThereIsNot() {
        #expect(Help.text(on: "nothing") == nil)
    }
}
