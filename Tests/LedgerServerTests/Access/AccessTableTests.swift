import AccessControl
import Testing

@testable import LedgerServer

/// The table in `Protocol/access.md` holds cell by cell, for every method there is; and the test of it can fail.
@Suite struct AccessTableTests {
    /// `auth` is how one says who one is; all others are called.
    private static let methods = MethodCatalog.names.filter { $0 != "auth" }

    @Test func everyMethodHasARowAndARequest() throws {
        let table = try AccessTable()
        #expect(Set(table.rows.keys) == Set(MethodCatalog.names))
        for method in Self.methods { #expect(AccessRequests.params(of: method) != nil, "\(method)") }
    }

    /// A role and a scope, each with what the table says of it.
    private struct Caller: Hashable {
        var role: AccessTable.Column
        /// Nil: everything.
        var scope: AccessTable.Column?

        static let all: [Caller] = {
            let scopes = AccessTable.Column.allCases.filter { $0.scope != nil }
            let roles: [AccessTable.Column] = [.reader, .recorder, .operator]
            return [Caller(role: .nobody), Caller(role: .admin)] + roles.map { Caller(role: $0) }
                + roles.flatMap { role in scopes.map { Caller(role: role, scope: $0) } }
        }()

        /// Who has the role comes as far as the scope.
        func expected(by row: [AccessTable.Column: AccessTable.Cell]) -> AccessTable.Cell? {
            guard let scope, row[role] == .admitted else { return row[role] }
            return row[scope]
        }

        func token(_ rig: RouterRig) throws -> String? {
            try role.role.map { try rig.token($0, scope?.scope ?? .everything) }
        }
    }

    private struct Difference: Hashable {
        var method: String
        var caller: Caller
    }

    /// Calls every method as everybody. Returns where what came is not what the table says. `shown` is the token that a
    /// caller shows.
    private static func differences(
        _ rig: RouterRig,
        shown: (Caller, RouterRig) throws -> String?
    ) throws -> Set<Difference> {
        let table = try AccessTable()
        let admin = try rig.token(.admin)
        for (org, workspace) in [("acme", "sales"), ("acme", "support"), ("globex", "sales"), ("initech", "it")] {
            let call = #"{"org":"\#(org)","workspace":"\#(workspace)","purpose":"inbox"}"#
            _ = try rig.answer("usage.record", call, token: admin)
        }
        var differences: Set<Difference> = []
        for caller in Caller.all {
            let token = try shown(caller, rig)
            for method in methods {
                let row = try #require(table.rows[method])
                let params = try #require(AccessRequests.params(of: method))
                let cell = try outcome(rig, method, params, token)
                if cell != caller.expected(by: row) { differences.insert(Difference(method: method, caller: caller)) }
            }
        }
        return differences
    }

    private static func outcome(
        _ rig: RouterRig,
        _ method: String,
        _ params: String,
        _ token: String?
    ) throws -> AccessTable.Cell {
        do {
            return try AccessTable.Cell(try rig.answer(method, params, token: token))
        } catch is RouterRig.NoAnswer {
            // The connection would begin it.
            return .admitted
        }
    }

    @Test func everyCellIsAsTheTableSays() async throws {
        try await withRig { rig in
            let found = try Self.differences(rig) { caller, rig in try caller.token(rig) }
            #expect(found == [])
        }
    }

    // MARK: That it can fail

    /// Where the table refuses anybody anything for one of these reasons.
    private static func refusals(_ reasons: AccessTable.Cell...) throws -> Set<Difference> {
        let table = try AccessTable()
        let all = methods.flatMap { method in Caller.all.map { Difference(method: method, caller: $0) } }
        return Set(
            all.filter { difference in
                let cell = table.rows[difference.method].flatMap { difference.caller.expected(by: $0) }
                return cell.map(reasons.contains) ?? false
            }
        )
    }

    @Test func itWouldSeeThatNobodyIsAskedForAToken() async throws {
        try await withRig { rig in
            let found = try Self.differences(rig) { caller, rig in try caller.token(rig) ?? rig.token(.admin) }
            #expect(try found == Self.refusals(.token) && !found.isEmpty)
        }
    }

    @Test func itWouldSeeThatRolesAreNotChecked() async throws {
        try await withRig { rig in
            let found = try Self.differences(rig) { caller, rig in
                guard caller.role != .nobody, caller.scope == nil else { return try caller.token(rig) }
                return try rig.token(.admin)
            }
            #expect(try found == Self.refusals(.role).filter { $0.caller.scope == nil } && !found.isEmpty)
        }
    }

    @Test func itWouldSeeThatScopesAreNotChecked() async throws {
        try await withRig { rig in
            let found = try Self.differences(rig) { caller, rig in
                try caller.role.role.map { try rig.token($0, .everything) }
            }
            #expect(try found == Self.refusals(.scope) && !found.isEmpty)
        }
    }
}
