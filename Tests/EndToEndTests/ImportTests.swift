import Foundation
import TestSupport
import Testing

@Suite("Importing Salesforce's event log file", .ownThreads)
struct ImportTests {
    private static let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../SalesforceTests/Resources/ApiTotalUsage.csv").standardized.path

    /// The columns of the sample as awk sees them when it splits at `","`: the app, whether the call counts, and the instant.
    private static let columns = """
        NR == 1 { next }
        { app = $16 == "" ? $9 : $16; if (app == "") app = "(no connected app)"; counted = $12; at = substr($18, 1, 24) }
        """

    /// What awk makes of the sample: each row of the file is counted anew for every question.
    private func awk(_ program: String) throws -> [String] {
        try Witness.require("awk")
        return try Shell.run(#"awk -F'","' '\#(ImportTests.columns) \#(program)' '\#(ImportTests.sample)'"#)
            .split(separator: "\n").map(String.init)
    }

    @Test("R26: usage and history equal awk's count of the file; importing it again adds nothing")
    func sample() async throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let first = try await importSample(into: server)
        #expect(first.recorded == 9_999)
        let head = try server.ask("server.info").head

        try await compareHistory(server)
        try await compareUsage(server)

        let second = try await importSample(into: server)
        #expect(second.recorded == 0)
        #expect(second.duplicates == 9_999)
        #expect(try server.ask("server.info").head == head)
        try await compareHistory(server)
        try server.stop()
    }

    /// The command of the README, with `--json`.
    private func importSample(into server: ServerProcess) async throws -> JSON {
        let apps = ["--app", "Intercom", "--app", "Intercom Sandbox"]
        let outcome = try await server.run(
            ["import", "--server", server.address, "--format", "elf", "--org", "globex", "--workspace", "support"]
                + apps + ["--json", ImportTests.sample]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSON(outcome.output)
    }

    private func compareHistory(_ server: ServerProcess) async throws {
        let outcome = try await server.run(["history", "--org", "globex", "--by", "integration,hour", "--json"])
        let rows = try JSON(outcome.output).rows.elements.map { row in
            let hour = row.bucket.text?.prefix(13) ?? ""
            return "\(hour)|\(row.integration.text ?? "")|\(row.calls.integer ?? -1)|\(row.uncounted.integer ?? -1)"
        }
        let counted = try awk(
            """
            { key = substr(at, 1, 13) "|" app; seen[key]; calls[key] += counted; uncounted[key] += 1 - counted }
            END { for (key in seen) print key "|" calls[key] + 0 "|" uncounted[key] + 0 }
            """
        )
        #expect(counted.count > 300)
        #expect(Set(rows).symmetricDifference(counted).sorted() == [])
        #expect(rows.count == counted.count)
    }

    /// At the instant of an early call, a millisecond before it leaves the window, when it does, and at the end.
    private func compareUsage(_ server: ServerProcess) async throws {
        let instants = [
            "2015-05-17T10:05:00.561Z", "2015-05-18T10:05:00.560Z", "2015-05-18T10:05:00.561Z",
            "2015-05-20T21:05:15.000Z",
        ]
        for instant in instants {
            let outcome = try await server.run(
                ["usage", "--org", "globex", "--workspace", "support", "--at", instant, "--json"]
            )
            let usage = try JSON(outcome.output)
            let dayBefore = try Shell.run("date --utc --date='\(instant) -1 day' +%Y-%m-%dT%H:%M:%S.%3NZ")
            let counted = try awk(
                """
                at > "\(dayBefore)" && at <= "\(instant)" && counted == 1 { if (app ~ /^Intercom/) own++; else others++ }
                END { print own + 0 "|" others + 0 }
                """
            )
            #expect(
                ["\(usage.used_by_workspace.integer ?? -1)|\(usage.used_by_others.integer ?? -1)"] == counted,
                "at \(instant)"
            )
        }
    }
}
