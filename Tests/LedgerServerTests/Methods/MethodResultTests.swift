import AccessControl
import EventSourcing
import Foundation
import LedgerService
import LineProtocol
import Testing

@testable import LedgerServer

/// Every method against a real ledger: what it answers fits the schema that the catalog gives of it.
@Suite struct MethodResultTests {
    /// One session with an empty ledger, in order. `confirm` and the like are tried where they matter.
    private static let session: [(method: String, params: String)] = [
        ("server.info", "{}"), ("server.ping", "{}"), ("server.health", "{}"), ("rpc.discover", "{}"),
        ("help", "{}"), ("help", #"{"method":"usage"}"#),
        ("org.configure", #"{"org":"acme","allowance":10,"idempotency_days":7,"id":"c"}"#),
        ("org.observe", #"{"org":"acme","used":5990,"allowance":15000,"at":"2026-11-21T12:00:00Z"}"#),
        ("org.observe", #"{"org":"acme","sforce_limit_info":"api-usage=18/15000"}"#),
        ("org.observe", #"{"org":"acme","limits":{"DailyApiRequests":{"Max":15000,"Remaining":14998}}}"#),
        (
            "org.observe",
            #"{"org":"new","error":[{"message":"ConcurrentRequests (Concurrent API Requests) Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]}"#
        ),
        ("org.get", #"{"org":"acme"}"#), ("org.list", "{}"),
        ("settings.update", #"{"org":"acme","workspace":"s","limit":20000,"installer_email":"ada@example.com"}"#),
        ("settings.update", #"{"org":"acme","workspace":"s","limit":null,"installer_email":null,"warn_percent":70}"#),
        ("settings.get", #"{"org":"acme","workspace":"s"}"#),
        ("usage.record", #"{"org":"acme","workspace":"s","purpose":"inbox","calls":2918,"id":"u"}"#),
        ("usage.record", #"{"org":"acme","integration":"Marketo","purpose":"other"}"#),
        (
            "usage.record_batch",
            #"{"org":"acme","workspace":"s","purpose":"event_sync","calls":[{"id":"u1"},{"verb":"GET","status":200}]}"#
        ),
        (
            "usage.import",
            #"{"org":"acme","calls":[{"id":"i","at":"2015-05-17T10:05:00.561Z","integration":"x","counted":false}]}"#
        ),
        ("usage.get", #"{"org":"acme","workspace":"s"}"#),
        ("usage.get", #"{"org":"acme","workspace":"s","at":"2026-11-21T12:00:00Z"}"#),
        ("usage.get", #"{"org":"acme","workspace":"s","as_of_position":8}"#),
        (
            "usage.history",
            #"{"org":"acme","from":"2015-01-01T00:00:00Z","to":"2026-11-22T00:00:00Z","bucket":"day","group_by":["workspace","integration","purpose","verb","resource","status"]}"#
        ),
        (
            "mapping.set",
            #"{"org":"acme","workspace":"s","object":"lead","intercom":"email","salesforce":"Email","direction":"intercom_to_salesforce","id":"m"}"#
        ),
        (
            "mapping.set",
            #"{"org":"acme","workspace":"s","object":"lead","intercom":"email","salesforce":"Email","direction":"intercom_to_salesforce","id":"m"}"#
        ),
        ("mapping.list", #"{"org":"acme","workspace":"s"}"#),
        ("bulk_sync.start", #"{"org":"acme","workspace":"s","id":"b"}"#),
        ("bulk_sync.start", #"{"org":"acme","workspace":"s","id":"b"}"#),
        (
            "bulk_sync.progress",
            #"{"org":"acme","workspace":"s","sync":1,"total":9,"processed":4,"updated":1,"unchanged":1,"skipped":1,"failed":1}"#
        ),
        ("bulk_sync.pause", #"{"org":"acme","workspace":"s"}"#),
        ("bulk_sync.pause", #"{"org":"acme","workspace":"s"}"#),
        ("bulk_sync.resume", #"{"org":"acme","workspace":"s","sync":1}"#),
        ("mapping.remove", #"{"org":"acme","workspace":"s","object":"lead","intercom":"email","confirm":true}"#),
        ("bulk_sync.start", #"{"org":"acme","workspace":"s"}"#), ("bulk_sync.stop", #"{"org":"acme","workspace":"s"}"#),
        ("bulk_sync.start", #"{"org":"acme","workspace":"s"}"#),
        ("bulk_sync.complete", #"{"org":"acme","workspace":"s"}"#),
        ("bulk_sync.start", #"{"org":"acme","workspace":"s"}"#),
        ("bulk_sync.fail", #"{"org":"acme","workspace":"s","code":"X","message":"y"}"#),
        ("bulk_sync.get", #"{"org":"acme","workspace":"s"}"#),
        ("bulk_sync.get", #"{"org":"acme","workspace":"s","sync":1}"#),
        ("bulk_sync.list", #"{"org":"acme","workspace":"s"}"#), ("event_sync.get", #"{"org":"acme","workspace":"s"}"#),
        (
            "sync_errors.report",
            #"{"org":"acme","workspace":"s","direction":"intercom_to_salesforce","sync_type":"event_sync","object":"lead","record":"00Q1","code":"X","message":"y\nz","id":"e"}"#
        ),
        (
            "sync_errors.report",
            #"{"org":"acme","workspace":"s","direction":"intercom_to_salesforce","sync_type":"event_sync","object":"lead","record":"00Q1","code":"X","message":"y\nz","id":"e"}"#
        ),
        ("sync_errors.list", #"{"org":"acme","workspace":"s","direction":"all"}"#),
        ("sync_errors.get", #"{"org":"acme","workspace":"s","error":1}"#),
        ("sync_errors.retry", #"{"org":"acme","workspace":"s","error":1,"id":"r"}"#),
        ("sync_errors.retry_failed", #"{"org":"acme","workspace":"s","error":1,"code":"X","message":"again"}"#),
        ("sync_errors.retry", #"{"org":"acme","workspace":"s","error":1,"calls":0}"#),
        ("sync_errors.retry_succeeded", #"{"org":"acme","workspace":"s","error":1}"#),
        ("sync_errors.retry", #"{"org":"acme","workspace":"s","error":1,"id":"r"}"#),
        ("events.read", #"{"limit":3}"#), ("events.read", #"{"from":"end"}"#), ("projections.list", "{}"),
        ("projections.rebuild", "{}"), ("projections.verify", "{}"), ("log.snapshot", "{}"),
        ("projections.verify", "{}"),
        ("log.stats", "{}"), ("log.compact", #"{"dry_run":true}"#), ("log.compact", #"{"keep_events":0}"#),
        ("log.verify", "{}"), ("log.backup", #"{"path":"evening.db"}"#), ("server.stats", "{}"), ("server.tasks", "{}"),
    ]

    /// Answered by the connection.
    private static let ofTheConnection: Set = ["rpc.cancel", "events.stream", "events.subscribe", "events.unsubscribe"]

    @Test func everyResultFitsItsSchema() async throws {
        try await withRig { rig in
            for (method, params) in Self.session {
                let result = try rig.result(method, params)
                let schema = try schema(of: definition(method).result)
                #expect(SchemaValidator.faults(of: result, against: schema) == [], "\(method) \(params)")
            }
        }
    }

    /// By an admin's token: once there is one, nobody else is answered.
    private static let ofTokens = ["token.create", "auth", "token.list", "token.audit", "token.revoke"]

    @Test func everyResultAboutTokensFitsItsSchema() async throws {
        try await withRig { rig in
            for scope in [#"{"role":"admin"}"#, #"{"role":"reader","orgs":["acme"],"workspaces":["s"],"name":"n"}"#] {
                let admin = try rig.token(.admin)
                for method in Self.ofTokens {
                    let id = String(admin.dropFirst(3).prefix(16))
                    let params = [
                        "token.create": scope, "auth": "{\"token\":\"\(admin)\"}", "token.revoke": "{\"id\":\"\(id)\"}",
                    ]
                    let answer = try rig.answer(method, params[method] ?? "{}", token: admin)
                    let result = try #require(answer["result"] as? [String: Any], "\(method): \(answer)")
                    let schema = try schema(of: definition(method).result)
                    #expect(SchemaValidator.faults(of: result, against: schema) == [], "\(method)")
                }
            }
        }
    }

    @Test func theSessionLeavesNoMethodOut() {
        let asked = Set(Self.session.map(\.method)).union(Self.ofTheConnection).union(Self.ofTokens)
        #expect(asked == Set(MethodCatalog.names))
    }

    /// A handler that asks for a parameter that its definition does not have, or has with another type, stops the
    /// program.
    @Test func everyHandlerTakesEveryParameter() async throws {
        try await withRig { rig in
            for definition in MethodCatalog.methods.map(\.definition)
            where definition.name.description != "rpc.discover" {
                for field in definition.params {
                    for sample in field.type.validSamples {
                        let rest = ValueType.sample(of: definition.params, without: field.name.description).dropLast()
                        let params = "\(rest)\(rest.count > 1 ? "," : "")\"\(field.name)\":\(sample)}"
                        _ = rig.route("{\"method\":\"\(definition.name)\",\"params\":\(params)}")
                    }
                }
            }
        }
    }

    @Test func aCommandIsAnsweredWithWhatBecameOfIt() async throws {
        try await withRig { rig in
            let params = #"{"org":"acme","workspace":"s","limit":7500,"id":"x"}"#
            let first = try rig.result("settings.update", params)
            #expect(first["position"] as? Int == 1 && first["changed"] as? Bool == true)
            #expect(first["duplicate"] as? Bool == false)
            let again = try rig.result("settings.update", params)
            #expect(again["position"] as? Int == 1 && again["duplicate"] as? Bool == true)
            #expect(again["changed"] as? Bool == false)
            let same = try rig.result("settings.update", #"{"org":"acme","workspace":"s","limit":7500}"#)
            #expect(same["changed"] as? Bool == false && same["duplicate"] as? Bool == false)
            let reused = try rig.error("settings.update", #"{"org":"acme","workspace":"s","limit":1,"id":"x"}"#)
            #expect((reused["data"] as? [String: Any])?["reason"] as? String == "ID_REUSED")
            let stale = try rig.error(
                "settings.update",
                #"{"org":"acme","workspace":"s","limit":1,"expected_version":0}"#
            )
            #expect((stale["data"] as? [String: Any])?["reason"] as? String == "VERSION_MISMATCH")
        }
    }

    @Test func savingSaysWhatItWouldStopAndStopsItWhenConfirmed() async throws {
        try await withRig { rig in
            _ = try rig.result("bulk_sync.start", #"{"org":"acme","workspace":"s"}"#)
            let refused = try rig.error("settings.update", #"{"org":"acme","workspace":"s","limit":9000}"#)
            let data = try #require(refused["data"] as? [String: Any])
            #expect(data["reason"] as? String == "BULK_SYNC_ACTIVE" && data["sync"] as? Int == 1)
            #expect((data["impact"] as? String)?.contains("confirm:true") == true)
            #expect(data["processed"] is NSNull && data["total"] is NSNull)
            let second = try rig.error("bulk_sync.start", #"{"org":"acme","workspace":"s"}"#)
            #expect((second["data"] as? [String: Any])?["impact"] == nil)
            let saved = try rig.result(
                "settings.update",
                #"{"org":"acme","workspace":"s","limit":9000,"confirm":true}"#
            )
            #expect(saved["stopped_bulk_sync"] as? Int == 1)
        }
    }

    @Test func aLimitAboveTheAllowanceIsWarnedOf() async throws {
        try await withRig { rig in
            let result = try rig.result("settings.update", #"{"org":"acme","workspace":"s","limit":20000}"#)
            #expect(
                result["warnings"] as? [String] == ["The limit of 20000 calls is above the org's allowance of 15000."]
            )
        }
    }

    @Test func aRefusedCallOfABatchIsNamed() async throws {
        try await withRig { rig in
            let late = #"{"at":"2026-11-21T12:01:00.001Z"}"#
            for (calls, field) in [("[{},\(late)]", "calls[1].at"), ("[\(late)]", "calls[0].at")] {
                let error = try rig.error(
                    "usage.record_batch",
                    "{\"org\":\"acme\",\"workspace\":\"s\",\"purpose\":\"inbox\",\"calls\":\(calls)}"
                )
                #expect((error["data"] as? [String: Any])?["field"] as? String == field)
            }
            #expect(rig.service.feed.head.position.ordinal == 0)
        }
    }

    @Test func theAllowanceIsUsedUpByWhatSalesforceSays() async throws {
        try await withRig { rig in
            let body = #"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#
            let result = try rig.result("org.observe", "{\"org\":\"acme\",\"error\":\(body)}")
            let org = try #require(result["org"] as? [String: Any])
            #expect(result["observed"] as? Bool == true && org["allowance_exhausted"] as? Bool == true)
            #expect((org["observation"] as? [String: Any])?["source"] as? String == "error")
        }
    }

    @Test(arguments: [
        (#"{"org":"a","sforce_limit_info":"api-usage=lots"}"#, "sforce_limit_info"),
        (#"{"org":"a","sforce_limit_info":"api-usage=1/9999999999"}"#, "sforce_limit_info"),
        (#"{"org":"a","limits":{}}"#, "limits"),
        (#"{"org":"a","error":{"errorCode":"INVALID_SESSION_ID","message":"x"}}"#, "error"),
    ])
    func whatSalesforceDoesNotWriteIsRefused(_ params: String, _ field: String) async throws {
        try await withRig { rig in
            let error = try rig.error("org.observe", params)
            #expect(error["code"] as? Int == -32_602)
            #expect((error["data"] as? [String: Any])?["field"] as? String == field)
        }
    }

    @Test func askedAtNetcatHelpIsPlainText() async throws {
        try await withRig { rig in
            guard case .connection(.plainText(let text)) = rig.route(#"{"method":"help"}"#).route.action else {
                Issue.record("no plain text")
                return
            }
            #expect(text == Array(Help.overview.utf8))
            let error = try rig.error("help", #"{"method":"usage.recrod"}"#)
            #expect((error["message"] as? String)?.contains("did you mean usage.record?") == true)
        }
    }

    @Test func anUnknownMethodIsAnsweredWithTheNearest() async throws {
        try await withRig { rig in
            let route = rig.route(#"{"method":"usage.recrod"}"#).route
            #expect(route.method == nil)
            guard case .failed(let error) = route.action else {
                Issue.record("not refused")
                return
            }
            #expect(error.code == -32_601)
            #expect(error.message == "Method not found: usage.recrod; did you mean usage.record?")
        }
    }
}
