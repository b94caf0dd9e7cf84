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
enum CallParser {
    /// Adds the calls of a request to `burst` and returns which they are; adds nothing when the request is refused.
    static func parse(
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

    private static func add(
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

    private static func addList(
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
    private static func take(
        _ object: JSONView,
        of scope: CallScope,
        into draft: inout CallDraft
    ) throws(RPCError) {
        let names = CallMember.names
        for (name, value) in object.members {
            guard let member = CallMember(name, in: names), scope.has(member) else {
                throw UnknownField.refusal(of: name, known: scope.fields, prefix: draft.prefix)
            }
            switch member {
            case .org: draft.org = try checked(value, Bounds.name, CallFields.org, draft)
            case .workspace: draft.workspace = try checked(value, Bounds.name, CallFields.workspace, draft)
            case .integration: draft.integration = try checked(value, Bounds.integration, CallFields.integration, draft)
            case .purpose: draft.purpose = try read(Purpose(value), CallFields.purpose, draft)
            case .calls: try take(calls: value, of: scope, into: &draft)
            case .verb: draft.details.verb = try checked(value, Bounds.verb, CallFields.verb, draft)
            case .resource: draft.details.resource = try checked(value, Bounds.resource, CallFields.resource, draft)
            case .status: draft.details.status = try integer(value, Bounds.status, CallFields.status, draft)
            case .at: draft.at = try read(value.timestamp, CallFields.at, draft)
            case .id: draft.details.id = try checked(value, Bounds.id, CallFields.id, draft)
            case .counted: draft.counted = try read(value.bool, CallFields.counted, draft)
            }
        }
    }

    /// In a call it is how many calls it stands for, beside the list it is the list.
    private static func take(calls value: JSONView, of scope: CallScope, into draft: inout CallDraft) throws(RPCError) {
        if scope.takesList {
            guard value.kind == .array, Bounds.batch.contains(value.count) else {
                throw draft.refusal(of: CallFields.list)
            }
            draft.list = value
        } else {
            draft.calls = try integer(value, Bounds.calls, CallFields.calls, draft)
        }
    }

    private static func read<Value>(
        _ value: Value?,
        _ field: @autoclosure () -> Field,
        _ draft: borrowing CallDraft
    ) throws(RPCError) -> Value {
        guard let value else { throw draft.refusal(of: field()) }
        return value
    }

    private static func checked(
        _ value: JSONView,
        _ rule: TextRule,
        _ field: @autoclosure () -> Field,
        _ draft: borrowing CallDraft
    ) throws(RPCError) -> JSONView {
        guard value.withText({ rule.accepts($0) }) == true else { throw draft.refusal(of: field()) }
        return value
    }

    private static func integer(
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
    var org: JSONView?
    var workspace: JSONView?
    var integration: JSONView?
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
        let call = CallFacts(purpose: purpose, calls: calls, at: at, counted: counted, imported: isImported)
        let names = CallerNames(org: org, workspace: workspace, integration: integration)
        burst.append(call, by: names, details: details)
    }
}

/// What is said of calls, one by one or beside a list of them.
private enum CallMember: Int {
    case org, workspace, integration, purpose, calls, verb, resource, status, at, id, counted

    /// In the order of the cases.
    static let names = JSONNameTable([
        "org", "workspace", "integration", "purpose", "calls", "verb", "resource", "status", "at", "id", "counted",
    ])

    @inline(__always)
    init?(_ name: JSONView, in names: borrowing JSONNameTable) {
        guard let index = names.index(of: name) else { return nil }
        self.init(rawValue: index)
    }
}

/// Which members may stand in one object.
private struct CallScope: Equatable {
    private let members: UInt16
    /// Whether `calls` is the list here, not a number.
    let takesList: Bool

    private init(_ members: [CallMember], takesList: Bool = false) {
        self.members = members.reduce(0) { $0 | 1 << UInt16($1.rawValue) }
        self.takesList = takesList
    }

    private static let described: [CallMember] = [
        .workspace, .integration, .purpose, .calls, .verb, .resource, .status, .at,
    ]
    static let call = CallScope(described + [.org, .id])
    static let batch = CallScope(described + [.org], takesList: true)
    static let imports = CallScope([.org, .calls], takesList: true)
    static let importedCall = CallScope(described + [.id, .counted])

    func has(_ member: CallMember) -> Bool { members & 1 << UInt16(member.rawValue) != 0 }

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
