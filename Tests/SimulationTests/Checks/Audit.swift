import EventSourcing
import QuotaDomain

@testable import LedgerServiceTests

/// Holds what the clients were told against each other, and against the log.
struct Audit {
    private let history: History
    private let log: NaiveLedger
    private let head: Int64

    /// What the log holds, by what tells it.
    private let callsByTag: [String: [NaiveLedger.MadeCall]]
    private let changes: [NaiveLedger.Happening]

    /// `lines` are those of the log, from position 1 on.
    init(_ history: History, _ lines: [[UInt8]]) throws {
        self.history = history
        log = try NaiveLedger(lines.map { String(decoding: $0, as: UTF8.self) })
        head = Int64(lines.count)
        callsByTag = Dictionary(grouping: log.calls, by: \.resource)
        changes = log.happenings.filter { ["settings.changed", "org.configured"].contains($0.type) }
    }

    func check() throws {
        try checkOrder()
        try checkCalls()
        try checkChanges()
        try checkRealTime()
        try checkIDs()
        try checkSettings()
        try checkUsage()
        try checkTiers()
    }

    /// Positions have no gaps, and times never go back.
    private func checkOrder() throws {
        let positions = (log.calls.map(\.position) + log.happenings.map(\.position)).sorted()
        try demand(positions.elementsEqual(stride(from: 1, through: head, by: 1)), "the positions have gaps")
        try demand(zip(log.times, log.times.dropFirst()).allSatisfy { $0 <= $1 }, "time went back in the log")
    }
}

// MARK: - Once, and where it was said

extension Audit {
    private func checkCalls() throws {
        var sent: [Int: SentCall] = [:]
        var mayBeThere: Set<Int> = []
        for operation in history.operations {
            guard case .record(let calls) = operation.request else { continue }
            for call in calls {
                sent[call.tag] = call
                if operation.attempts.contains(where: \.mayBeDone) { mayBeThere.insert(call.tag) }
            }
            for attempt in operation.attempts {
                if case .recorded(let recorded) = attempt.answer { try check(recorded, of: calls) }
            }
        }
        for (tag, found) in callsByTag {
            guard let number = Int(tag.dropFirst("/tag/".count)), let call = sent[number] else {
                throw Violation(description: "the log has a call that nobody sent: \(tag)")
            }
            try demand(found.count == 1, "call \(number) is in the log \(found.count) times")
            try demand(found[0].matches(call), "call \(number) is another one in the log: \(found[0])")
            try demand(mayBeThere.contains(number), "call \(number) is in the log, and was said not to be done")
        }
    }

    private func check(_ recorded: RecordedCalls, of calls: [SentCall]) throws {
        let places = calls.map { callsByTag["\($0.resource)"]?.first?.position ?? 0 }
        try demand(!places.contains(0), "calls \(calls.map(\.tag)) were acknowledged, and are at \(places)")
        // Those of a batch that were there before may stand elsewhere.
        let isSaid =
            recorded.duplicates > 0
            ? places.contains(recorded.first) && places.contains(recorded.last)
            : places.first == recorded.first && places.last == recorded.last
        let said = "\(recorded.first) to \(recorded.last)"
        try demand(isSaid, "calls \(calls.map(\.tag)) are at \(places), and were said to be at \(said)")
    }

    private func checkChanges() throws {
        for operation in history.operations {
            guard let isItsEvent = operation.request.isItsEvent else { continue }
            let places = changes.filter(isItsEvent).map(\.position)
            let mayBeDone = operation.attempts.contains(where: \.mayBeDone)
            for attempt in operation.attempts {
                guard case .changed(let position, _, _) = attempt.answer else { continue }
                let request = operation.request
                try demand(places == [position], "\(request) was said to be at \(position), and is at \(places)")
            }
            try demand(places.count <= 1, "\(operation.request) is in the log at \(places)")
            try demand(mayBeDone || places.isEmpty, "\(operation.request) is in the log, and was said not to be done")
        }
        let sent = history.operations.compactMap(\.request.isItsEvent)
        for change in changes { try demand(sent.contains { $0(change) }, "the log has a change that nobody sent") }
    }
}

extension NaiveLedger.MadeCall {
    fileprivate func matches(_ call: SentCall) -> Bool {
        org == Request.org && workspace == call.workspace && calls == call.calls && purpose == "inbox"
            && integration == (call.workspace == nil ? SentCall.integration : "")
    }
}

extension Request {
    /// Tells the event of a change; nil of what is none.
    fileprivate var isItsEvent: ((NaiveLedger.Happening) -> Bool)? {
        switch self {
        case .update(let update):
            { $0.workspace == update.workspace && $0.data["limit"] as? Int64 == update.limit }
        case .configure(let allowance, _):
            { $0.workspace == nil && $0.data["allowance"] as? Int64 == allowance }
        case .record, .usage, .settings, .ping: nil
        }
    }
}

// MARK: - One order

extension Audit {
    /// What was answered before something else was sent stands before it in the log, and is seen by questions.
    private func checkRealTime() throws {
        var steps: [(moment: Int, floor: Int64?, reached: Int64?)] = []
        for attempt in history.operations.flatMap(\.attempts) {
            guard let answered = attempt.answered, let (reached, seen) = attempt.answer?.bounds else { continue }
            steps.append((attempt.sent, nil, reached))
            steps.append((answered, seen, nil))
        }
        var floor: Int64 = 0
        for step in steps.sorted(by: { $0.moment < $1.moment }) {
            if let seen = step.floor { floor = max(floor, seen) }
            guard let reached = step.reached else { continue }
            try demand(reached >= floor, "what was decided at \(reached) was sent after \(floor) had been answered")
        }
    }

    /// Of all who came with one id, one won.
    private func checkIDs() throws {
        var contests: [String: [TimedCall<IDRegister.Operation>]] = [:]
        for operation in history.operations {
            guard case .record(let calls) = operation.request, calls.count == 1, let id = calls[0].id else { continue }
            // Ids are unique within a workspace, or among all who belong to none.
            let scope = (calls[0].workspace ?? "") + "/" + id
            contests[scope, default: []] += operation.attempts.compactMap { attempt in
                attempt.call(IDRegister.Operation(attempt, content: calls[0].tag))
            }
        }
        for (id, calls) in contests.sorted(by: { $0.key < $1.key }) {
            try demand(
                Linearizability.holds(calls, from: IDRegister()),
                "no order explains what was told about id \(id): \(calls)"
            )
        }
    }

    /// Of all who expected one version, one made the next.
    private func checkSettings() throws {
        var calls: [String: [TimedCall<SettingsRegister.Operation>]] = [:]
        for operation in history.operations {
            guard let workspace = operation.request.settingsOf else { continue }
            calls[workspace, default: []] += operation.attempts.compactMap { attempt in
                attempt.call(SettingsRegister.Operation(attempt, operation.request))
            }
        }
        for (workspace, calls) in calls.sorted(by: { $0.key < $1.key }) {
            try demand(
                Linearizability.holds(calls, from: SettingsRegister()),
                "no order explains what was told about the settings of \(workspace): \(calls)"
            )
        }
    }
}

extension Answer {
    /// From which position on it may not have been decided earlier, and up to which it shows the log; nil where neither
    /// is told.
    fileprivate var bounds: (reached: Int64, seen: Int64)? {
        switch self {
        case .recorded(let recorded): recorded.duplicates > 0 ? nil : (recorded.first - 1, recorded.last)
        case .changed(let position, let isDuplicate, _): isDuplicate ? nil : (position, position)
        case .usage(let usage): (usage.position, usage.position)
        case .settings(let settings): (settings.position, settings.position)
        default: nil
        }
    }
}

extension History.Attempt {
    /// The call that it was of an object; nil where it was none, for it is known not to have been carried out.
    fileprivate func call<Operation>(_ operation: Operation?) -> TimedCall<Operation>? {
        guard let operation else { return nil }
        if case .mayBeDone = answer { return TimedCall(operation: operation, called: sent, returned: nil) }
        return TimedCall(operation: operation, called: sent, returned: answered)
    }
}

extension IDRegister.Operation {
    fileprivate init?(_ attempt: History.Attempt, content: Int) {
        switch attempt.answer {
        case .recorded(let recorded) where recorded.duplicates > 0:
            self = .repeated(content: content, position: recorded.first)
        case .recorded(let recorded): self = .win(content: content, position: recorded.first)
        case .idReused: self = .lose(content: content)
        case .mayBeDone, nil: self = .unknown(content: content)
        default: return nil
        }
    }
}

extension Request {
    fileprivate var settingsOf: String? {
        switch self {
        case .update(let update): update.workspace
        case .settings(let workspace): workspace
        case .record, .configure, .usage, .ping: nil
        }
    }
}

extension SettingsRegister.Operation {
    fileprivate init?(_ attempt: History.Attempt, _ request: Request) {
        switch (request, attempt.answer) {
        case (.update(let update), .changed(let position, let isDuplicate, _)):
            self = isDuplicate ? .repeated(update, position: position) : .change(update, position: position)
        case (.update(let update), .versionMismatch(let actual)): self = .refused(update, actual: actual)
        case (.update(let update), .mayBeDone), (.update(let update), nil): self = .change(update, position: nil)
        case (.settings, .settings(let known)): self = .read(version: known.version, limit: known.limit)
        default: return nil
        }
    }
}

// MARK: - The numbers

extension Audit {
    /// What answers say of usage is what counting the log up to their position gives.
    private func checkUsage() throws {
        for operation in history.operations {
            for attempt in operation.attempts {
                switch (operation.request, attempt.answer) {
                case (_, .usage(let usage)): try check(usage)
                case (.record(let calls), .recorded(let recorded)) where recorded.duplicates == 0:
                    try check(recorded, workspace: calls.last?.workspace)
                default: break
                }
            }
        }
    }

    /// A tier changes at the first instant at which counting gives another one, whenever that is noticed (R23).
    private func checkTiers() throws {
        for change in log.happenings where change.type == "tier.changed" {
            guard let workspace = change.workspace, let at = (change.data["at"] as? String).flatMap({ Timestamp($0) })
            else { throw Violation(description: "event \(change.position) does not say whose tier changed, or when") }
            func tier(at instant: Timestamp) -> String {
                log.usage(org: Request.org, workspace: workspace, at: instant, known: change.position - 1).tier.rawValue
            }
            let told = change.data["to"] as? String ?? "none"
            let counted = tier(at: at)
            try demand(counted == told, "the tier of \(workspace) is \(counted) at \(at), and \(told) in the log")
            guard at < change.time else { continue }
            let before = tier(at: at - TimeSpan(milliseconds: 1))
            try demand(before != told, "the tier of \(workspace) was \(told) before \(at), when the log has it change")
        }
    }

    private func check(_ usage: KnownUsage) throws {
        let counted = log.usage(org: Request.org, workspace: usage.workspace, at: usage.asOf, known: usage.position)
        let others = usage.members["others"] as? [String: Any] ?? [:]
        let isSame =
            usage.has("allowance", counted.allowance) && usage.has("limit", counted.limit)
            && usage.has("used_by_workspace", counted.usedByWorkspace)
            && usage.has("used_by_others", counted.usedByOthers) && usage.has("org_used", counted.orgUsed)
            && others["workspaces"] as? Int64 == counted.otherWorkspaces
            && others["integrations"] as? Int64 == counted.integrations
            && usage.members["tier"] as? String == counted.tier.rawValue
            && usage.members["paused"] as? [String] == counted.paused.map(\.rawValue)
            && usage.members["warning"] as? String == counted.warning
            && usage.members["allowance_exhausted"] as? Bool == counted.allowanceExhausted
        try demand(isSame, "at \(usage.position) the log says \(counted), and a client was told \(usage.members)")
    }

    private func check(_ recorded: RecordedCalls, workspace: String?) throws {
        guard let workspace, recorded.last <= head else { return }
        let now = log.times[Int(recorded.last) - 1]
        let counted = log.usage(org: Request.org, workspace: workspace, at: now, known: recorded.last)
        let told = recorded.tier ?? "none"
        try demand(
            told == counted.tier.rawValue,
            "after position \(recorded.last) \(workspace) is in tier \(counted.tier), and was said to be in \(told)"
        )
    }
}

extension KnownUsage {
    fileprivate func has(_ member: String, _ count: Int64) -> Bool { members[member] as? Int64 == count }
}
