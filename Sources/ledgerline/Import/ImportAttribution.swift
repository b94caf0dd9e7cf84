import EventSourcing
import LineJSON
import Salesforce

/// Whose calls the imported ones are.
struct ImportAttribution: Sendable {
    var org: String
    /// The workspace that `apps` belong to.
    var workspace: String?
    var apps: Set<String>

    /// Writes a call as `usage.import` takes it.
    func write(_ call: ImportedCall, to writer: inout JSONWriter) {
        writer.object { params in
            params.member("id", call.id)
            params.member("at", call.at.description)
            if let workspace, apps.contains(call.appName) { params.member("workspace", workspace) }
            params.member("integration", call.appName)
            if !call.counted { params.member("counted", false) }
            params.member("verb", ifPresent: call.verb)
            params.member("resource", ifPresent: call.resource)
            params.member("status", ifPresent: call.status)
        }
    }
}
