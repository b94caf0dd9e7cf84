import Foundation
import TestSupport
import Testing

/// The log holds who called what: nobody but its owner may read anything that is made of it.
@Suite("Modes of files", .ownThreads)
struct FileModeTests {
    @Test("After a whole life every file is 0600 and every directory 0700, whatever the umask")
    func wholeLife() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("made/data")
        let permissive = ["sh", "-c", "umask 0; exec \"$@\"", "sh"]
        let server = try ServerProcess(data, under: permissive)
        try server.ask("usage.record", #"{"org":"a","workspace":"w","purpose":"inbox"}"#)
        try check(data)
        for (method, params) in [
            ("log.snapshot", "{}"), ("log.compact", #"{"keep_events":0,"retain_days":2}"#),
            ("projections.rebuild", #"{"name":"usage_history"}"#), ("log.backup", #"{"path":"copy.db"}"#),
        ] {
            try server.ask(method, params)
            try check(data)
        }
        let address = ["--server", "127.0.0.1:\(server.port)"]
        let exported = directory.file("made/export.jsonl")
        try await run(["export", "--output", exported] + address, under: permissive)
        try server.stop()
        try await run(["token", "create", "--data", data, "--role", "reader", "--expires", "1d"], under: permissive)
        try check(data)
        try await run(["restore", "\(data)/backups/copy.db", "--data", directory.file("made/new")], under: permissive)
        try check(directory.file("made"))
        #expect(try mode(exported) == 0o600)
    }

    private func run(_ arguments: [String], under witness: [String]) async throws {
        let outcome = try await LedgerlineProcess(arguments, under: witness).outcome()
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }

    /// Everything in a directory, and the directory itself.
    private func check(_ directory: String) throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory)
        #expect(!names.isEmpty)
        #expect(try mode(directory) == 0o700, "\(directory)")
        for name in names {
            let path = directory + "/" + name
            let isDirectory = try attributes(path)[.type] as? FileAttributeType == .typeDirectory
            #expect(try mode(path) == (isDirectory ? 0o700 : 0o600), "\(name)")
        }
    }

    private func mode(_ path: String) throws -> Int? { try attributes(path)[.posixPermissions] as? Int }

    private func attributes(_ path: String) throws -> [FileAttributeKey: Any] {
        try FileManager.default.attributesOfItem(atPath: path)
    }
}
