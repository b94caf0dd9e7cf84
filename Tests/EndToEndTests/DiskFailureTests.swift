import Foundation
import TestSupport
import Testing

@Suite("A disk that fails", .ownThreads)
struct DiskFailureTests {
    /// The kernel's answer to each thread's waits for the disk, from the 40th on: the start has some, and every call has one.
    private static let failingSyncs = [
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=40+",
    ]

    private func recording(_ id: String) -> String {
        #"{"method":"usage.record","params":{"org":"a","workspace":"w","purpose":"inbox","id":"\#(id)"}}"#
    }

    @Test("Who waits is told why there is no answer, and the server ends; sent again by its id, nothing counts twice")
    func append() throws {
        try Witness.require("strace")
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"), under: DiskFailureTests.failingSyncs)
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
        #expect(answer.error.data.cause == "the storage refused: the disk failed: disk I/O error")
        #expect(try client.readLine() == nil)
        let lines = try stream.readToEnd().split(separator: "\n")
        #expect(lines.last == #"{"control":"closing","reason":"the log failed"}"#)
        let end = try server.awaitEnd()
        #expect(end.status == 5)
        #expect(end.log.contains("stopping: the disk failed: disk I/O error"), "\(end.log)")

        let mended = try ServerProcess(server.directory)
        for id in 0...acknowledged { _ = try mended.connect().ask(recording("\(id)")) }
        let used = try mended.ask("usage.get", #"{"org":"a","workspace":"w"}"#).used_by_workspace
        #expect(used == .integer(acknowledged + 1))
        try mended.stop()
    }
}
