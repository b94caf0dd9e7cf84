import AccessControl
import EventSourcing
import Foundation
import LedgerService
import Logging
import SQLiteEventLog
import Synchronization
import TestSupport
import Testing

/// The store of tokens: what it keeps, what it forgets never, and what it tells nobody.
@Suite struct AccessServiceTests {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()
    private static let owner = Actor(peer: "unix")

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(acceptingShorterLog isShorterLogAccepted: Bool = false) throws -> AccessService {
        try AccessService.open(
            ServiceConfiguration(
                directory: directory.path,
                clock: ServiceClock { [clock] in clock.now },
                isShorterLogAccepted: isShorterLogAccepted,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                onFailure: { Issue.record($0) }
            )
        )
    }

    private var folder: String { directory.file("access") }

    private func judge(_ text: String, _ access: AccessService) -> AccessState.Judgement {
        Array(text.utf8).withUnsafeBytes { access.judge($0) }
    }

    /// The access log's lines.
    private func audit(_ access: AccessService) throws -> [String] {
        var lines: [String] = []
        _ = try access.audit(from: .beforeFirst.next, limit: 10_000) {
            lines.append(String(decoding: $0, as: UTF8.self))
        }
        return lines
    }

    @Test func withoutATokenThereIsNoLog() async throws {
        try await onThread {
            let access = try open()
            #expect(!access.areTokensDemanded && access.tokens().isEmpty)
            #expect(try audit(access) == [])
            try access.close()
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test func tokensAreAsTheyWereAfterARestart() async throws {
        try await onThread {
            var access = try open()
            let wish = AccessService.Wish(
                name: "dash \"board\"",
                role: .operator,
                scope: .workspaces(["v", "w"], org: "o"),
                expires: clock.now + .hours(1)
            )
            let made = try access.create(wish, by: Actor(token: "abc", peer: "203.0.113.9"))
            let other = try access.create(.init(role: .admin, scope: .everything), by: Self.owner)
            let orgs = try access.create(.init(role: .reader, scope: .orgs(["a", "b"])), by: Self.owner)
            let revoked = try access.revoke(other.token.id, by: Self.owner)
            #expect(revoked.hasChanged && revoked.position == LogPosition(4))
            #expect(try !access.revoke(other.token.id, by: Self.owner).hasChanged)
            let before = access.tokens()
            try access.close()

            access = try open()
            #expect(access.tokens() == before && access.areTokensDemanded)
            #expect(judge(made.text, access) == .accepted(made.token))
            #expect(judge(orgs.text, access) == .accepted(orgs.token))
            guard case .refused(.revoked, _?) = judge(other.text, access) else {
                Issue.record("a revoked token came back")
                return
            }
            try access.close()
        }
    }

    @Test func theSecretIsNowhereOnTheDisk() async throws {
        try await onThread {
            let access = try open()
            let made = try access.create(.init(role: .admin, scope: .everything), by: Self.owner)
            _ = judge(made.text, access)
            access.refused(RefusedUse.Kind(peer: "unix", reason: .wrong, token: made.token.id))
            let lines = try audit(access)
            try access.close()
            let secret = String(made.text.suffix(64))
            #expect(!lines.contains { $0.contains(secret) } && lines[0].contains(#""secret_sha256":"#))
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)")
            }
            // What is kept is what any tool computes of it.
            let digest = try Shell.run("printf %s \(secret) | sha256sum").prefix(64)
            #expect(lines[0].contains(digest))
        }
    }

    @Test func secretsAndIDsAreRandomAndLong() async throws {
        try await onThread {
            let access = try open()
            let texts = try (0..<20).map { _ in
                try access.create(.init(role: .reader, scope: .everything), by: Self.owner).text
            }
            #expect(Set(texts.map { $0.suffix(64) }).count == 20 && Set(texts.map { $0.prefix(19) }).count == 20)
            #expect(texts.allSatisfy { $0.wholeMatch(of: /ll_[0-9a-f]{16}_[0-9a-f]{64}/) != nil })
            try access.close()
        }
    }

    @Test func whatIsNoTokensTextIsUnknown() async throws {
        try await onThread {
            let access = try open()
            let made = try access.create(.init(role: .reader, scope: .everything), by: Self.owner).text
            let parts = made.split(separator: "_")
            for text in [
                "", "ll_", made + "0", String(made.dropLast()), made.uppercased(), " " + made, made + "\n",
                "\(parts[0])_\(parts[1])-\(parts[2])", "xx_\(parts[1])_\(parts[2])", String(repeating: "é", count: 42),
            ] {
                #expect(judge(text, access) == .refused(.unknown, nil), "\(text)")
            }
            try access.close()
        }
    }

    // MARK: Audit

    @Test func aFloodOfRefusalsIsAFewEvents() async throws {
        try await onThread {
            let access = try open()
            let kind = RefusedUse.Kind(peer: "203.0.113.9", reason: .unknown)
            let end = clock.now + .minutes(3)
            var count = 0
            while clock.now < end {
                access.refused(kind)
                count += 1
                clock.advance(TimeSpan(milliseconds: 5))
            }
            let lines = try audit(access)
            #expect(count == 36_000 && lines.count <= 7)
            let counts = lines.compactMap { $0.firstMatch(of: /"count":(\d+)/)?.1 }.compactMap { Int($0) }
            #expect(counts.reduce(0, +) == count)
            try access.close()
        }
    }

    @Test func whatWasCountedIsRecordedAtTheEnd() async throws {
        try await onThread {
            var access = try open()
            let kind = RefusedUse.Kind(peer: "::1", reason: .wrong, token: "0123456789abcdef")
            for _ in 0..<3 { access.refused(kind) }
            try access.close()
            access = try open()
            let lines = try audit(access)
            #expect(
                lines.count == 2
                    && lines[1].contains(#""token":"0123456789abcdef","reason":"wrong","peer":"::1","count":2"#)
            )
            #expect(!access.areTokensDemanded)
            try access.close()
        }
    }

    @Test func theClockTellsOfAnExpiry() async throws {
        try await onThread {
            let access = try open()
            let told = Mutex(0)
            access.whenChanged { told.withLock { $0 += 1 } }
            _ = try access.create(
                .init(role: .reader, scope: .everything, expires: clock.now + .minutes(5)),
                by: Self.owner
            )
            let generation = access.generation
            clock.advance(TimeSpan(milliseconds: 299_999))
            access.wake()
            #expect(access.generation == generation)
            clock.advance(TimeSpan(milliseconds: 1))
            access.wake()
            #expect(access.generation > generation && told.withLock { $0 } == 2)
            try access.close()
        }
    }

    // MARK: The file

    @Test func theLogIsAChainOfItsOwnForItsOwnerAlone() async throws {
        try await onThread {
            let access = try open()
            _ = try access.create(.init(role: .reader, scope: .everything), by: Self.owner)
            #expect(throws: EventLogError.self) { try open() }
            try access.close()
            let log = try SQLiteEventLog.openReadOnly(file: "\(folder)/ledger.db")
            #expect(try log.verify().head.position == LogPosition(1))
            #expect(try directory.permissions(of: "access") == 0o700)
            #expect(try directory.permissions(of: "access/ledger.db") == 0o600)
        }
    }

    @Test func aDamagedLogLetsNobodyIn() async throws {
        try await onThread {
            let access = try open()
            let made = try access.create(.init(role: .reader, scope: .everything), by: Self.owner)
            _ = try access.create(.init(role: .reader, scope: .everything), by: Self.owner)
            try access.close()
            let change =
                "UPDATE blocks SET body = CAST(replace(CAST(body AS TEXT), 'reader', 'admin ') AS BLOB) WHERE first = 1"
            _ = try Shell.run("sqlite3 '\(folder)/ledger.db' \"\(change)\"")
            #expect(throws: EventLogError.self) { try open() }
            _ = made
        }
    }

    // MARK: The end of the log

    /// Makes a token and revokes it. Returns its text; `copy` gets the log as it was in between, as a backup of the
    /// directory would.
    private func revokedToken(keepingOlderLogIn copy: String) throws -> String {
        var access = try open()
        let made = try access.create(.init(role: .admin, scope: .everything), by: Self.owner)
        try access.close()
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        access = try open()
        _ = try access.revoke(made.token.id, by: Self.owner)
        try access.close()
        return made.text
    }

    private func putBack(_ copy: String) throws {
        try FileManager.default.removeItem(atPath: folder)
        try FileManager.default.copyItem(atPath: copy, toPath: folder)
    }

    private func isAccepted(_ text: String, _ access: AccessService) -> Bool {
        if case .accepted = judge(text, access) { true } else { false }
    }

    @Test func anOlderLogBringsNoTokenBackToLife() async throws {
        try await onThread {
            let copy = directory.file("copy")
            let token = try revokedToken(keepingOlderLogIn: copy)
            try putBack(copy)
            for _ in 1...2 {
                let lost = try #require(throws: LostAccessEvents.self) { try open() }
                #expect(lost.history.isShorter && lost.history.head == LogPosition(1), "\(lost)")
            }
            // It is by the note that it was found, and by nothing else.
            try FileManager.default.removeItem(atPath: "\(folder).head")
            let access = try open()
            #expect(isAccepted(token, access))
            try access.close()
        }
    }

    @Test func anOlderLogThatWentOnIsFoundToo() async throws {
        try await onThread {
            let (copy, head) = (directory.file("copy"), "\(folder).head")
            _ = try revokedToken(keepingOlderLogIn: copy)
            let note = try String(contentsOfFile: head, encoding: .utf8)
            try putBack(copy)
            try FileManager.default.removeItem(atPath: head)
            let access = try open()
            for _ in 1...3 { _ = try access.create(.init(role: .reader, scope: .everything), by: Self.owner) }
            try access.close()
            try note.write(toFile: head, atomically: true, encoding: .utf8)
            let lost = try #require(throws: LostAccessEvents.self) { try open() }
            #expect(!lost.history.isShorter && lost.history.found != nil, "\(lost)")
        }
    }

    @Test(arguments: [false, true])
    func whatIsLeftIsServedWithoutItsTokens(isNothingLeft: Bool) async throws {
        try await onThread {
            let copy = directory.file("copy")
            let token = try revokedToken(keepingOlderLogIn: copy)
            try putBack(copy)
            if isNothingLeft { try FileManager.default.removeItem(atPath: folder) }
            #expect(throws: LostAccessEvents.self) { try open() }
            for isAccepted in [true, false] {
                let access = try open(acceptingShorterLog: isAccepted)
                #expect(access.areTokensDemanded && !self.isAccepted(token, access))
                let last = try #require(try audit(access).last)
                #expect(last.contains(#""type":"log.shortened","data":{"known":{"position":2,"hash":"#))
                try access.close()
            }
            // The new log goes on as any other.
            let access = try open()
            let made = try access.create(.init(role: .admin, scope: .everything), by: Self.owner)
            #expect(isAccepted(made.text, access))
            try access.close()
        }
    }

    /// The last event before a crash may not have been noted, and a log that is brought from elsewhere was not.
    @Test(arguments: [false, true])
    func aNoteThatIsBehindIsMadeGood(isMissing: Bool) async throws {
        try await onThread {
            let head = "\(folder).head"
            _ = try revokedToken(keepingOlderLogIn: directory.file("copy"))
            let newest = try String(contentsOfFile: head, encoding: .utf8)
            if isMissing {
                try FileManager.default.removeItem(atPath: head)
            } else {
                let log = try SQLiteEventLog.openReadOnly(file: "\(folder)/ledger.db")
                let first = try #require(try log.hash(after: LogPosition(1)))
                try "1:\(first)\n".write(toFile: head, atomically: true, encoding: .utf8)
            }
            try open().close()
            #expect(try String(contentsOfFile: head, encoding: .utf8) == newest)
            #expect(try directory.permissions(of: "access.head") == 0o600)
        }
    }

    @Test func aNoteThatIsNoneLetsNobodyIn() async throws {
        try await onThread {
            _ = try revokedToken(keepingOlderLogIn: directory.file("copy"))
            let head = "\(folder).head"
            let cut = try String(contentsOfFile: head, encoding: .utf8).dropLast(2)
            try String(cut).write(toFile: head, atomically: true, encoding: .utf8)
            #expect(throws: EventLogError.self) { try open() }
        }
    }
}
