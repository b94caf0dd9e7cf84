package import EventSourcing

/// A digest of an idempotency id in its scope and of the content that came with it (DESIGN §4).
///
/// Made outside the domain, which compares and keeps it but computes no digest.
package struct IdempotencyKey: Hashable, Sendable {
    /// 96 bits of SHA-256 over scope and id.
    package var scopeHigh: UInt64
    package var scopeLow: UInt32
    /// 48 bits over the content: the same id with another fingerprint is another content.
    package var fingerprint: UInt64

    package init(scopeHigh: UInt64, scopeLow: UInt32, fingerprint: UInt64) {
        self.scopeHigh = scopeHigh
        self.scopeLow = scopeLow
        self.fingerprint = fingerprint
    }
}

/// Who made a call.
package struct Caller: Hashable, Sendable {
    package var org: String
    /// Nil for a call of another system, which then has an `integration`.
    package var workspace: String?
    /// The associated app, or the other system; nil for the workspace's own app.
    package var integration: String?

    package init(org: String, workspace: String? = nil, integration: String? = nil) {
        self.org = org
        self.workspace = workspace
        self.integration = integration
    }
}

/// What the domain decides on of a call, besides who made it. Plain values: many are copied for each that is recorded.
package struct CallFacts: Hashable, Sendable {
    package var purpose: Purpose
    /// How many calls, 1–1,000,000.
    package var calls: Int64
    /// When they were made, as the caller said; nil means the event's time.
    package var at: Timestamp?
    /// False for calls that do not count against the allowance; only imports have such (R26).
    package var counted: Bool
    /// True when it came through `usage.import`: no horizon, and its id is held for ever.
    package var imported: Bool
    package var key: IdempotencyKey?

    package init(
        purpose: Purpose,
        calls: Int64 = 1,
        at: Timestamp? = nil,
        counted: Bool = true,
        imported: Bool = false,
        key: IdempotencyKey? = nil
    ) {
        self.purpose = purpose
        self.calls = calls
        self.at = at
        self.counted = counted
        self.imported = imported
        self.key = key
    }

    /// The instant from which the calls count: their date, but never later than the event that records them.
    package func effective(recordedAt time: Timestamp) -> Timestamp {
        at.map { min($0, time) } ?? time
    }
}

/// API calls that somebody made, as far as the domain looks at them. Verb, resource and status go from the request to the
/// event past the domain, which decides nothing on them.
@dynamicMemberLookup
package struct Call: Hashable, Sendable {
    package var caller: Caller
    package var facts: CallFacts

    package init(_ facts: CallFacts, by caller: Caller) {
        self.caller = caller
        self.facts = facts
    }

    package init(
        org: String,
        workspace: String?,
        integration: String?,
        purpose: Purpose,
        calls: Int64 = 1,
        at: Timestamp? = nil,
        counted: Bool = true,
        imported: Bool = false,
        key: IdempotencyKey? = nil
    ) {
        caller = Caller(org: org, workspace: workspace, integration: integration)
        facts = CallFacts(purpose: purpose, calls: calls, at: at, counted: counted, imported: imported, key: key)
    }

    package subscript<Member>(dynamicMember member: WritableKeyPath<Caller, Member>) -> Member {
        get { caller[keyPath: member] }
        set { caller[keyPath: member] = newValue }
    }

    package subscript<Member>(dynamicMember member: WritableKeyPath<CallFacts, Member>) -> Member {
        get { facts[keyPath: member] }
        set { facts[keyPath: member] = newValue }
    }
}
