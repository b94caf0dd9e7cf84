import Foundation
import TestSupport
import Testing

@Suite("Typed at netcat", .ownThreads)
struct NetcatTests {
    private static let approachingLimit = """
        This workspace will soon hit its limit of Salesforce API calls. This will pause your data sync with Salesforce. \
        Increase the limit in the settings below to avoid this
        """
    private static let limitReached = """
        This workspace has hit its limit of Salesforce API calls. Your data sync with Salesforce is paused and the \
        integration won’t work as expected. Increase the limit in the settings below to avoid this.
        """

    /// `printf '…\n' '…' '…' | nc -N`: sends the lines, closes its half, and prints every answer.
    private func netcat(_ server: ServerProcess, _ lines: [String]) throws -> [String] {
        try Witness.require("nc")
        let quoted = lines.map { "'\($0.replacing("'", with: #"'\''"#))'" }.joined(separator: " ")
        return try Shell.run("printf '%s\\n' \(quoted) | timeout 30 nc -N 127.0.0.1 \(server.port)")
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// One line a method; `params` behind the org and the workspace.
    private func line(_ method: String, _ params: String = "") -> String {
        let place = #""org":"acme","workspace":"support""#
        return #"{"method":"\#(method)","params":{\#(place)\#(params.isEmpty ? "" : ",")\#(params)}}"#
    }

    private func record(_ calls: Int, _ purpose: String) -> String {
        line("usage.record", #""purpose":"\#(purpose)","calls":\#(calls)"#)
    }

    @Test("R5 to R9: one call at a time from normal to exhausted, with both warnings word for word")
    func tiers() throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let answers = try netcat(
            server,
            [
                line("settings.update", #""limit":1000"#),
                record(399, "bulk_sync"), record(1, "bulk_sync"),
                record(399, "event_sync"), line("usage.get"), record(1, "event_sync"), line("usage.get"),
                line("event_sync.get"),
                record(199, "inbox"), record(1, "inbox"), line("usage.get"),
                record(5, "settings"), line("usage.get"),
            ]
        ).map { try JSON($0).result }
        try #require(answers.count == 13)
        #expect(answers[1...3].map(\.tier) == ["normal", "bulk_paused", "bulk_paused"])
        #expect(answers[4].paused == ["bulk_sync"])
        #expect(answers[4].warning == .null)
        #expect(answers[5].tier == "sync_paused")
        #expect(answers[6].paused == ["event_sync", "bulk_sync"])
        #expect(answers[6].warning.text == NetcatTests.approachingLimit)
        #expect(answers[7].state == "paused")
        #expect(answers[8...9].map(\.tier) == ["sync_paused", "exhausted"])
        #expect(answers[10].paused == ["inbox", "event_sync", "bulk_sync", "other"])
        #expect(answers[10].warning.text == NetcatTests.limitReached)
        #expect(answers[12].used_by_workspace == 1005)
    }

    @Test("R15 to R17: a bulk sync pauses at 40 %; a setting saved meanwhile is refused, or with confirm stops it")
    func settingsMidSync() throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let answers = try netcat(
            server,
            [
                line("settings.update", #""limit":1000"#), line("bulk_sync.start"),
                record(400, "bulk_sync"), line("bulk_sync.get"),
                line("settings.update", #""limit":10000"#), line("bulk_sync.get"),
                line("settings.update", #""limit":10000,"confirm":true"#), line("bulk_sync.get"),
                line("usage.get"), line("bulk_sync.start"), line("bulk_sync.stop"),
                line("bulk_sync.stop"),
            ]
        ).map { try JSON($0) }
        try #require(answers.count == 12)
        #expect(answers[1].result.state == "running")
        #expect(answers[3].result.state == "paused")
        #expect(answers[3].result.pauses == ["quota"])
        let refusal = answers[4].error
        #expect(refusal.code == 9)
        #expect(refusal.data.status == "FAILED_PRECONDITION")
        #expect(refusal.data.reason == "BULK_SYNC_ACTIVE")
        #expect(refusal.data.sync == 1)
        #expect(refusal.data.impact.text?.contains("confirm") == true)
        #expect(answers[5].result.state == "paused")
        #expect(answers[6].result.stopped_bulk_sync == 1)
        #expect(answers[6].result.settings.limit == 10_000)
        #expect(answers[7].result.state == "stopped")
        #expect(answers[7].result.cause == "settings_changed")
        #expect(answers[8].result.tier == "normal")
        #expect(answers[9].result.sync == 2)
        #expect(answers[10].result.state == "stopped")
        #expect(answers[11].error.data.reason == "BULK_SYNC_NOT_ACTIVE")
    }

    @Test("The word help alone gives a page for people, which lists the methods")
    func help() throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory.file("data"))
        let page = try netcat(server, ["help"])
        #expect(page.count > 20)
        for method in ["usage.record", "bulk_sync.start", "events.stream", "log.verify"] {
            #expect(page.contains { $0.contains(method) }, "\(method)")
        }
        // What it tells people to paste works as it stands.
        let examples = page.filter { $0.hasPrefix("  {") && !$0.contains("events.stream") }
        #expect(!examples.isEmpty)
        for answer in try netcat(server, examples) { #expect(try JSON(answer).error == .null, "\(answer)") }
    }
}
