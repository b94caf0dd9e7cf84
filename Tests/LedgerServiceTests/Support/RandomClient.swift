import EventSourcing
import LedgerService
import QuotaDomain
import TestSupport

/// Makes requests of all kinds, in several orgs and workspaces; many are refused, as some of everybody's are.
struct RandomClient {
    var random: SeededRandom
    /// Hysteresis makes tiers depend on what was before: only some models know it.
    var changesHysteresis = true

    static let orgs = ["acme", "globex"]
    static let workspaces = ["support", "sales", "örtlich"]
    static let integrations = ["Data Loader", "Мост", "quote\" and \\"]
    /// Paths and the classes that history files them under.
    static let resources = [
        "": "", "/services/data/v60.0/query?q=SELECT+Id": "/query",
        "/services/data/v60.0/sobjects/Contact/003HOtqA0aFoo9p": "/sobjects/Contact/{id}",
        "/v59.0/sobjects/Lead/00QHOtqA0aFoo9pAAB?fields=Id": "/sobjects/Lead/{id}",
    ]

    private var saidBefore: [SaidCall] = []
    private var nextID = 0

    init(random: SeededRandom) {
        self.random = random
    }

    /// Plays `bursts` bursts on a ledger, whose clock goes on by minutes to hours between some of them.
    mutating func play(_ bursts: Int, on ledger: Ledger) throws {
        for _ in 0..<bursts {
            ledger.clock.advance(pause())
            let requests = try requests(at: ledger.clock.now)
            _ = try ledger.submit { $0 = requests }
        }
    }

    /// One burst.
    mutating func requests(at now: Timestamp) throws -> Requests {
        var requests = Requests()
        for _ in 0..<Int.random(in: 1...4, using: &random) { try append(to: &requests, at: now) }
        return requests
    }

    /// Until the next burst: mostly seconds, now and then hours.
    mutating func pause() -> TimeSpan {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6: TimeSpan(milliseconds: .random(in: 0...2_000, using: &random))
        case 6..<9: TimeSpan(milliseconds: .random(in: 0...900_000, using: &random))
        default: TimeSpan(milliseconds: .random(in: 0...18_000_000, using: &random))
        }
    }

    private mutating func append(to requests: inout Requests, at now: Timestamp) throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<10: try requests.record([call(at: now)])
        case 10..<12:
            try requests.record((0..<Int.random(in: 2...6, using: &random)).map { _ in call(at: now) })
        case 12..<14:
            try requests.record((0..<Int.random(in: 1...6, using: &random)).map { _ in importedCall(at: now) })
        case 14: requests.carryOut(orgCommand(at: now))
        default: requests.carryOut(workspaceCommand(at: now))
        }
    }

    // MARK: Calls

    private mutating func call(at now: Timestamp) -> SaidCall {
        if let again = saidBefore.randomElement(using: &random), chance(0.1) { return again }
        var said = SaidCall(
            pick(Self.orgs),
            chance(0.8) ? pick(Self.workspaces) : nil,
            purpose: pick(Purpose.allCases),
            calls: .random(in: 1...9, using: &random)
        )
        if said.call.workspace == nil || chance(0.3) { said.call.integration = pick(Self.integrations) }
        if chance(0.3) {
            said.call.at = now - TimeSpan(milliseconds: .random(in: -60_000...172_800_000, using: &random))
        }
        describe(&said)
        if chance(0.5) {
            said.id = freshID()
            saidBefore.append(said)
        }
        return said
    }

    private mutating func importedCall(at now: Timestamp) -> SaidCall {
        if let again = saidBefore.randomElement(using: &random), chance(0.1) { return again }
        var said = SaidCall(pick(Self.orgs), chance(0.5) ? pick(Self.workspaces) : nil, purpose: .other)
        if said.call.workspace == nil { said.call.integration = pick(Self.integrations) }
        said.call.at = now - TimeSpan(milliseconds: .random(in: 0...1_728_000_000, using: &random))
        (said.call.imported, said.call.counted) = (true, chance(0.7))
        describe(&said)
        said.id = freshID()
        saidBefore.append(said)
        return said
    }

    private mutating func describe(_ said: inout SaidCall) {
        if chance(0.5) { said.verb = pick(["GET", "POST"]) }
        said.resource = pick(Self.resources.keys.sorted())
        if said.resource == "" { said.resource = nil }
        if chance(0.5) { said.status = pick([200, 404]) }
    }

    private mutating func freshID() -> String {
        nextID += 1
        return "id-\(nextID)-\u{1F600}\"\\"
    }

    // MARK: Commands

    private mutating func orgCommand(at now: Timestamp) -> Command {
        let at = chance(0.5) ? nil : now - TimeSpan(milliseconds: .random(in: 0...3_600_000, using: &random))
        var command = Command(org: pick(Self.orgs), action: .observeExhaustion(at: at))
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6:
            command.action = .observe(
                used: .random(in: 0...1_200, using: &random),
                allowance: .random(in: 400...1_200, using: &random),
                at: at,
                source: pick([.reported, .header, .limits])
            )
        case 6..<9:
            command.action = .configureOrg(
                allowance: .random(in: 300...1_500, using: &random),
                idempotencyDays: chance(0.3) ? .random(in: 1...10, using: &random) : nil
            )
        default: break
        }
        if chance(0.3) { command.identity = identity(freshID(), of: command) }
        return command
    }

    private mutating func workspaceCommand(at now: Timestamp) -> Command {
        var command = Command(
            org: pick(Self.orgs),
            workspace: pick(Self.workspaces),
            action: workspaceAction(at: now)
        )
        if chance(0.3) { command.identity = identity(freshID(), of: command) }
        return command
    }

    private mutating func workspaceAction(at now: Timestamp) -> Command.Action {
        let confirm = chance(0.5)
        switch Int.random(in: 0..<14, using: &random) {
        case 0..<3: return .updateSettings(settingsChange(), confirm: confirm)
        case 3: return .setMapping(mapping(), confirm: confirm)
        case 4: return .removeMapping(mapping().key, confirm: confirm)
        case 5, 6: return .startBulkSync
        case 7:
            let updated = Int64.random(in: 0...100, using: &random)
            return .progressBulkSync(
                sync: .random(in: 1...8, using: &random),
                BulkSyncProgress(total: 100, processed: updated, updated: updated)
            )
        case 8: return chance(0.5) ? .pauseBulkSync(sync: nil) : .resumeBulkSync(sync: nil)
        case 9: return chance(0.5) ? .stopBulkSync(sync: nil) : .completeBulkSync(sync: nil)
        case 10: return .failBulkSync(sync: nil, failure())
        case 11: return .reportSyncError(syncError(), at: chance(0.5) ? nil : now - .minutes(5))
        case 12:
            return .retrySyncError(
                error: .random(in: 1...10, using: &random),
                calls: .random(in: 0...2, using: &random)
            )
        default:
            let error = Int64.random(in: 1...10, using: &random)
            return chance(0.5) ? .retrySucceeded(error: error) : .retryFailed(error: error, failure())
        }
    }

    private mutating func settingsChange() -> SettingsChange {
        var change = SettingsChange()
        if chance(0.7) { change.limit = .some(chance(0.2) ? nil : .random(in: 0...300, using: &random)) }
        if chance(0.3) { change.bulkPausePercent = .random(in: 5...60, using: &random) }
        if chance(0.3) { change.eventPausePercent = .random(in: 40...100, using: &random) }
        if chance(0.3) { change.warnPercent = .random(in: 1...100, using: &random) }
        if changesHysteresis, chance(0.2) { change.resumeHysteresisPercent = .random(in: 0...20, using: &random) }
        if chance(0.2) { change.installerEmail = .some(chance(0.5) ? nil : "ops@example.com") }
        return change
    }

    private mutating func mapping() -> Mapping {
        Mapping(
            key: MappingKey(object: pick(SyncedObject.allCases), intercom: pick(["email", "näme"])),
            salesforce: pick(["Email", "Name"]),
            direction: pick(SyncDirection.allCases)
        )
    }

    private mutating func syncError() -> SyncErrorReport {
        SyncErrorReport(
            direction: pick(SyncDirection.allCases),
            syncType: pick(SyncType.allCases),
            object: pick(SyncedObject.allCases),
            record: "003",
            attribute: chance(0.5) ? "Email" : nil,
            failure: failure()
        )
    }

    private mutating func failure() -> Failure {
        Failure(code: pick(["TIMEOUT", "FIELD_CUSTOM_VALIDATION_EXCEPTION"]), message: "line\none \u{2028}")
    }

    // MARK: Dice

    private mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &random)]
    }
}
