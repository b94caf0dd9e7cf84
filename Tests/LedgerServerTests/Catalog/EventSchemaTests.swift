import EventSourcing
import Foundation
import LedgerService
import LineJSON
import QuotaDomain
import Testing

@testable import LedgerServer

/// The schemas of events against lines as the log holds them.
@Suite struct EventSchemaTests {
    @Test func everyTypeHasADefinitionInOrder() {
        #expect(EventCatalog.events.map(\.type) == EventType.allCases)
    }

    @Test(arguments: EventSamples.all) func takesTheLineOfTheLog(_ event: QuotaEvent) throws {
        let line = EventSamples.line(of: event)
        let schema = try Self.schema(of: event.body.type)
        #expect(SchemaValidator.faults(of: try foundationJSON(line), against: schema) == [])
        // The published schema is open, for later versions; this version writes nothing that it does not name.
        let definition = try #require(EventCatalog.events.first { $0.type == event.body.type })
        let object = try #require(try foundationJSON(line) as? [String: Any])
        let data = try schemaOfData(definition)
        #expect(SchemaValidator.faults(of: try #require(object["data"]), against: data) == [])
    }

    @Test func thereIsASampleOfEveryType() {
        #expect(Set(EventSamples.all.map(\.body.type)) == Set(EventType.allCases))
    }

    @Test(arguments: EventSamples.all) func refusesALineThatLacksAnything(_ event: QuotaEvent) throws {
        let definition = try #require(EventCatalog.events.first { $0.type == event.body.type })
        let schema = try Self.schema(of: event.body.type)
        let object = try #require(try foundationJSON(EventSamples.line(of: event)) as? [String: Any])
        for name in ["position", "time", "type", "org", "data"] {
            let lacking = object.filter { $0.key != name }
            #expect(!SchemaValidator.faults(of: lacking, against: schema).isEmpty, "\(name)")
        }
        let data = try #require(object["data"] as? [String: Any])
        for field in definition.data where field.isRequired {
            var lacking = object
            lacking["data"] = data.filter { $0.key != field.name.description }
            #expect(!SchemaValidator.faults(of: lacking, against: schema).isEmpty, "\(field.name)")
        }
    }

    private func schemaOfData(_ definition: EventDefinition) throws -> Any {
        try LedgerServerTests.schema(of: .object(definition.data))
    }

    static func schema(of type: EventType) throws -> Any {
        let definition = try #require(EventCatalog.events.first { $0.type == type })
        return try foundationJSON(definition.schema)
    }
}

/// Events of every type, with and without what may be left out.
enum EventSamples {
    private static let at = Timestamp(milliseconds: 1_795_283_641_123)
    private static let key = IdempotencyKey(scopeHigh: 1, scopeLow: 2, fingerprint: 0xAB_CDEF)
    private static let identity = RequestIdentity(id: "ä \"1\"", key: key)
    private static let mapping = MappingKey(object: .lead, intercom: "email")
    private static let failure = Failure(code: "UNABLE_TO_LOCK_ROW", message: "unable to\nobtain")

    static func line(of event: QuotaEvent) -> [UInt8] {
        var writer = JSONWriter()
        EventWriter.append(event, position: LogPosition(7), time: at, to: &writer)
        return writer.take()
    }

    static let all: [QuotaEvent] =
        org.map { QuotaEvent(org: "acme", $0, identity: identity) } + calls
        + workspace.map { QuotaEvent(org: "acme", workspace: "support", $0) }
        + commands.map { QuotaEvent(org: "acme", workspace: "support", $0, identity: identity) }

    private static let org: [QuotaEvent.Body] = [
        .orgConfigured(allowance: 15_000, idempotencyDays: nil), .orgConfigured(allowance: nil, idempotencyDays: 30),
        .orgObserved(used: 110_018, allowance: 100_000, at: at, source: .header),
    ]

    private static let calls = [
        QuotaEvent(
            org: "acme",
            workspace: "support",
            .apiCalled(
                Call(org: "acme", workspace: "support", integration: "Data Loader", purpose: .other, calls: 9, at: at)
            )
        ),
        QuotaEvent(
            org: "acme",
            .apiCalled(
                Call(
                    org: "acme",
                    workspace: nil,
                    integration: "x",
                    purpose: .inbox,
                    counted: false,
                    imported: true
                )
            )
        ),
    ]

    private static let workspace: [QuotaEvent.Body] = [
        .tierChanged(TierChange(from: .normal, to: .bulkPaused, at: at, used: 4_000, limit: 10_000, cause: .limit)),
        .bulkSyncPaused(sync: 1, reason: .quota, at: at), .bulkSyncResumed(sync: 1, reason: .allowance, at: at),
        .eventSyncPaused(reason: .quota, at: at), .eventSyncResumed(reason: .quota, at: at),
        .settingsChanged(SettingsChange(limit: .some(nil), installerEmail: .some(nil))),
    ]

    private static let commands: [QuotaEvent.Body] = [
        .settingsChanged(
            SettingsChange(
                limit: 10_000,
                installerEmail: "ada@example.com",
                bulkPausePercent: 30,
                eventPausePercent: 60,
                warnPercent: 50,
                resumeHysteresisPercent: 5
            )
        ),
        .mappingSet(Mapping(key: mapping, salesforce: "Email", direction: .intercomToSalesforce)),
        .mappingRemoved(mapping),
        .bulkSyncStarted(sync: 1, pauses: [.allowance, .quota]), .bulkSyncStarted(sync: 2, pauses: []),
        .bulkSyncProgressed(
            sync: 1,
            BulkSyncProgress(total: 9, processed: 4, updated: 1, unchanged: 1, skipped: 1, failed: 1)
        ),
        .bulkSyncStopped(sync: 1, cause: .settingsChanged), .bulkSyncCompleted(sync: 1),
        .bulkSyncFailed(sync: 1, failure),
        .syncErrorReported(
            error: 1,
            SyncErrorReport(
                direction: .salesforceToIntercom,
                syncType: .bulkSync,
                object: .contact,
                record: "003",
                attribute: "plan",
                failure: failure
            ),
            at: at
        ),
        .syncErrorRetryStarted(error: 1, attempt: 2), .syncErrorResolved(error: 1, attempt: 2),
        .syncErrorRetryFailed(error: 1, attempt: 2, failure),
    ]
}
