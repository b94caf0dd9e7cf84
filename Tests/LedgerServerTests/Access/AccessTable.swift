import AccessControl
import Foundation

@testable import LedgerServer

/// `Protocol/access.md`: who may call what. A row for each method, a column for each kind of caller.
struct AccessTable {
    /// Who calls: a role that reaches everything, or a scope in the hands of an operator, who is the most that a scope can be.
    enum Column: String, CaseIterable {
        case nobody, reader, recorder, `operator`, admin
        case thisOrg = "this org"
        case otherOrg = "another org"
        case thisWorkspace = "this workspace"
        case otherWorkspace = "another workspace"

        var role: Role? { Role(rawValue: rawValue) }

        /// What the requests of `AccessRequests` name is `acme` and `sales`.
        var scope: TokenScope? {
            switch self {
            case .nobody, .reader, .recorder, .operator, .admin: nil
            case .thisOrg: .orgs(["initech", "acme"])
            case .otherOrg: .orgs(["globex"])
            case .thisWorkspace: .workspaces(["marketing", "sales"], org: "acme")
            case .otherWorkspace: .workspaces(["support"], org: "acme")
            }
        }
    }

    /// What comes of a call.
    enum Cell: String {
        case admitted = "✓"
        /// UNAUTHENTICATED, TOKEN_REQUIRED.
        case token
        /// PERMISSION_DENIED, ROLE_TOO_LOW.
        case role
        /// PERMISSION_DENIED, OUT_OF_SCOPE.
        case scope

        /// As an answer shows it.
        init(_ answer: [String: Any]) throws {
            let data = (answer["error"] as? [String: Any])?["data"] as? [String: Any]
            switch (data?["status"] as? String, data?["reason"] as? String) {
            case ("UNAUTHENTICATED", "TOKEN_REQUIRED"): self = .token
            case ("PERMISSION_DENIED", "ROLE_TOO_LOW"): self = .role
            case ("PERMISSION_DENIED", "OUT_OF_SCOPE"): self = .scope
            case ("UNAUTHENTICATED", _), ("PERMISSION_DENIED", _): throw UnexpectedAnswer(answer: "\(answer)")
            // Or the request never came as far as being admitted.
            case ("INVALID_ARGUMENT", _), ("UNIMPLEMENTED", _): throw UnexpectedAnswer(answer: "\(answer)")
            default: self = .admitted
            }
        }
    }

    struct UnexpectedAnswer: Error {
        var answer: String
    }

    private(set) var rows: [String: [Column: Cell]] = [:]

    init() throws {
        let file = ProtocolFileTests.folder.appendingPathComponent("access.md")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let rows = lines.drop { !$0.hasPrefix("| method |") }.map(AccessTable.cells)
        guard let header = rows.first, header.first == "method" else { throw Unreadable(line: "no header") }
        let columns = try header.dropFirst().map { try AccessTable.named(Column(rawValue: $0), $0) }
        for row in rows.dropFirst(2) {
            guard let method = row.first?.trimmingCharacters(in: ["`"]), row.count == header.count,
                self.rows[method] == nil
            else { throw Unreadable(line: "\(row)") }
            let cells = try row.dropFirst().map { try AccessTable.named(Cell(rawValue: $0), $0) }
            self.rows[method] = Dictionary(uniqueKeysWithValues: zip(columns, cells))
        }
    }

    private struct Unreadable: Error {
        var line: String
    }

    private static func cells(_ line: Substring) -> [String] {
        line.split(separator: "|", omittingEmptySubsequences: true).map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private static func named<Value>(_ value: Value?, _ text: String) throws -> Value {
        guard let value else { throw Unreadable(line: text) }
        return value
    }
}

/// A request of every method, about the org `acme` and its workspace `sales` where the method is about any.
enum AccessRequests {
    static func params(of method: String) -> String? { params[method] }

    private static let place = #""org":"acme","workspace":"sales""#

    private static let params: [String: String] = [
        "server.info": "{}", "server.ping": "{}", "server.health": "{}", "server.stats": "{}", "server.tasks": "{}",
        "rpc.discover": "{}", "rpc.cancel": #"{"id":7}"#, "help": "{}",
        "org.configure": #"{"org":"acme","allowance":15000}"#,
        "org.observe": #"{"org":"acme","used":1,"allowance":15000}"#,
        "org.get": #"{"org":"acme"}"#, "org.list": "{}",
        "settings.get": "{\(place)}", "settings.update": "{\(place),\"limit\":1000,\"confirm\":true}",
        "usage.record": "{\(place),\"purpose\":\"inbox\"}",
        "usage.record_batch": "{\"org\":\"acme\",\"purpose\":\"inbox\",\"calls\":[{\"workspace\":\"sales\"}]}",
        "usage.import":
            "{\"org\":\"acme\",\"calls\":[{\"id\":\"1\",\"at\":\"2026-11-21T00:00:00Z\",\"workspace\":\"sales\"}]}",
        "usage.get": "{\(place)}",
        "usage.history": "{\(place),\"from\":\"2026-11-21T00:00:00Z\",\"to\":\"2026-11-22T00:00:00Z\"}",
        "mapping.set":
            """
        {\(place),"object":"lead","intercom":"email","salesforce":"Email","direction":"intercom_to_salesforce",\
        "confirm":true}
        """,
        "mapping.remove": "{\(place),\"object\":\"lead\",\"intercom\":\"email\",\"confirm\":true}",
        "mapping.list": "{\(place)}",
        "bulk_sync.start": "{\(place)}",
        "bulk_sync.progress":
            """
        {\(place),"sync":1,"total":1,"processed":0,"updated":0,"unchanged":0,"skipped":0,"failed":0}
        """,
        "bulk_sync.pause": "{\(place)}", "bulk_sync.resume": "{\(place)}", "bulk_sync.stop": "{\(place)}",
        "bulk_sync.complete": "{\(place)}", "bulk_sync.fail": "{\(place),\"code\":\"X\",\"message\":\"x\"}",
        "bulk_sync.get": "{\(place)}", "bulk_sync.list": "{\(place)}", "event_sync.get": "{\(place)}",
        "sync_errors.report":
            """
        {\(place),"direction":"intercom_to_salesforce","sync_type":"event_sync","object":"lead","record":"1",\
        "code":"X","message":"x"}
        """,
        "sync_errors.list": "{\(place)}", "sync_errors.get": "{\(place),\"error\":1}",
        "sync_errors.retry": "{\(place),\"error\":1}", "sync_errors.retry_succeeded": "{\(place),\"error\":1}",
        "sync_errors.retry_failed": "{\(place),\"error\":1,\"code\":\"X\",\"message\":\"x\"}",
        "events.read": "{\(place)}", "events.stream": "{\(place)}", "events.subscribe": "{\(place)}",
        "events.unsubscribe": #"{"subscription":1}"#,
        "projections.list": "{}", "projections.rebuild": "{}", "projections.verify": "{}",
        "log.stats": "{}", "log.snapshot": "{}", "log.compact": #"{"dry_run":true}"#, "log.verify": "{}",
        "log.backup": #"{"path":"copy.db"}"#,
        "token.create": #"{"role":"reader"}"#, "token.revoke": #"{"id":"0000000000000000"}"#, "token.list": "{}",
        "token.audit": "{}",
    ]
}
