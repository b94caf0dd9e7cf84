import Foundation
import LedgerService
import LineJSON
import Testing

@testable import LedgerServer

/// The machine-readable contract in `Protocol/` is what the catalog generates. `LEDGERLINE_RECORD=1` writes it anew;
/// such a run still fails, so that nobody commits a change of the contract unseen.
@Suite struct ProtocolFileTests {
    static let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../Protocol")
        .standardizedFileURL

    @Test func theOpenRPCDocumentIsUpToDate() throws {
        try check("openrpc.json", OpenRPC.document)
    }

    @Test(arguments: EventType.allCases) func theSchemasOfEventsAreUpToDate(_ type: EventType) throws {
        let definition = try #require(EventCatalog.events.first { $0.type == type })
        try check("events/\(type.rawValue).json", definition.schema)
    }

    @Test func thereAreNoOtherSchemas() throws {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: Self.folder.appendingPathComponent("events").path
        )
        #expect(names.sorted() == EventType.allCases.map { $0.rawValue + ".json" }.sorted())
    }

    private func check(_ name: String, _ json: [UInt8]) throws {
        let file = Self.folder.appendingPathComponent(name)
        let expected = try PrettyJSON.text(json)
        guard ProcessInfo.processInfo.environment["LEDGERLINE_RECORD"] == "1" else {
            #expect(try String(contentsOf: file, encoding: .utf8) == expected, "LEDGERLINE_RECORD=1 writes it anew")
            return
        }
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try expected.write(to: file, atomically: true, encoding: .utf8)
        Issue.record("recorded \(name): read it, then run again without LEDGERLINE_RECORD")
    }
}

/// JSON for readers: a member a line, the order as it is. Arrays of scalars stay on one line.
enum PrettyJSON {
    static func text(_ json: [UInt8]) throws -> String {
        var tape = JSONTape()
        return try tape.withParsed(json) { view in rendered(view, indent: "") } + "\n"
    }

    private static func rendered(_ view: JSONView, indent: String) -> String {
        let inner = indent + "  "
        switch view.kind {
        case .object where view.count > 0:
            let members = view.members.map { raw($0.key) + ": " + rendered($0.value, indent: inner) }
            return lines(members, "{", "}", indent)
        case .array where view.elements.contains { $0.kind == .object || $0.kind == .array }:
            return lines(view.elements.map { rendered($0, indent: inner) }, "[", "]", indent)
        case .array: return "[" + view.elements.map(raw).joined(separator: ", ") + "]"
        default: return raw(view)
        }
    }

    private static func lines(_ parts: [String], _ opening: String, _ closing: String, _ indent: String) -> String {
        opening + "\n" + parts.map { indent + "  " + $0 }.joined(separator: ",\n") + "\n" + indent + closing
    }

    private static func raw(_ view: JSONView) -> String { String(decoding: view.rawBytes, as: UTF8.self) }
}
