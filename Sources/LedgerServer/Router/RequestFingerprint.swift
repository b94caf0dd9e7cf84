import EventSourcing
import LedgerService
import LineJSON
import QuotaDomain

/// Tells a repetition of a command from a reuse of its id: a digest of the method and of what its parameters mean,
/// however they were written, ordered and spaced.
enum RequestFingerprint {
    /// What does not change what is asked for.
    private static let leftOut: [StaticString] = ["id", "expected_version", "confirm"]

    static func of(_ arguments: Arguments) -> UInt64 {
        var fingerprint = Fingerprint()
        fingerprint.combine(arguments.definition.name)
        for field in arguments.definition.params where !leftOut.contains(where: field.name.hasSameText(as:)) {
            guard let value = canonical(field, arguments.view(field.name)) else { continue }
            fingerprint.combine(field.name)
            value.withUnsafeBytes { fingerprint.combine($0) }
        }
        return fingerprint.value
    }

    /// An absent parameter is its default.
    private static func canonical(_ field: Field, _ value: JSONView?) -> [UInt8]? {
        var writer = JSONWriter()
        if let value {
            writer.canonical(value, field.type)
        } else if let fallback = field.fallback {
            writer.value(fallback)
        } else {
            return nil
        }
        return writer.take()
    }
}

extension Fingerprint {
    fileprivate mutating func combine(_ name: StaticString) {
        combine(UnsafeRawBufferPointer(name))
    }
}

extension JSONWriter {
    /// Writes a value in the one form that all its spellings share.
    fileprivate mutating func canonical(_ view: JSONView, _ type: ValueType) {
        if case .instant = type, let instant = view.timestamp {
            value(instant)
        } else {
            canonical(view)
        }
    }

    private mutating func canonical(_ view: JSONView) {
        switch view.kind {
        case .object: canonicalObject(view)
        case .array: array { array in for element in view.elements { array.canonical(element) } }
        case .string: view.withText { value(text: $0) }
        case .number:
            if let integer = view.integer { value(integer) } else { value(raw: view.rawBytes) }
        case .null, .boolean: value(raw: view.rawBytes)
        }
    }

    private mutating func canonicalObject(_ view: JSONView) {
        let members = view.members.map { (name: $0.key.string() ?? "", value: $0.value) }
        object { object in
            for member in members.sorted(by: { $0.name < $1.name }) {
                object.key(member.name)
                object.canonical(member.value)
            }
        }
    }
}

extension Arguments {
    /// The command that the request means. The org, the workspace, the id and the expected version are taken from the
    /// parameters of these names, as far as the method has them.
    func command(_ action: Command.Action) -> Command {
        let org = text("org")
        let workspace = declares("workspace") ? optionalText("workspace") : nil
        return Command(
            org: org,
            workspace: workspace,
            identity: identity(org: org, workspace: workspace),
            expectedVersion: declares("expected_version") ? optionalPosition("expected_version") : nil,
            action: action
        )
    }

    private func identity(org: String, workspace: String?) -> RequestIdentity? {
        guard declares("id"), let id = optionalText("id") else { return nil }
        let scope: IdentityDigest.Scope = workspace.map { .workspace($0) } ?? .org
        let key = IdentityDigest.key(org: org, scope: scope, id: id, fingerprint: RequestFingerprint.of(self))
        return RequestIdentity(id: id, key: key)
    }
}
