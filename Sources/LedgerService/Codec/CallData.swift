package import LineJSON
package import QuotaDomain

/// What a request says of a call besides what the domain decides on; it goes from the request's bytes to the event's.
package struct CallDetails {
    package var verb: JSONView?
    package var resource: JSONView?
    /// HTTP status, 100–599.
    package var status: Int64?
    /// The idempotency id.
    package var id: JSONView?

    package init(verb: JSONView? = nil, resource: JSONView? = nil, status: Int64? = nil, id: JSONView? = nil) {
        self.verb = verb
        self.resource = resource
        self.status = status
        self.id = id
    }
}

/// The `data` object of `api.called`. It holds what was said and nothing that was made up, so the same bytes come of a
/// request and of its retry: the fingerprint covers them all up to the id, which stands last.
package enum CallData {
    /// Appends the object for a call, which must be where no comma is due. When there is an id, gives `call` its key.
    package static func append(
        _ call: inout CallFacts,
        by caller: Caller,
        details: CallDetails,
        to writer: inout JSONWriter
    ) {
        let start = writer.count
        writer.object { data in
            appendContent(of: call, by: caller, details: details, to: &data)
            guard let id = details.id else { return }
            call.key = key(of: call, by: caller, id: id, content: data, from: start)
            data.member("id", canonical: id)
        }
    }

    private static func appendContent(
        of call: CallFacts,
        by caller: Caller,
        details: CallDetails,
        to data: inout JSONWriter
    ) {
        data.member("purpose", text: call.purpose.rawValue.utf8)
        data.member("calls", call.calls)
        if let integration = caller.integration { data.member("integration", integration) }
        if let at = call.at { data.member("at", at) }
        if let verb = details.verb { data.member("verb", canonical: verb) }
        if let resource = details.resource { data.member("resource", canonical: resource) }
        if let status = details.status { data.member("status", status) }
        if !call.counted { data.member("counted", false) }
        if call.imported { data.member("imported", true) }
    }

    private static func key(
        of call: CallFacts,
        by caller: Caller,
        id: JSONView,
        content: borrowing JSONWriter,
        from start: Int
    ) -> IdempotencyKey? {
        content.bytes.withUnsafeBytes { bytes in
            key(of: call, by: caller, id: id, content: UnsafeRawBufferPointer(rebasing: bytes[start...]))
        }
    }

    private static func key(
        of call: CallFacts,
        by caller: Caller,
        id: JSONView,
        content: UnsafeRawBufferPointer
    ) -> IdempotencyKey? {
        var fingerprint = Fingerprint()
        // An imported row is known by its id alone: it stays the same call when its app is mapped to another workspace.
        if !call.imported { fingerprint.combine(content) }
        return id.withText { text in
            let scope = IdentityDigest.Scope(of: caller, imported: call.imported)
            return IdentityDigest.key(org: caller.org, scope: scope, id: text, fingerprint: fingerprint.value)
        }
    }

    /// Reads the call of an `api.called` event back from its line; nil when the line is no such event.
    static func read(_ data: JSONView, org: String, workspace: String?, names: inout NameCache) -> Call? {
        var call = CallFacts(purpose: .other)
        var caller = Caller(org: org, workspace: workspace)
        var id: JSONView?
        for (key, value) in data.members {
            if key.equals("purpose") {
                guard let purpose = Purpose(value) else { return nil }
                call.purpose = purpose
            } else if key.equals("calls") {
                guard let calls = value.integer else { return nil }
                call.calls = calls
            } else if key.equals("integration") {
                caller.integration = names.name(value)
            } else if key.equals("at") {
                guard let at = value.timestamp else { return nil }
                call.at = at
            } else if key.equals("counted") {
                call.counted = value.bool ?? true
            } else if key.equals("imported") {
                call.imported = value.bool ?? false
            } else if key.equals("id") {
                id = value
            }
        }
        if let id { call.key = key(of: call, by: caller, id: id, data: data) }
        return Call(call, by: caller)
    }

    /// The content is what stands before `,"id":`, as `append` wrote it.
    private static func key(of call: CallFacts, by caller: Caller, id: JSONView, data: JSONView) -> IdempotencyKey? {
        let contentLength = id.offset - data.offset - ",\"id\":".utf8.count
        guard contentLength > 0 else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: data.rawBytes[..<contentLength])
        return key(of: call, by: caller, id: id, content: content)
    }
}

extension IdentityDigest.Scope {
    /// What the ids of a caller's calls are unique in.
    fileprivate init(of caller: Caller, imported: Bool) {
        if imported {
            self = .imported
        } else if let workspace = caller.workspace {
            self = .workspace(workspace)
        } else {
            self = .integration(caller.integration ?? "")
        }
    }
}

extension Purpose {
    /// The purpose that a JSON string names, compared as bytes, the most frequent ones first.
    package init?(_ view: JSONView) {
        if view.equals("inbox") {
            self = .inbox
        } else if view.equals("event_sync") {
            self = .eventSync
        } else if view.equals("bulk_sync") {
            self = .bulkSync
        } else if view.equals("settings") {
            self = .settings
        } else if view.equals("other") {
            self = .other
        } else {
            return nil
        }
    }
}
