import AccessControl
import EventSourcing
import Foundation
import LedgerService
import TestSupport
import Testing

@testable import LedgerServer

/// Who is let in over a real socket, and when it ends.
@Suite struct DoorTests {
    private static let ping = #"{"method":"server.info"}"#

    private static func auth(_ token: String) -> String { #"{"method":"auth","params":{"token":"\#(token)"}}"# }

    private static func record(_ workspace: String, org: String = "acme") -> String {
        #"{"method":"usage.record","params":{"org":"\#(org)","workspace":"\#(workspace)","purpose":"inbox"}}"#
    }

    /// `data.reason` of an error; nil when there is none.
    private static func reason(_ answer: String) throws -> String? {
        let object = try foundationJSON(answer.utf8) as? [String: Any]
        return ((object?["error"] as? [String: Any])?["data"] as? [String: Any])?["reason"] as? String
    }

    private static func isResult(_ answer: String) -> Bool { answer.contains(#""result":"#) }

    // MARK: When tokens are demanded

    @Test func withoutAnyTokenLoopbackIsOpenAndTheFirstOneClosesIt() async throws {
        try await withServer { server in
            let open = try LineSocket(port: server.port)
            #expect(try Self.isResult(open.ask(Self.ping)))
            let created = try open.ask(#"{"method":"token.create","params":{"role":"admin"}}"#)
            let token = try #require(try Self.token(in: created))
            // The same connection, which nobody has spoken for.
            #expect(try Self.reason(open.ask(Self.ping)) == "TOKEN_REQUIRED")
            #expect(try Self.reason(LineSocket(port: server.port).ask(Self.ping)) == "TOKEN_REQUIRED")
            #expect(try Self.isResult(open.ask(Self.auth(token))))
            #expect(try Self.isResult(open.ask(Self.ping)))
        }
    }

    @Test func thatTheLastTokenIsRevokedOpensNothing() async throws {
        try await withServer { server in
            let made = try server.access.create(.init(role: .admin, scope: .everything), by: Actor(peer: "test"))
            _ = try server.access.revoke(made.token.id, by: Actor(peer: "test"))
            let socket = try LineSocket(port: server.port)
            #expect(try Self.reason(socket.ask(Self.ping)) == "TOKEN_REQUIRED")
            #expect(try Self.reason(socket.ask(Self.auth(made.text))) == "TOKEN_INVALID")
        }
    }

    @Test func requiredTokensAreDemandedFromTheStart() async throws {
        try await withServer(areTokensRequired: true) { server in
            let socket = try LineSocket(port: server.port)
            #expect(try Self.reason(socket.ask(Self.ping)) == "TOKEN_REQUIRED")
            for anybodys in ["server.ping", "server.health", "rpc.discover"] {
                #expect(try Self.isResult(socket.ask(#"{"method":"\#(anybodys)"}"#)))
            }
            #expect(try socket.ask("help usage.get").hasPrefix("usage.get: "))
        }
    }

    // MARK: Showing a token

    @Test func aTokenBesideParamsStandsForThatRequestAlone() async throws {
        try await withServer { server in
            let reader = try server.access.create(.init(role: .reader, scope: .everything), by: Actor(peer: "test"))
                .text
            let socket = try LineSocket(port: server.port)
            #expect(try Self.isResult(socket.ask(#"{"method":"server.info","token":"\#(reader)"}"#)))
            // Remembered, and yet compared.
            #expect(try Self.isResult(socket.ask(#"{"method":"server.info","token":"\#(reader)"}"#)))
            let other = String(reader.dropLast()) + (reader.last == "0" ? "1" : "0")
            #expect(try Self.reason(socket.ask(#"{"method":"server.info","token":"\#(other)"}"#)) == "TOKEN_INVALID")
            #expect(try Self.reason(socket.ask(Self.ping)) == "TOKEN_REQUIRED")
            // In a batch each request has its own.
            let batch = try socket.ask(
                """
                [{"jsonrpc":"2.0","id":1,"method":"server.info","token":"\(reader)"},{"jsonrpc":"2.0","id":2,\
                "method":"server.info"}]
                """
            )
            #expect(batch.contains(#""name":"ledgerline""#) && batch.contains("TOKEN_REQUIRED"))
        }
    }

    @Test func whateverIsWrongWithATokenIsAnsweredAlike() async throws {
        let clock = ManualClock()
        try await withServer(clock: clock) { server in
            let owner = Actor(peer: "test")
            let good = try server.access.create(.init(role: .admin, scope: .everything), by: owner)
            let revoked = try server.access.create(.init(role: .admin, scope: .everything), by: owner)
            _ = try server.access.revoke(revoked.token.id, by: owner)
            let expired = try server.access.create(
                .init(role: .admin, scope: .everything, expires: clock.now + .seconds(1)),
                by: owner
            )
            clock.now = clock.now + .seconds(1)
            // Each on a connection of its own, which bears only a few.
            func show(_ token: String) throws -> String {
                try LineSocket(port: server.port).ask(Self.auth(token))
            }
            let wrong = String(good.text.dropLast()) + (good.text.last == "0" ? "1" : "0")
            let answers = try [wrong, "ll_x", "", "x", revoked.text, wrong.uppercased()].map(show)
            // An empty one is no text that a token may be.
            #expect(try Set(answers.map { try Self.reason($0) ?? "-" }) == ["TOKEN_INVALID", "-"])
            #expect(Set(answers.filter { $0.contains("TOKEN_INVALID") }).count == 1)
            // Who had it may know that it has expired; who has only its id may not.
            #expect(try show(expired.text).contains(#""expired":"#))
            let guessed = String(expired.text.dropLast(64)) + String(repeating: "0", count: 64)
            #expect(try show(guessed) == answers[0])
        }
    }

    @Test func afterAUselessTokenAConnectionIsNobodys() async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            #expect(try Self.isResult(socket.ask(Self.ping)))
            #expect(try Self.reason(socket.ask(Self.auth("ll_wrong"))) == "TOKEN_INVALID")
            // Though nobody else is asked for one here.
            #expect(try Self.reason(socket.ask(Self.ping)) == "TOKEN_INVALID")
            #expect(try Self.isResult(LineSocket(port: server.port).ask(Self.ping)))
        }
    }

    @Test func afterAFewUselessTokensTheConnectionIsToldAndClosed() async throws {
        try await withServer { server in
            let good = try server.access.create(.init(role: .admin, scope: .everything), by: Actor(peer: "test")).text
            let most = ServerLimits().uselessTokensMax
            let socket = try LineSocket(port: server.port)
            // However they are shown; what comes in between is answered, and what comes behind is not looked at.
            let tokens = (0..<most).map { index in
                index.isMultiple(of: 2) ? Self.auth("ll_x") : #"{"method":"server.ping","token":"ll_x"}"#
            }
            let behind = [Self.auth(good), Self.ping]
            let lines = [Self.auth(good), Self.ping] + tokens + behind
            try socket.send(bytes: Array(lines.map { $0 + "\n" }.joined().utf8))
            let answers = try socket.readToEnd().split(separator: "\n").map(String.init)
            #expect(answers.count == 2 + most + 1)
            #expect(answers.prefix(2).allSatisfy(Self.isResult))
            #expect(try answers.dropFirst(2).dropLast().allSatisfy { try Self.reason($0) == "TOKEN_INVALID" })
            let last = try #require(answers.last)
            #expect(last.contains(#""reason":"USELESS_TOKENS","max":\#(most)"#) && last.contains(#"{"id":null,"#))
            let stats = try LineSocket(port: server.port).ask(#"{"method":"server.stats","token":"\#(good)"}"#)
            #expect(stats.contains(#""closed":{"USELESS_TOKENS":1}"#))
        }
    }

    @Test func inABatchToNoMoreTokensAreLookedAt() async throws {
        try await withServer { server in
            let good = try server.access.create(.init(role: .admin, scope: .everything), by: Actor(peer: "test")).text
            let most = ServerLimits().uselessTokensMax
            let requests = (0..<most + 3).map { index in
                let token = index < most + 2 ? "ll_x" : good
                return #"{"jsonrpc":"2.0","id":\#(index),"method":"server.ping","token":"\#(token)"}"#
            }
            let socket = try LineSocket(port: server.port)
            try socket.send("[\(requests.joined(separator: ","))]")
            let batch = try #require(try socket.readLine())
            #expect(batch.ranges(of: "TOKEN_INVALID").count == most)
            #expect(batch.ranges(of: "USELESS_TOKENS").count == 3 && !Self.isResult(batch))
            #expect(try socket.readLine()?.contains("USELESS_TOKENS") == true)
            #expect(try socket.readLine() == nil)
            var counted: [String] = []
            _ = try server.access.audit(from: LogPosition(2), limit: 10) {
                counted.append(String(decoding: $0, as: UTF8.self))
            }
            #expect(counted.count == 2 && counted[1].contains(#""count":\#(most - 1)"#))
        }
    }

    @Test func uselessTokensEndSubscriptionsToo() async throws {
        try await withServer { server in
            let made = try server.access.create(.init(role: .reader, scope: .everything), by: Actor(peer: "test"))
            let socket = try LineSocket(port: server.port)
            let subscribe = #"{"method":"events.subscribe","token":"\#(made.text)"}"#
            #expect(try socket.ask(subscribe).contains(#""subscription":1"#))
            #expect(try socket.readLine()?.contains("caught_up") == true)
            for _ in 0..<ServerLimits().uselessTokensMax { try socket.send(Self.auth("ll_x")) }
            var lines: [String] = []
            while let line = try socket.readLine(), !line.contains("heartbeat") { lines.append(line) }
            #expect(lines.count { $0.contains("TOKEN_INVALID") } == ServerLimits().uselessTokensMax)
            #expect(lines.contains { $0.contains("USELESS_TOKENS") })
            #expect(lines.contains { $0.contains(#""control":"closing""#) && $0.contains("of no use") })
        }
    }

    /// Behind it no token is looked at, so nothing ends it.
    @Test func uselessTokensBehindAStreamAreNotHeard() async throws {
        try await withServer { server in
            let made = try server.access.create(.init(role: .reader, scope: .everything), by: Actor(peer: "test"))
            let socket = try LineSocket(port: server.port)
            try socket.send(#"{"method":"events.stream","token":"\#(made.text)"}"#)
            #expect(try socket.readLine()?.contains(#""control":"streaming""#) == true)
            #expect(try socket.readLine()?.contains("caught_up") == true)
            for _ in 0...ServerLimits().uselessTokensMax {
                #expect(try Self.reason(socket.ask(Self.auth("ll_x"))) == "STREAMING")
            }
            var refusals = 0
            _ = try server.access.audit(from: LogPosition(2), limit: 10) { _ in refusals += 1 }
            #expect(refusals == 0)
        }
    }

    // MARK: The end of a token

    @Test func aRevokedTokenIsOfNoUseOnOpenConnectionsEither() async throws {
        try await withServer { server in
            let made = try server.access.create(.init(role: .admin, scope: .everything), by: Actor(peer: "test"))
            let (shown, beside) = (try LineSocket(port: server.port), try LineSocket(port: server.port))
            let request = #"{"method":"server.info","token":"\#(made.text)"}"#
            #expect(try Self.isResult(shown.ask(Self.auth(made.text))) && Self.isResult(shown.ask(Self.ping)))
            #expect(try Self.isResult(beside.ask(request)))
            let revoke = #"{"method":"token.revoke","params":{"id":"\#(made.token.id)"}}"#
            // By its own leave: the answer still comes, and it is the last.
            #expect(try shown.ask(revoke).contains(#""changed":true"#))
            #expect(try Self.reason(shown.ask(Self.ping)) == "TOKEN_INVALID")
            #expect(try Self.reason(beside.ask(request)) == "TOKEN_INVALID")
        }
    }

    @Test func aTokenEndsWithTheMillisecondThatItNames() async throws {
        let clock = ManualClock()
        try await withServer(clock: clock) { server in
            let expires = clock.now + .hours(1)
            let made = try server.access.create(
                .init(role: .reader, scope: .everything, expires: expires),
                by: Actor(peer: "test")
            )
            let socket = try LineSocket(port: server.port)
            let beside = #"{"method":"server.info","token":"\#(made.text)"}"#
            #expect(try Self.isResult(socket.ask(Self.auth(made.text))))
            clock.now = expires - TimeSpan(milliseconds: 1)
            #expect(try Self.isResult(socket.ask(Self.ping)) && Self.isResult(socket.ask(beside)))
            clock.now = expires
            #expect(try Self.reason(socket.ask(Self.ping)) == "TOKEN_INVALID")
            #expect(try Self.reason(socket.ask(beside)) == "TOKEN_INVALID")
        }
    }

    @Test func aRunningStreamEndsWithItsToken() async throws {
        try await withServer { server in
            let made = try server.access.create(.init(role: .reader, scope: .everything), by: Actor(peer: "test"))
            let socket = try LineSocket(port: server.port)
            try socket.send(#"{"method":"events.stream","params":{"from":"start"},"token":"\#(made.text)"}"#)
            #expect(try socket.readLine()?.contains(#""control":"streaming""#) == true)
            #expect(try socket.readLine()?.contains(#""control":"caught_up""#) == true)
            _ = try server.access.revoke(made.token.id, by: Actor(peer: "test"))
            let last = try socket.readLine()
            #expect(last?.contains(#""control":"closing""#) == true && last?.contains("token") == true)
            #expect(try socket.readLine() == nil)
        }
    }

    @Test func aSubscriptionEndsWithItsOwnTokenAndTheOthersGoOn() async throws {
        let clock = ManualClock()
        try await withServer(clock: clock) { server in
            let owner = Actor(peer: "test")
            let long = try server.access.create(.init(role: .recorder, scope: .everything), by: owner)
            let short = try server.access.create(
                .init(role: .reader, scope: .everything, expires: clock.now + .seconds(30)),
                by: owner
            )
            let socket = try LineSocket(port: server.port)
            #expect(try Self.isResult(socket.ask(Self.auth(long.text))))
            let subscribe = #"{"method":"events.subscribe","params":{"from":"start"}"#
            #expect(try socket.ask(subscribe + #","token":"\#(short.text)"}"#).contains(#""subscription":1"#))
            #expect(try socket.readLine()?.contains("caught_up") == true)
            #expect(try socket.ask(subscribe + "}").contains(#""subscription":2"#))
            #expect(try socket.readLine()?.contains("caught_up") == true)
            clock.now = clock.now + .seconds(30)
            server.access.wake()
            let closing = try socket.readLine()
            #expect(closing?.contains(#""subscription":1,"control":"closing""#) == true)
            try socket.send(Self.record("sales"))
            let lines = try [socket.readLine(), socket.readLine()].compactMap { $0 }
            #expect(lines.contains { $0.contains(#""subscription":2"#) && $0.contains("api.called") })
            #expect(lines.contains { Self.isResult($0) })
        }
    }

    @Test func theFirstTokenEndsTheStreamsOfThoseWhoHaveNone() async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(#"{"method":"events.stream"}"#)
            #expect(try socket.readLine()?.contains(#""control":"streaming""#) == true)
            #expect(try socket.readLine()?.contains(#""control":"caught_up""#) == true)
            _ = try server.access.create(.init(role: .admin, scope: .everything), by: Actor(peer: "test"))
            #expect(try socket.readLine()?.contains(#""control":"closing""#) == true)
        }
    }

    // MARK: Scopes

    @Test func aReaderOfAWorkspaceSeesItsEventsAndNobodyElses() async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            for (org, workspace) in [("acme", "sales"), ("acme", "support"), ("globex", "sales"), ("acme", "sales")] {
                _ = try socket.ask(Self.record(workspace, org: org))
            }
            _ = try socket.ask(#"{"method":"org.configure","params":{"org":"acme","allowance":9000}}"#)
            let integration = #"{"org":"acme","integration":"Loader","purpose":"other"}"#
            _ = try socket.ask(#"{"method":"usage.record","params":\#(integration)}"#)

            let scope = TokenScope.workspaces(["sales"], org: "acme")
            let token = try server.access.create(.init(role: .reader, scope: scope), by: Actor(peer: "test")).text
            #expect(try Self.isResult(socket.ask(Self.auth(token))))
            let read = try socket.ask(#"{"method":"events.read"}"#)
            #expect(
                read.ranges(of: #""type":"#).count == 2
                    && read.ranges(of: #""org":"acme","workspace":"sales""#).count == 2
            )
            #expect(try socket.ask(#"{"method":"org.list"}"#).contains("globex") == false)
            let usage = try socket.ask(#"{"method":"usage.get","params":{"org":"acme","workspace":"sales"}}"#)
            #expect(usage.contains(#""used_by_workspace":2,"used_by_others":2"#) && !usage.contains("support"))
            let blocks = try socket.ask(#"{"method":"events.subscribe","params":{"blocks":true}}"#)
            #expect(blocks.contains(#""field":"blocks""#))

            try socket.send(#"{"method":"events.stream","params":{"from":"start","heartbeat_ms":600000}}"#)
            var lines: [String] = []
            while let line = try socket.readLine(), !line.contains("caught_up") { lines.append(line) }
            #expect(lines.filter { $0.contains("position") && !$0.contains("control") }.count == 2)
            #expect(!lines.contains { $0.contains("globex") || $0.contains("support") || $0.contains("Loader") })
            // What comes live is cut as what was there.
            let writer = try server.access.create(.init(role: .recorder, scope: .everything), by: Actor(peer: "test"))
                .text
            let other = try LineSocket(port: server.port)
            #expect(try Self.isResult(other.ask(Self.auth(writer))))
            for workspace in ["support", "sales"] { _ = try other.ask(Self.record(workspace)) }
            #expect(try socket.readLine()?.contains(#""workspace":"sales""#) == true)
        }
    }

    @Test func aBatchWithOneCallOutOfScopeRecordsNothing() async throws {
        try await withServer { server in
            let scope = TokenScope.workspaces(["sales"], org: "acme")
            let token = try server.access.create(.init(role: .recorder, scope: scope), by: Actor(peer: "test")).text
            let socket = try LineSocket(port: server.port)
            #expect(try Self.isResult(socket.ask(Self.auth(token))))
            func batch(_ calls: String) throws -> String {
                let params = #"{"org":"acme","workspace":"sales","purpose":"inbox","calls":[\#(calls)]}"#
                return try socket.ask(#"{"method":"usage.record_batch","params":\#(params)}"#)
            }
            #expect(try batch(#"{},{},{"workspace":"support"},{}"#).contains(#""field":"calls[2].workspace""#))
            #expect(try batch(#"{},{"org":"globex"}"#).contains(#""field":"calls[1].org""#))
            #expect(server.service.feed.head.position == .beforeFirst)
            #expect(try batch("{},{}").contains(#""recorded":2"#))
            // The app of an org that is no workspace is not the workspace's.
            let integration = #"{"org":"acme","integration":"Loader","purpose":"other"}"#
            let refused = try socket.ask(#"{"method":"usage.record","params":\#(integration)}"#)
            #expect(refused.contains(#""reason":"OUT_OF_SCOPE","field":"workspace""#))
            let answer = try socket.ask(#"{"method":"usage.get","params":{"org":"acme","workspace":"sales"}}"#)
            #expect(answer.contains(#""used_by_workspace":2"#))
        }
    }

    /// Ids of imports are unique in the org: who could use one up would keep the call away that it belongs to, and learn from
    /// a duplicate that there is one.
    @Test func whoHoldsAWorkspaceCannotImport() async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            func imported(_ workspace: String) throws -> String {
                let call = #"{"id":"r1","at":"2026-11-01T10:05:00Z","workspace":"\#(workspace)"}"#
                return try socket.ask(#"{"method":"usage.import","params":{"org":"acme","calls":[\#(call)]}}"#)
            }
            let scope = TokenScope.workspaces(["sales"], org: "acme")
            let owner = Actor(peer: "test")
            let one = try server.access.create(.init(role: .recorder, scope: scope), by: owner).text
            let all = try server.access.create(.init(role: .recorder, scope: .orgs(["acme"])), by: owner).text
            _ = try socket.ask(Self.auth(one))
            let refusal = try imported("sales")
            #expect(refusal.contains(#""reason":"OUT_OF_SCOPE","field":"org""#))
            _ = try socket.ask(Self.auth(all))
            #expect(try imported("support").contains(#""recorded":1,"duplicates":0"#))
            _ = try socket.ask(Self.auth(one))
            #expect(try imported("sales") == refusal)
        }
    }

    /// With the hashes before and after an event of somebody else, a guess at what it says could be proven.
    @Test func theHashOfAllLinesIsForThoseWhoMaySeeAllOfThem() async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            _ = try socket.ask(Self.record("support"))
            func info(_ scope: TokenScope) throws -> String {
                let token = try server.access.create(.init(role: .reader, scope: scope), by: Actor(peer: "test")).text
                return try socket.ask(#"{"method":"server.info","token":"\#(token)"}"#)
            }
            let hash = server.service.feed.head.hash
            #expect(try info(.everything).contains(#""head":{"position":1,"hash":"\#(hash)"}"#))
            for scope in [TokenScope.orgs(["acme"]), .workspaces(["sales"], org: "acme")] {
                let told = try info(scope)
                #expect(told.contains(#""data_directory":null,"head":{"position":1,"hash":null}"#))
                #expect(!told.contains(hash) && !told.contains(server.service.configuration.directory))
            }
        }
    }

    @Test func whatIsOutOfScopeIsRefusedAlikeWhetherItExistsOrNot() async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            _ = try socket.ask(Self.record("secret", org: "globex"))
            _ = try socket.ask(Self.record("support"))
            let scope = TokenScope.workspaces(["sales"], org: "acme")
            let token = try server.access.create(.init(role: .operator, scope: scope), by: Actor(peer: "test")).text
            _ = try socket.ask(Self.auth(token))
            for method in [
                "usage.get", "settings.get", "mapping.list", "bulk_sync.get", "events.read", "sync_errors.list",
            ] {
                func ask(_ org: String, _ workspace: String) throws -> String {
                    try socket.ask(#"{"method":"\#(method)","params":{"org":"\#(org)","workspace":"\#(workspace)"}}"#)
                }
                #expect(try ask("globex", "secret") == ask("nowhere", "secret"))
                #expect(try ask("acme", "support") == ask("acme", "nowhere"))
                #expect(try Self.reason(ask("acme", "support")) == "OUT_OF_SCOPE")
            }
        }
    }

    // MARK: Browsers

    @Test(arguments: ["POST / HTTP/1.1", "GET /x?y HTTP/1.0", "PUT / HTTP/1.1", "OPTIONS * HTTP/1.1"])
    func nothingBehindTheFirstLineOfAnHTTPRequestIsRead(_ first: String) async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            try socket.send(Self.record("sales"))
            let request = [first, "Host: 127.0.0.1", "Content-Type: text/plain", "", Self.record("sales"), ""]
            try socket.send(bytes: Array(request.joined(separator: "\r\n").utf8))
            let answers = try socket.readToEnd().split(separator: "\n").map(String.init)
            #expect(answers.count == 2)
            #expect(try Self.isResult(answers.first ?? "") && Self.reason(answers.last ?? "") == "NO_HTTP")
            #expect(server.service.feed.head.position == LogPosition(1))
        }
    }

    /// Browsers let a page ask for addresses of megabytes.
    @Test func norIsWhatStandsBehindAFirstLineThatIsTooLong() async throws {
        var limits = ServerLimits()
        limits.lineBytesMax = 1_000
        try await withServer(limits: limits) { server in
            let socket = try LineSocket(port: server.port)
            let first = "POST /" + String(repeating: "a", count: 2_000) + " HTTP/1.1"
            let request = [first, "Host: 127.0.0.1", "", Self.record("sales"), ""]
            try socket.send(bytes: Array(request.joined(separator: "\r\n").utf8))
            let answers = try socket.readToEnd().split(separator: "\n").map(String.init)
            #expect(answers.count == 1)
            #expect(try Self.reason(answers.last ?? "") == "NO_HTTP")
            #expect(server.service.feed.head.position == .beforeFirst)
        }
    }

    // MARK: Secrets

    @Test func noErrorRepeatsASecret() async throws {
        try await withServer { server in
            let token = try server.access.create(.init(role: .admin, scope: .everything), by: Actor(peer: "test")).text
            let secret = String(token.suffix(64))
            let socket = try LineSocket(port: server.port)
            let lines = [
                #"{"method":"auth","params":{"token":"\#(token)x"}}"#,
                #"{"method":"auth","params":{"tokn":"\#(token)"}}"#,
                #"{"method":"auth","params":{"token":["\#(token)"]}}"#, #"{"method":"auth","params":["\#(token)"]}"#,
                #"{"method":"usage.get","token":{"x":"\#(token)"}}"#, #"{"method":"nothing","token":"\#(token)"}"#,
                #"{"method":"usage.get","params":{"org":7},"token":"\#(token)"}"#,
                #"{"method":"auth","params":{"token":"\#(token)"}"#,
                #"{"method":"token.list","token":"\#(token)"}"#, #"{"method":"token.audit","token":"\#(token)"}"#,
                #"{"method":"server.tasks","token":"\#(token)"}"#, #"{"method":"server.stats","token":"\#(token)"}"#,
                #"{"method":"auth","params":{"token":"\#(token)"}}"#, "help auth",
            ]
            for line in lines { #expect(try !socket.ask(line).contains(secret), "\(line)") }
        }
    }

    private static func token(in answer: String) throws -> String? {
        let object = try foundationJSON(answer.utf8) as? [String: Any]
        return (object?["result"] as? [String: Any])?["token"] as? String
    }
}
