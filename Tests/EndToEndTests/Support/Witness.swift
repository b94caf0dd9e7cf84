import TestSupport

/// Programs that know nothing of this project. `Tools/test` installs them.
enum Witness {
    struct Missing: Error, CustomStringConvertible {
        var tool: String
        var description: String { "\(tool) is not installed, and without it this test proves nothing; run Tools/test" }
    }

    static func require(_ tool: String) throws {
        guard Shell.has(tool) else { throw Missing(tool: tool) }
    }
}

/// The stock SQLite shell on a database file.
struct SQLiteShell {
    let file: String

    init(_ file: String) throws {
        try Witness.require("sqlite3")
        self.file = file
    }

    /// On the ledger in a data directory.
    init(ledgerIn directory: String) throws {
        try self.init(directory + "/ledger.db")
    }

    /// The rows that statements give, their columns joined with `|`.
    @discardableResult
    func rows(_ sql: String) throws -> [String] {
        let output = try Shell.run("sqlite3 -bail '\(file)'", input: Array(sql.utf8))
        return output.isEmpty ? [] : output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The only value of the only row.
    func value(_ sql: String) throws -> String { try rows(sql).joined(separator: "\n") }
}
