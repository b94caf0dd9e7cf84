package import EventSourcing
package import LineJSON
package import QuotaDomain

/// Writes events as the lines that are stored, hashed and streamed.
package enum EventWriter {
    /// Appends the line of one event, `\n` included.
    package static func append(
        _ event: QuotaEvent,
        position: LogPosition,
        time: Timestamp,
        to writer: inout JSONWriter
    ) {
        writer.object { line in
            line.member("position", position)
            line.member("time", time)
            line.member("type", event.body.type.rawValue)
            line.member("org", event.org)
            if let workspace = event.workspace { line.member("workspace", workspace) }
            line.key("data")
            append(event.body, identity: event.identity, to: &line)
        }
        writer.endLine()
    }

    /// The names of a caller as they stand in a line, with the comma before them.
    static func lineNames(of caller: Caller) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { line in
            line.member("org", caller.org)
            if let workspace = caller.workspace { line.member("workspace", workspace) }
        }
        return [UInt8(ascii: ",")] + writer.bytes.dropFirst().dropLast()
    }

    private static func append(_ body: QuotaEvent.Body, identity: RequestIdentity?, to writer: inout JSONWriter) {
        if case .apiCalled(var call) = body {
            CallData.append(&call.facts, from: CallOrigin(call.caller), details: CallDetails(), to: &writer)
            return
        }
        writer.object { data in
            appendMembers(of: body, to: &data)
            guard let identity else { return }
            data.member("id", identity.id)
            data.member("fingerprint", FingerprintText.text(of: identity.key.fingerprint))
        }
    }

    private static func appendMembers(of body: QuotaEvent.Body, to data: inout JSONWriter) {
        switch body {
        case .orgConfigured(let allowance, let idempotencyDays):
            if let allowance { data.member("allowance", allowance) }
            if let idempotencyDays { data.member("idempotency_days", idempotencyDays) }
        case .orgObserved(let used, let allowance, let at, let source):
            data.member("used", used)
            data.member("allowance", allowance)
            data.member("at", at)
            data.member("source", source.rawValue)
        case .apiCalled:
            break
        case .settingsChanged(let change):
            append(change, to: &data)
        case .tierChanged(let change):
            append(change, to: &data)
        case .mappingSet(let mapping):
            append(mapping.key, to: &data)
            data.member("salesforce", mapping.salesforce)
            data.member("direction", mapping.direction.rawValue)
        case .mappingRemoved(let key):
            append(key, to: &data)
        case .bulkSyncStarted(let sync, let pauses):
            data.member("sync", sync)
            data.member("pauses", pauses.map(\.rawValue))
        case .bulkSyncProgressed(let sync, let progress):
            data.member("sync", sync)
            append(progress, to: &data)
        case .bulkSyncPaused(let sync, let reason, let at), .bulkSyncResumed(let sync, let reason, let at):
            data.member("sync", sync)
            data.member("reason", reason.rawValue)
            data.member("at", at)
        case .bulkSyncStopped(let sync, let cause):
            data.member("sync", sync)
            data.member("cause", cause.rawValue)
        case .bulkSyncCompleted(let sync):
            data.member("sync", sync)
        case .bulkSyncFailed(let sync, let failure):
            data.member("sync", sync)
            append(failure, to: &data)
        case .eventSyncPaused(let reason, let at), .eventSyncResumed(let reason, let at):
            data.member("reason", reason.rawValue)
            data.member("at", at)
        case .syncErrorReported(let error, let report, let at):
            data.member("error", error)
            append(report, at: at, to: &data)
        case .syncErrorRetryStarted(let error, let attempt), .syncErrorResolved(let error, let attempt):
            data.member("error", error)
            data.member("attempt", attempt)
        case .syncErrorRetryFailed(let error, let attempt, let failure):
            data.member("error", error)
            data.member("attempt", attempt)
            append(failure, to: &data)
        }
    }

    private static func append(_ change: SettingsChange, to data: inout JSONWriter) {
        if let limit = change.limit { data.member("limit", limit) }
        if let email = change.installerEmail { data.member("installer_email", email) }
        if let percent = change.bulkPausePercent { data.member("bulk_pause_percent", percent) }
        if let percent = change.eventPausePercent { data.member("event_pause_percent", percent) }
        if let percent = change.warnPercent { data.member("warn_percent", percent) }
        if let percent = change.resumeHysteresisPercent { data.member("resume_hysteresis_percent", percent) }
    }

    private static func append(_ change: TierChange, to data: inout JSONWriter) {
        data.member("from", change.from.rawValue)
        data.member("to", change.to.rawValue)
        data.member("at", change.at)
        data.member("used", change.used)
        data.member("limit", change.limit)
        data.member("cause", change.cause.rawValue)
    }

    private static func append(_ key: MappingKey, to data: inout JSONWriter) {
        data.member("object", key.object.rawValue)
        data.member("intercom", key.intercom)
    }

    private static func append(_ progress: BulkSyncProgress, to data: inout JSONWriter) {
        data.member("total", progress.total)
        data.member("processed", progress.processed)
        data.member("updated", progress.updated)
        data.member("unchanged", progress.unchanged)
        data.member("skipped", progress.skipped)
        data.member("failed", progress.failed)
    }

    private static func append(_ failure: Failure, to data: inout JSONWriter) {
        data.member("code", failure.code)
        data.member("message", failure.message)
    }

    private static func append(_ report: SyncErrorReport, at: Timestamp, to data: inout JSONWriter) {
        data.member("direction", report.direction.rawValue)
        data.member("sync_type", report.syncType.rawValue)
        data.member("object", report.object.rawValue)
        data.member("record", report.record)
        if let attribute = report.attribute { data.member("attribute", attribute) }
        append(report.failure, to: &data)
        data.member("at", at)
        data.member("attempt", 1)
    }
}

/// A fingerprint as it stands in an event: 12 hexadecimal digits.
enum FingerprintText {
    static func text(of fingerprint: UInt64) -> String {
        let digits = String(fingerprint, radix: 16)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    static func fingerprint(of text: String) -> UInt64? {
        text.utf8.count == 12 ? UInt64(text, radix: 16) : nil
    }
}
