import Foundation
import TestSupport
import Testing

@Suite("A damaged ledger", .ownThreads)
struct DamageTests {
    /// Ten events, each in a block of its own; event N stands for N calls.
    private func fill(_ server: ServerProcess) throws {
        for calls in 1...10 {
            try server.ask("usage.record", #"{"org":"a","workspace":"w","purpose":"inbox","calls":\#(calls)}"#)
        }
    }

    /// Changes one byte of a stored block, an l into an I: it is JSON still, and as long.
    private func damage(_ shell: SQLiteShell, blockAt first: Int) throws {
        try shell.rows(
            """
            UPDATE blocks SET body = CAST(replace(CAST(body AS TEXT), '"calls":', '"calIs":') AS BLOB)
            WHERE first = \(first);
            """
        )
    }

    private func repair(_ shell: SQLiteShell) throws {
        try shell.rows("UPDATE blocks SET body = CAST(replace(CAST(body AS TEXT), 'calIs', 'calls') AS BLOB);")
    }

    @Test(
        "A damaged block is named by its position and keeps the server from serving; nothing is deleted",
        arguments: [5, 10]
    )
    func block(position: Int) async throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        try fill(server)
        // Killed: there is no snapshot that would stand in for replaying the log.
        server.kill()
        let shell = try SQLiteShell(ledgerIn: server.directory)
        try damage(shell, blockAt: position)
        let before = try shell.rows(".dump")

        let refusal = try #require(throws: ServerProcess.NotServing.self) { try ServerProcess(server.directory) }
        #expect(refusal.status == 4)
        #expect(refusal.log.contains("damaged at position \(position):"), "\(refusal.log)")
        let verification = try await runLedgerline("verify", "--data", server.directory)
        #expect(verification.status == 4)
        #expect(verification.errors.contains("position \(position)"), "\(verification.errors)")
        #expect(try shell.rows(".dump") == before)

        try repair(shell)
        let repaired = try ServerProcess(server.directory)
        #expect(try repaired.ask("usage.get", #"{"org":"a","workspace":"w"}"#).used_by_workspace == 55)
        try repaired.stop()
    }

    @Test("Damage that lies before the snapshot is found soon after the start, and ends the server")
    func blockBeforeSnapshot() async throws {
        let directory = try TemporaryDirectory()
        let stopped = try ServerProcess(directory.file("data"))
        try fill(stopped)
        try stopped.stop()
        let shell = try SQLiteShell(ledgerIn: stopped.directory)
        try damage(shell, blockAt: 5)
        let before = try shell.rows(".dump")

        let (status, log) = try serveUntilEnd(stopped.directory)
        #expect(status == 4)
        #expect(log.contains("damaged at position 5:"), "\(log)")
        let verification = try await runLedgerline("verify", "--data", stopped.directory)
        #expect(verification.status == 4)
        #expect(verification.errors.contains("position 5"), "\(verification.errors)")
        #expect(try shell.rows(".dump") == before)
    }

    /// A server that is to end by itself, before or after it has begun to serve.
    private func serveUntilEnd(_ directory: String) throws -> (status: Int32, log: String) {
        do {
            let server = try ServerProcess(directory)
            let end = try server.awaitEnd()
            return (end.status, server.startLog + end.log)
        } catch let end as ServerProcess.NotServing {
            return (end.status, end.log)
        }
    }

    @Test("A lost end keeps the server from serving, until it is accepted")
    func lostEnd() throws {
        let directory = try TemporaryDirectory()
        let stopped = try ServerProcess(directory.file("data"))
        for _ in 1...3 { try stopped.ask("usage.record", #"{"org":"a","workspace":"w","purpose":"inbox"}"#) }
        try stopped.stop()
        try SQLiteShell(ledgerIn: stopped.directory).rows("DELETE FROM blocks WHERE first > 1")
        let refusal = try #require(throws: ServerProcess.NotServing.self) { try ServerProcess(stopped.directory) }
        #expect(refusal.status == 4)
        #expect(refusal.log.contains("the log ends at position 1, but views.db had it up to position 3"))
        #expect(refusal.log.contains("--accept-shorter-log"))
        let accepted = try ServerProcess(stopped.directory, ["--accept-shorter-log"])
        #expect(accepted.startLog.contains("accepted: the log ends at position 1"))
        #expect(try accepted.ask("usage.get", #"{"org":"a","workspace":"w"}"#).used_by_workspace == 1)
        try accepted.stop()
        try ServerProcess(stopped.directory).stop()
    }

    @Test("A damaged snapshot is set aside with a warning, and the log gives the same state")
    func snapshot() throws {
        let directory = try TemporaryDirectory()
        let stopped = try ServerProcess(directory.file("data"))
        try fill(stopped)
        let hash = try stopped.ask("log.snapshot").state_hash
        let head = try stopped.ask("server.info").head
        try stopped.stop()
        let shell = try SQLiteShell(ledgerIn: stopped.directory)
        #expect(try shell.value("SELECT position FROM snapshots") == "10")
        try shell.rows("UPDATE snapshot_parts SET body = zeroblob(length(body))")

        let server = try ServerProcess(stopped.directory)
        #expect(server.startLog.contains("the snapshot at position 10 was set aside"), "\(server.startLog)")
        let verification = try server.ask("projections.verify")
        #expect(verification.live == hash)
        #expect(verification.equal == true)
        #expect(try server.ask("server.info").head == head)
        #expect(try server.ask("log.stats").snapshots.elements.first?.set_aside != .null)
        #expect(try shell.value("SELECT count(*) FROM snapshots WHERE set_aside IS NOT NULL") == "1")
        try server.stop()
        // The snapshot taken on stopping is good again.
        let again = try ServerProcess(stopped.directory)
        #expect(!again.startLog.contains("set aside"))
        try again.stop()
    }
}
