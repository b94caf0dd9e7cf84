import EventSourcing
import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain

/// The three ways in which calls are recorded.
enum CallForm: Sendable {
    /// `usage.record`: one call.
    case record
    /// `usage.record_batch`: many, with defaults beside the list.
    case batch
    /// `usage.import`: many of one org, each with its own id and date.
    case imported

    var encoder: ResultEncoder {
        switch self {
        case .record: .call
        case .batch: .batch
        case .imported: .imported
        }
    }
}

/// Reads calls from requests in one walk over their members, for this is where nearly all requests go.
///
/// It accepts and refuses what the catalog says of the same parameters, in the same words; a test holds one against the
/// other. Names that come with every call become Strings once; everything else goes on as bytes.
struct CallParser: Sendable {
    private var names = NameCache(slots: NameCache.slotsOfConnection)

    /// Adds the calls of a request to `burst` and returns which they are; adds nothing when the request is refused.
    mutating func parse(
        _ params: JSONView?,
        as form: CallForm,
        into burst: inout BurstBuilder
    ) throws(RPCError) -> Range<Int> {
        let start = burst.callCount
        do throws(RPCError) {
            try add(params, as: form, to: &burst)
        } catch {
            burst.removeCalls(from: start)
            throw error
        }
        return start..<burst.callCount
    }

    private mutating func add(
        _ params: JSONView?,
        as form: CallForm,
        to burst: inout BurstBuilder
    ) throws(RPCError) {
        switch form {
        case .record:
            var draft = CallDraft()
            if let params { try take(params, of: .call, into: &draft) }
            try draft.add(to: &burst)
        case .batch:
            try addList(params, of: .batch, elements: .call, to: &burst)
        case .imported:
            try addList(params, of: .imports, elements: .importedCall, to: &burst)
        }
    }

    private mutating func addList(
        _ params: JSONView?,
        of outer: CallScope,
        elements: CallScope,
        to burst: inout BurstBuilder
    ) throws(RPCError) {
        var defaults = CallDraft()
        defaults.isImported = elements == .importedCall
        if let params { try take(params, of: outer, into: &defaults) }
        if defaults.isImported && defaults.org == nil { throw CallFields.org.absence(path: "org") }
        guard let list = defaults.list else { throw CallFields.list.absence(path: "calls") }
        for (index, element) in list.elements.enumerated() {
            var draft = defaults
            draft.index = index
            guard element.kind == .object else {
                throw .invalidParams("calls[\(index)] must be an object", field: "calls[\(index)]")
            }
            try take(element, of: elements, into: &draft)
            try draft.add(to: &burst)
        }
    }

    /// Reads the members of one object, in the order in which they were written.
    private mutating func take(_ object: JSONView, of scope: CallScope, into draft: inout CallDraft) throws(RPCError) {
        for (name, value) in object.members {
            if name.equals("purpose"), scope.has(.purpose) {
                guard let purpose = Purpose(value) else { throw draft.refusal(of: CallFields.purpose) }
                draft.purpose = purpose
            } else if name.equals("org"), scope.has(.org) {
                draft.org = try self.name(value, Bounds.name, CallFields.org, draft)
            } else if name.equals("workspace"), scope.has(.workspace) {
                draft.workspace = try self.name(value, Bounds.name, CallFields.workspace, draft)
            } else if name.equals("calls") {
                try take(calls: value, of: scope, into: &draft)
            } else if name.equals("id"), scope.has(.id) {
                draft.details.id = try checked(value, Bounds.id, CallFields.id, draft)
            } else if name.equals("verb"), scope.has(.verb) {
                draft.details.verb = try checked(value, Bounds.verb, CallFields.verb, draft)
            } else if name.equals("resource"), scope.has(.resource) {
                draft.details.resource = try checked(value, Bounds.resource, CallFields.resource, draft)
            } else if name.equals("status"), scope.has(.status) {
                draft.details.status = try integer(value, Bounds.status, CallFields.status, draft)
            } else if name.equals("integration"), scope.has(.integration) {
                draft.integration = try self.name(value, Bounds.integration, CallFields.integration, draft)
            } else if name.equals("at"), scope.has(.at) {
                guard let at = value.timestamp else { throw draft.refusal(of: CallFields.at) }
                draft.at = at
            } else if name.equals("counted"), scope.has(.counted) {
                guard let counted = value.bool else { throw draft.refusal(of: CallFields.counted) }
                draft.counted = counted
            } else {
                throw UnknownField.refusal(of: name, known: scope.fields, prefix: draft.prefix)
            }
        }
    }

    /// In a call it is how many calls it stands for, beside the list it is the list.
    private func take(calls value: JSONView, of scope: CallScope, into draft: inout CallDraft) throws(RPCError) {
        if scope.has(.list) {
            guard value.kind == .array, Bounds.batch.contains(value.count) else {
                throw draft.refusal(of: CallFields.list)
            }
            draft.list = value
        } else {
            draft.calls = try integer(value, Bounds.calls, CallFields.calls, draft)
        }
    }

    private mutating func name(
        _ value: JSONView,
        _ rule: TextRule,
        _ field: @autoclosure () -> Field,
        _ draft: borrowing CallDraft
    ) throws(RPCError) -> String {
        let name = value.withText { text in rule.accepts(text) ? names.name(text) : nil }
        guard let name = name ?? nil else { throw draft.refusal(of: field()) }
        return name
    }

    private func checked(
        _ value: JSONView,
        _ rule: TextRule,
        _ field: @autoclosure () -> Field,
        _ draft: borrowing CallDraft
    ) throws(RPCError) -> JSONView {
        guard value.withText({ rule.accepts($0) }) == true else { throw draft.refusal(of: field()) }
        return value
    }

    private func integer(
        _ value: JSONView,
        _ range: ClosedRange<Int64>,
        _ field: @autoclosure () -> Field,
        _ draft: borrowing CallDraft
    ) throws(RPCError) -> Int64 {
        guard let integer = value.integer, range.contains(integer) else { throw draft.refusal(of: field()) }
        return integer
    }
}

/// A call as far as it was read.
private struct CallDraft {
    var org: String?
    var workspace: String?
    var integration: String?
    var purpose: Purpose?
    var calls: Int64 = 1
    var at: Timestamp?
    var counted = true
    var isImported = false
    var details = CallDetails()
    /// The list of a batch, where this is what stands beside it.
    var list: JSONView?
    /// Of the call in its list.
    var index: Int?

    var prefix: String { index.map { "calls[\($0)]." } ?? "" }

    func refusal(of field: Field) -> RPCError { field.refusal(path: "\(prefix)\(field.name)") }

    private func absence(of field: Field) -> RPCError { field.absence(path: "\(prefix)\(field.name)") }

    func add(to burst: inout BurstBuilder) throws(RPCError) {
        guard let org else { throw absence(of: CallFields.org) }
        if isImported {
            if details.id == nil { throw absence(of: CallFields.id) }
            if at == nil { throw absence(of: CallFields.at) }
        }
        guard let purpose = purpose ?? (isImported ? .other : nil) else { throw absence(of: CallFields.purpose) }
        guard workspace != nil || integration != nil else {
            throw .invalidParams("\(prefix)workspace or integration is missing", field: "\(prefix)workspace")
        }
        let call = Call(
            org: org,
            workspace: workspace,
            integration: integration,
            purpose: purpose,
            calls: calls,
            at: at,
            counted: counted,
            imported: isImported
        )
        burst.append(call, details: details)
    }
}

/// Which members may stand in one object.
private struct CallScope: OptionSet {
    let rawValue: UInt16

    static let org = CallScope(rawValue: 1 << 0)
    static let workspace = CallScope(rawValue: 1 << 1)
    static let integration = CallScope(rawValue: 1 << 2)
    static let purpose = CallScope(rawValue: 1 << 3)
    static let verb = CallScope(rawValue: 1 << 4)
    static let resource = CallScope(rawValue: 1 << 5)
    static let status = CallScope(rawValue: 1 << 6)
    static let at = CallScope(rawValue: 1 << 7)
    static let id = CallScope(rawValue: 1 << 8)
    static let counted = CallScope(rawValue: 1 << 9)
    /// `calls` is the list here, not a number.
    static let list = CallScope(rawValue: 1 << 10)

    private static let described: CallScope = [.workspace, .integration, .purpose, .verb, .resource, .status, .at]
    static let call = described.union([.org, .id])
    static let batch = described.union([.org, .list])
    static let imports: CallScope = [.org, .list]
    static let importedCall = described.union([.id, .counted])

    func has(_ member: CallScope) -> Bool { contains(member) }

    /// The same as the catalog knows them.
    var fields: [Field] {
        switch self {
        case .call: CallFields.call
        case .batch: CallFields.batch
        case .imports: CallFields.imports
        default: CallFields.importedCall
        }
    }
}
