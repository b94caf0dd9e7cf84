import LedgerClient
import LineJSON
import Salesforce

/// Sends calls in batches, each of one app, so that the server's answer tells what was new of that app.
struct ImportSender {
    /// Calls in one request.
    private static let batchCallsMax = 1_000
    /// Bytes of calls in one request; the server reads lines of up to 1 MiB.
    private static let batchBytesMax = 900_000
    /// Calls that are held back over all apps, so that many small apps do not fill the memory.
    private static let pendingCallsMax = 50_000

    private struct Batch {
        var calls = JSONWriter()
        var tally = ImportSummary.App()
    }

    let client: LedgerClient
    private var batches: [String: Batch] = [:]
    private var pendingCalls = 0
    private(set) var summary: ImportSummary
    /// Rows taken so far.
    private(set) var rows: Int64 = 0

    init(client: LedgerClient, attribution: ImportAttribution) {
        self.client = client
        summary = ImportSummary(attribution: attribution)
    }

    mutating func send(_ calls: [ImportedCall]) async throws {
        for call in calls {
            add(call)
            if isFull(call.appName) { try await sendBatch(of: call.appName) }
        }
        if pendingCalls > ImportSender.pendingCallsMax { try await flush() }
    }

    /// Sends what is held back.
    mutating func flush() async throws {
        for app in batches.keys.sorted() { try await sendBatch(of: app) }
    }

    private mutating func add(_ call: ImportedCall) {
        summary.attribution.write(call, to: &batches[call.appName, default: Batch()].calls)
        batches[call.appName, default: Batch()].tally.rows += 1
        batches[call.appName, default: Batch()].tally.counted += call.counted ? 1 : 0
        pendingCalls += 1
        rows += 1
    }

    private func isFull(_ app: String) -> Bool {
        guard let batch = batches[app] else { return false }
        return batch.tally.rows >= ImportSender.batchCallsMax || batch.calls.count >= ImportSender.batchBytesMax
    }

    private mutating func sendBatch(of app: String) async throws {
        guard var batch = batches.removeValue(forKey: app), batch.tally.rows > 0 else { return }
        pendingCalls -= Int(batch.tally.rows)
        let calls = [UInt8(ascii: "[")] + batch.calls.take() + [UInt8(ascii: "]")]
        let reply = try await client.call("usage.import") { params in
            params.member("org", summary.attribution.org)
            params.member("calls", raw: calls)
        }
        (batch.tally.recorded, batch.tally.duplicates) = try reply.withValue { answer in
            (answer.count("recorded"), answer.count("duplicates"))
        }
        summary.apps[app, default: ImportSummary.App()].add(batch.tally)
    }
}
