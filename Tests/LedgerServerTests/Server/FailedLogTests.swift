import EventSourcing
import Foundation
import LedgerService
import Synchronization
import TestSupport
import Testing

@testable import LedgerServer

/// What the clients of a server hear whose log refuses, and how the server ends.
@Suite struct FailedLogTests {
    private static let record =
        #"{"method":"usage.record","params":{"org":"acme","workspace":"support","purpose":"inbox"}}"#
    private static let create = #"{"method":"token.create","params":{"role":"admin"}}"#

    @Test(arguments: [("ledger.db", record), ("access/ledger.db", create)])
    func itIsToldAndTheServerDoesNotEndWell(_ file: String, _ request: String) async throws {
        let directory = try TemporaryDirectory()
        let failures = Mutex(0)
        let server = try await LedgerServer.forTest(in: directory, onFailure: { _ in failures.withLock { $0 += 1 } })
        let port = server.port
        let answer = try await onThread {
            let socket = try LineSocket(port: port)
            let first = try socket.ask(request)
            #expect(first.contains(#""result":"#))
            _ = try Shell.run(
                """
                sqlite3 \(directory.file("data/\(file)")) "CREATE TRIGGER full BEFORE INSERT ON blocks BEGIN \
                SELECT RAISE(ABORT, 'disk full'); END"
                """
            )
            let token = try foundationJSON(first.utf8) as? [String: Any]
            let text = (token?["result"] as? [String: Any])?["token"] as? String
            if let text { _ = try socket.ask(#"{"method":"auth","params":{"token":"\#(text)"}}"#) }
            return try socket.ask(request)
        }
        #expect(answer.contains(#""reason":"LOG_FAILED","outcome":"unknown""#) && answer.contains("disk full"))
        while failures.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(failures.withLock { $0 } == 1)
        // Long work was ended, and none begins.
        #expect(throws: ServiceError.stopping) { try server.service.verifyLog() }
        // A SIGTERM that comes at the same time must not make it look like a good end.
        await #expect(throws: EventLogError.self) { try await server.shutdown() }
    }
}
