import Foundation
import LedgerService
import Testing

@testable import LedgerServer

/// The written specification leaves nothing of the catalog out.
@Suite struct ProtocolDocumentTests {
    static let document: String = {
        let file = ProtocolFileTests.folder.appendingPathComponent("protocol.md")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    /// The section of a method: from its heading to the next one.
    static func section(of method: String) -> Substring? {
        guard let heading = document.range(of: "\n#### \(method)\n") else { return nil }
        let rest = document[heading.upperBound...]
        return rest[..<(rest.range(of: "\n##")?.lowerBound ?? rest.endIndex)]
    }

    @Test(arguments: MethodCatalog.methods.map(\.definition.name.description))
    func hasASectionForTheMethod(_ name: String) throws {
        let section = try #require(Self.section(of: name), "there is no heading #### \(name)")
        let definition = definition(name)
        // A section may say "as in" another one; then what that one says counts too.
        let text = Self.referenced(by: section) + section
        for field in definition.params {
            #expect(
                text.contains("`\(field.name)`") || text.contains(".\(field.name)`"),
                "\(name): parameter \(field.name)"
            )
        }
        for field in definition.result.members {
            #expect(text.contains("\(field.name)"), "\(name): result \(field.name)")
        }
        for error in definition.errors {
            #expect(Self.document.contains("\(error.reason)"), "\(name): \(error.reason)")
        }
    }

    @Test(arguments: EventCatalog.events.map(\.type)) func tellsOfTheEvent(_ type: EventType) throws {
        let row = try #require(
            Self.document.split(separator: "\n").first { $0.hasPrefix("| `\(type.rawValue)` |") },
            "\(type.rawValue)"
        )
        let definition = try #require(EventCatalog.events.first { $0.type == type })
        for field in definition.data { #expect(row.contains("`\(field.name)`"), "\(type.rawValue): \(field.name)") }
    }

    private static func referenced(by section: Substring) -> String {
        MethodCatalog.names.filter { section.contains("`\($0)`") }.compactMap { Self.section(of: $0) }
            .map(String.init).joined()
    }
}

extension ValueType {
    /// The members of a result.
    fileprivate var members: [Field] {
        if case .object(let fields) = self { fields } else { [] }
    }
}
