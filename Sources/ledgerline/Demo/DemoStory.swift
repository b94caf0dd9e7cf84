import EventSourcing
import LedgerClient
import LineJSON
import LineProtocol

/// What happens on the demo's day. Times are fractions of the day.
struct DemoStory: Sendable {
    let client: LedgerClient
    let world: DemoWorld
    let day: DemoDay

    /// Yesterday: limits, mappings, and calls that will stop counting in the course of the day.
    func prepare() async throws {
        try await call("org.configure") { $0.member("allowance", DemoWorld.allowance) }
        for workspace in DemoWorld.workspaces {
            try await call("settings.update", workspace) { params in
                params.member("limit", workspace.limit)
                params.member("installer_email", "admin@example.com")
            }
        }
        try await call("mapping.set", DemoWorld.support) { params in
            params.member("object", "lead")
            params.member("intercom", "email")
            params.member("salesforce", "Email")
            params.member("direction", "intercom_to_salesforce")
        }
        try await recordYesterday(DemoWorld.support, calls: 150, ending: 0.30...0.42)
        try await recordYesterday(DemoWorld.sales, calls: 200, ending: 0.70...0.88)
    }

    /// Plays the day to its end.
    func play() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await supportBulkSync() }
            group.addTask { try await supportInbox() }
            group.addTask { try await salesDay() }
            group.addTask { try await marketingErrors() }
            group.addTask { try await marketingSettings() }
            group.addTask { try await otherIntegrations() }
            group.addTask { try await observations() }
            group.addTask { try await day.wait(until: 1) }
            try await group.waitForAll()
        }
    }
}

// MARK: - Support: a bulk sync that pauses at 40 % and goes on by itself

extension DemoStory {
    private func supportBulkSync() async throws {
        let records: Int64 = 500
        let steps: Int64 = 50
        try await day.wait(until: 0.04)
        let sync = try await call("bulk_sync.start", DemoWorld.support).withValue { $0.count("sync") }
        var step: Int64 = 0
        while step < steps {
            try await pause(0.01)
            let state = try await call("bulk_sync.get", DemoWorld.support).withValue { $0.text("state") }
            guard state == "running" else { continue }
            step += 1
            try await record(DemoWorld.support, purpose: "bulk_sync", calls: 2)
            try await reportProgress(sync, step * records / steps, of: records)
        }
        try await call("bulk_sync.complete", DemoWorld.support)
    }

    private func reportProgress(_ sync: Int64, _ processed: Int64, of total: Int64) async throws {
        let updated = processed / 4
        try await call("bulk_sync.progress", DemoWorld.support) { params in
            params.member("sync", sync)
            params.member("total", total)
            params.member("processed", processed)
            params.member("updated", updated)
            params.member("unchanged", processed - updated)
            params.member("skipped", 0)
            params.member("failed", 0)
        }
    }

    private func supportInbox() async throws {
        try await steadily(0.02...0.98, times: 20) { _ in
            try await record(DemoWorld.support, purpose: "inbox", calls: 2)
        }
    }
}

// MARK: - Sales: through both warnings and back

extension DemoStory {
    private func salesDay() async throws {
        try await steadily(0.05...0.35, times: 20) { _ in
            try await record(DemoWorld.sales, purpose: "event_sync", calls: 2)
        }
        try await steadily(0.36...0.55, times: 30) { _ in
            try await record(DemoWorld.sales, purpose: "inbox", calls: 2)
        }
        try await steadily(0.58...0.66, times: 3) { _ in
            try await record(DemoWorld.sales, purpose: "settings", calls: 1)
        }
    }
}

// MARK: - Marketing: sync errors, and a settings change that stops a bulk sync

extension DemoStory {
    private func marketingErrors() async throws {
        try await day.wait(until: 0.14)
        let first = try await reportError("lead", "INVALID_EMAIL_ADDRESS", "Email: invalid email address: ada@")
        try await day.wait(until: 0.18)
        let second = try await reportError(
            "contact",
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [LastName]"
        )
        try await day.wait(until: 0.25)
        try await retry(first, succeeds: true)
        try await day.wait(until: 0.33)
        try await retry(second, succeeds: false)
        try await day.wait(until: 0.46)
        try await retry(second, succeeds: true)
    }

    private func reportError(_ object: String, _ code: String, _ message: String) async throws -> Int64 {
        try await call("sync_errors.report", DemoWorld.marketing) { params in
            params.member("direction", "intercom_to_salesforce")
            params.member("sync_type", "event_sync")
            params.member("object", object)
            params.member("record", "\(object)-\(Int.random(in: 1_000...9_999))")
            params.member("code", code)
            params.member("message", message)
        }.withValue { $0.count("error") }
    }

    private func retry(_ error: Int64, succeeds: Bool) async throws {
        try await call("sync_errors.retry", DemoWorld.marketing) { $0.member("error", error) }
        try await pause(0.02)
        if succeeds {
            try await call("sync_errors.retry_succeeded", DemoWorld.marketing) { $0.member("error", error) }
        } else {
            try await call("sync_errors.retry_failed", DemoWorld.marketing) { params in
                params.member("error", error)
                params.member("code", "UNABLE_TO_LOCK_ROW")
                params.member("message", "unable to obtain exclusive access to this record")
            }
        }
    }

    private func marketingSettings() async throws {
        try await day.wait(until: 0.60)
        try await call("bulk_sync.start", DemoWorld.marketing)
        try await steadily(0.61...0.78, times: 20) { _ in
            try await record(DemoWorld.marketing, purpose: "bulk_sync", calls: 2)
        }
        try await day.wait(until: 0.80)
        do {
            try await raiseMarketingLimit(confirm: false)
        } catch let error as RPCError where error.reason == "BULK_SYNC_ACTIVE" {
            // This is what a person sees: what saving would stop. Then they confirm.
            try await day.wait(until: 0.83)
            try await raiseMarketingLimit(confirm: true)
        }
    }

    private func raiseMarketingLimit(confirm: Bool) async throws {
        try await call("settings.update", DemoWorld.marketing) { params in
            params.member("limit", DemoWorld.marketing.limit + 50)
            params.member("confirm", confirm)
        }
    }
}

// MARK: - Everybody else

extension DemoStory {
    private func otherIntegrations() async throws {
        try await steadily(0.03...0.97, times: 30) { step in
            try await call("usage.record") { params in
                params.member("integration", step.isMultiple(of: 3) ? DemoWorld.hubSpot : DemoWorld.dataLoader)
                params.member("purpose", "other")
                params.member("calls", 4)
            }
        }
    }

    /// Every two hours of the day Salesforce says in an answer's header how much was used; nobody here recorded it
    /// all.
    private func observations() async throws {
        try await steadily(0.02...0.98, times: 12) { step in
            let recorded = try await call("org.get").withValue { $0.count("recorded") }
            try await call("org.observe") { params in
                params.member(
                    "sforce_limit_info",
                    "api-usage=\(recorded + 20 + 4 * Int64(step))/\(DemoWorld.allowance)"
                )
            }
        }
    }
}

// MARK: - Helpers

extension DemoStory {
    @discardableResult
    private func call(
        _ method: String,
        _ workspace: DemoWorld.Workspace? = nil,
        _ write: (inout JSONWriter) -> Void = { _ in }
    ) async throws -> Reply {
        try await client.call(method) { params in
            params.member("org", world.org)
            params.member("workspace", ifPresent: workspace?.name)
            write(&params)
        }
    }

    private func record(_ workspace: DemoWorld.Workspace, purpose: String, calls: Int64) async throws {
        try await call("usage.record", workspace) { params in
            params.member("purpose", purpose)
            params.member("calls", calls)
        }
    }

    /// Calls made almost 24 hours ago: they stop counting one by one between two moments of the day.
    private func recordYesterday(
        _ workspace: DemoWorld.Workspace,
        calls: Int,
        ending moments: ClosedRange<Double>
    ) async throws {
        let ends = (0..<calls).map { index in
            let share = Double(index) / Double(calls)
            return day.instant(moments.lowerBound + (moments.upperBound - moments.lowerBound) * share)
        }
        try await call("usage.record_batch", workspace) { params in
            params.member("purpose", "event_sync")
            params.array("calls") { array in
                for end in ends { array.object { $0.member("at", (end - .hours(24)).description) } }
            }
        }
    }

    /// So many times between two moments of the day.
    private func steadily(
        _ moments: ClosedRange<Double>,
        times: Int,
        _ body: (Int) async throws -> Void
    ) async throws {
        let step = (moments.upperBound - moments.lowerBound) / Double(times)
        for index in 0..<times {
            try await day.wait(until: moments.lowerBound + step * Double(index))
            try await body(index)
        }
    }

    /// Waits for a part of the day.
    private func pause(_ part: Double) async throws {
        try await Task.sleep(for: day.length * part)
    }
}
