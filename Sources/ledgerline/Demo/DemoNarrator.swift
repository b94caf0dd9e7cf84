import LineJSON

/// Tells events in sentences; calls and progress are shown in other ways.
enum DemoNarrator {
    static func message(_ event: JSONView, clock: String) -> DemoMessage? {
        guard let data = event["data"] else { return nil }
        let type = event.text("type")
        guard let text = text(type, event.text("workspace"), data) else { return nil }
        return DemoMessage(
            clock: clock,
            text: text,
            look: type == "org.observed" ? .dim : EventFormatter.look(ofType: type)
        )
    }

    private static func text(_ type: String, _ workspace: String, _ data: JSONView) -> String? {
        switch type {
        case "tier.changed":
            let numbers = "\(Numbers.grouped(data.count("used"))) of \(Numbers.grouped(data.count("limit")))"
            return "\(workspace) is \(TierText.words(data.text("to"))) now, at \(numbers) calls"
        case "org.observed":
            let (used, allowance) = (Numbers.grouped(data.count("used")), Numbers.grouped(data.count("allowance")))
            return "Salesforce reports \(used) of \(allowance) used"
        case "settings.changed":
            return data.integer("limit").map { "\(workspace): limit set to \(Numbers.grouped($0))" }
        case "mapping.set":
            return "\(workspace): \(data.text("object")) \(data.text("intercom")) mapped to \(data.text("salesforce"))"
        case _ where type.hasPrefix("bulk_sync."): return bulkSync(type, workspace, data)
        case _ where type.hasPrefix("event_sync."): return eventSync(type, workspace, data)
        case _ where type.hasPrefix("sync_error."): return syncError(type, workspace, data)
        default: return nil
        }
    }

    private static func bulkSync(_ type: String, _ workspace: String, _ data: JSONView) -> String? {
        let sync = "\(workspace): bulk sync #\(data.count("sync"))"
        switch type {
        case "bulk_sync.started": return "\(sync) started"
        case "bulk_sync.paused": return "\(sync) paused (\(data.text("reason")))"
        case "bulk_sync.resumed": return "\(sync) goes on by itself"
        case "bulk_sync.stopped": return "\(sync) stopped for good (\(TierText.words(data.text("cause"))))"
        case "bulk_sync.completed": return "\(sync) completed"
        default: return nil
        }
    }

    private static func eventSync(_ type: String, _ workspace: String, _ data: JSONView) -> String {
        let isPaused = type == "event_sync.paused"
        return "\(workspace): event-based sync \(isPaused ? "paused" : "runs again") (\(data.text("reason")))"
    }

    private static func syncError(_ type: String, _ workspace: String, _ data: JSONView) -> String? {
        let error = "\(workspace): sync error #\(data.count("error"))"
        switch type {
        case "sync_error.reported": return "\(error): \(data.text("message"))"
        case "sync_error.retry_started": return "\(error): attempt \(data.count("attempt"))"
        case "sync_error.resolved": return "\(error) resolved"
        case "sync_error.retry_failed": return "\(error): \(data.text("message"))"
        default: return nil
        }
    }
}
