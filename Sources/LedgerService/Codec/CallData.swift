import EventSourcing
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

/// What the names of a caller come to in the events of its calls, made once for all of them. One piece of memory: it is
/// seldom in the processor's cache, as there are many callers.
package struct CallOrigin: Sendable {
    /// The integration's member and both scopes, one behind the other.
    private let bytes: [UInt8]
    private let integrationEnd: Int
    private let idScopeEnd: Int

    package init(_ caller: Caller) {
        let integration = caller.integration.map { CallOrigin.member($0) } ?? []
        let idScope = IdentityDigest.prefix(org: caller.org, scope: .init(of: caller, imported: false))
        let importScope = IdentityDigest.prefix(org: caller.org, scope: .init(of: caller, imported: true))
        bytes = integration + idScope + importScope
        (integrationEnd, idScopeEnd) = (integration.count, integration.count + idScope.count)
    }

    /// The parts, valid only inside the closure they were lent to.
    fileprivate struct Parts {
        /// `,"integration":"…"`; empty where there is none.
        let integration: UnsafeRawBufferPointer
        /// What the ids of the calls are unique in.
        let idScope: UnsafeRawBufferPointer
        /// The same for those that are imported.
        let importScope: UnsafeRawBufferPointer
    }

    @inline(__always)
    fileprivate func withParts<R>(_ body: (Parts) -> R) -> R {
        bytes.withUnsafeBytes { bytes in
            body(
                Parts(
                    integration: UnsafeRawBufferPointer(rebasing: bytes[..<integrationEnd]),
                    idScope: UnsafeRawBufferPointer(rebasing: bytes[integrationEnd..<idScopeEnd]),
                    importScope: UnsafeRawBufferPointer(rebasing: bytes[idScopeEnd...])
                )
            )
        }
    }

    private static func member(_ integration: String) -> [UInt8] {
        var bytes = Array(#","integration":"#.utf8)
        Array(integration.utf8).withUnsafeBytes { JSONEscape.appendString($0, to: &bytes) }
        return bytes
    }
}

/// The `data` object of `api.called`. It holds what was said and nothing that was made up, so the same bytes come of a
/// request and of its retry: the fingerprint covers them all up to the id, which stands last.
package enum CallData {
    /// Appends the object for a call, which must be where no comma is due. When there is an id, gives `call` its key.
    package static func append(
        _ call: inout CallFacts,
        from origin: CallOrigin,
        details: CallDetails,
        to writer: inout JSONWriter
    ) {
        origin.withParts { origin in
            writer.value(upTo: bytesMax(from: origin, details: details)) { data in
                writeContent(of: call, from: origin, details: details, to: &data)
                if let id = details.id {
                    let scope = call.imported ? origin.importScope : origin.idScope
                    call.key = key(of: call, scope: scope, id: id, content: data.written)
                    data.write(#","id":"#)
                    data.write(canonical: id)
                }
                data.write("}")
            }
        }
    }

    @inline(__always)
    private static func writeContent(
        of call: CallFacts,
        from origin: CallOrigin.Parts,
        details: CallDetails,
        to data: inout JSONPieces
    ) {
        data.writeOpening(call.purpose)
        data.write(call.calls)
        data.write(origin.integration)
        if let at = call.at { data.write(at: at) }
        if let verb = details.verb {
            data.write(#","verb":"#)
            data.write(canonical: verb)
        }
        if let resource = details.resource {
            data.write(#","resource":"#)
            data.write(canonical: resource)
        }
        if let status = details.status {
            data.write(#","status":"#)
            data.write(status)
        }
        if !call.counted { data.write(#","counted":false"#) }
        if call.imported { data.write(#","imported":true"#) }
    }

    /// Room for all members, those that are not there too.
    @inline(__always)
    private static func bytesMax(from origin: CallOrigin.Parts, details: CallDetails) -> Int {
        var bytes = namesBytesMax + origin.integration.count + Timestamp.textLength + 2 * JSONPieces.integerBytesMax
        for text in [details.verb, details.resource, details.id] { bytes += text?.rawBytes.count ?? 0 }
        return bytes
    }

    /// Of the names of all members, the longest purpose, quotes, commas and braces.
    private static let namesBytesMax = 128

    private static func key(
        of call: CallFacts,
        scope: UnsafeRawBufferPointer,
        id: JSONView,
        content: UnsafeRawBufferPointer
    ) -> IdempotencyKey? {
        var fingerprint = Fingerprint()
        // An imported row is known by its id alone: it stays the same call when its app is mapped to another workspace.
        if !call.imported { fingerprint.combine(content) }
        return id.withText { text in
            IdentityDigest.key(prefix: scope, id: text, fingerprint: fingerprint.value)
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
        return IdentityDigest.withPrefix(org: caller.org, scope: .init(of: caller, imported: call.imported)) { scope in
            key(of: call, scope: scope, id: id, content: content)
        }
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

extension JSONPieces {
    /// The object up to the number of calls.
    @inline(__always)
    fileprivate mutating func writeOpening(_ purpose: Purpose) {
        switch purpose {
        case .inbox: write(#"{"purpose":"inbox","calls":"#)
        case .eventSync: write(#"{"purpose":"event_sync","calls":"#)
        case .bulkSync: write(#"{"purpose":"bulk_sync","calls":"#)
        case .settings: write(#"{"purpose":"settings","calls":"#)
        case .other: write(#"{"purpose":"other","calls":"#)
        }
    }

    fileprivate mutating func write(at instant: Timestamp) {
        var text: [UInt8] = []
        text.reserveCapacity(Timestamp.textLength)
        instant.appendText(to: &text)
        write(#","at":""#)
        text.withUnsafeBytes { write($0) }
        write("\"")
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
