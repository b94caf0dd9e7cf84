import Foundation
import TestSupport
import Testing

@Suite("A disk that fails", .ownThreads)
struct DiskFailureTests {
    /// What strace has the kernel answer each thread, from some call on.
    enum Failure: CaseIterable {
        case sync
        case full

        /// The start has some of either call, and so has every append: a wait for the disk, or two writes and more. The
        /// server's own log is written otherwise.
        var injection: [String] {
            switch self {
            case .sync: ["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=40+"]
            case .full: ["-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC:when=500+"]
            }
        }

        var words: String {
            switch self {
            case .sync: "the disk failed: disk I/O error"
            case .full: "database or disk is full"
            }
        }
    }

    private func recording(_ id: String) -> String {
        #"{"method":"usage.record","params":{"org":"a","workspace":"w","purpose":"inbox","id":"\#(id)"}}"#
    }

    @Test(
        "Who waits is told why there is no answer, and the server ends; sent again by its id, nothing counts twice",
        arguments: Failure.allCases
    )
    func append(_ failure: Failure) throws {
        try Witness.require("strace")
        let directory = try TemporaryDirectory()
        let strace = ["strace", "-f", "-qq", "-o", "/dev/null"]
        let server = try ServerProcess(directory.file("data"), under: strace + failure.injection)
        let stream = try server.connect()
        try stream.send(#"{"method":"events.stream","params":{"from":"start"}}"#)
        let client = try server.connect()
        var acknowledged = 0
        var answer = try JSON(client.ask(recording("0")))
        while answer.error == .null {
            acknowledged += 1
            answer = try JSON(client.ask(recording("\(acknowledged)")))
        }
        #expect(answer.error.data.status == "UNAVAILABLE")
        #expect(answer.error.data.reason == "LOG_FAILED")
        #expect(answer.error.data.outcome == "unknown")
        #expect(answer.error.data.cause == .text("the storage refused: \(failure.words)"))
        #expect(try client.readLine() == nil)
        let lines = try stream.readToEnd().split(separator: "\n")
        #expect(lines.last == #"{"control":"closing","reason":"the log failed"}"#)
        let end = try server.awaitEnd()
        #expect(end.status == 5)
        #expect(end.log.contains("stopping: \(failure.words)"), "\(end.log)")

        let mended = try ServerProcess(server.directory)
        let again = try (0...acknowledged).map { try JSON(mended.connect().ask(recording("\($0)"))).result }
        // Or what was acknowledged and lost would count once, too.
        #expect(again.prefix(acknowledged).allSatisfy { $0.duplicate == .boolean(true) })
        let used = try mended.ask("usage.get", #"{"org":"a","workspace":"w"}"#).used_by_workspace
        #expect(used == .integer(acknowledged + 1))
        try mended.stop()
    }
}
