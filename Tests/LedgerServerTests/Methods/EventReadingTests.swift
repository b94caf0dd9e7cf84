import EventSourcing
import Foundation
import LedgerService
import LineProtocol
import Testing

@testable import LedgerServer

@Suite struct EventReadingTests {
    /// Five calls of two workspaces in two orgs, and one change of settings.
    private static func fill(_ rig: RouterRig) throws {
        for (org, workspace) in [("acme", "a"), ("acme", "b"), ("other", "a"), ("acme", "a"), ("acme", "b")] {
            _ = try rig.result(
                "usage.record",
                "{\"org\":\"\(org)\",\"workspace\":\"\(workspace)\",\"purpose\":\"inbox\"}"
            )
            rig.pass(.seconds(1))
        }
        _ = try rig.result("settings.update", #"{"org":"acme","workspace":"a","limit":9}"#)
    }

    private static func positions(_ rig: RouterRig, _ params: String) throws -> (positions: [Int], next: Int?) {
        let result = try rig.result("events.read", params)
        let events = try #require(result["events"] as? [[String: Any]])
        return (events.compactMap { $0["position"] as? Int }, result["next"] as? Int)
    }

    @Test func pagesThroughTheLog() async throws {
        try await withRig { rig in
            try Self.fill(rig)
            let first = try Self.positions(rig, #"{"limit":4}"#)
            #expect(first.positions == [1, 2, 3, 4] && first.next == 5)
            let second = try Self.positions(rig, #"{"from":5,"limit":4}"#)
            #expect(second.positions == [5, 6] && second.next == 7)
            let third = try Self.positions(rig, #"{"from":7}"#)
            #expect(third.positions == [] && third.next == 7)
        }
    }

    @Test(arguments: [
        (#"{"org":"other"}"#, [3]), (#"{"workspace":"a"}"#, [1, 3, 4, 6]),
        (#"{"org":"acme","workspace":"a"}"#, [1, 4, 6]),
        (#"{"type":"settings."}"#, [6]), (#"{"type":"api.called","org":"acme"}"#, [1, 2, 4, 5]), (#"{"type":"x"}"#, []),
        (#"{"workspace":"a","limit":2}"#, [1, 3]), (#"{"from":"2026-11-21T12:00:02Z"}"#, [3, 4, 5, 6]),
        (#"{"from":"start","limit":1}"#, [1]), (#"{"from":"end"}"#, []),
    ])
    func filters(_ params: String, _ expected: [Int]) async throws {
        try await withRig { rig in
            try Self.fill(rig)
            #expect(try Self.positions(rig, params).positions == expected)
        }
    }

    @Test func anEmptyLogHasAnEmptyPage() async throws {
        try await withRig { rig in
            let page = try Self.positions(rig, "{}")
            #expect(page.positions == [] && page.next == 1)
            let error = try rig.error("events.read", #"{"from":2}"#)
            #expect((error["data"] as? [String: Any])?["reason"] as? String == "PAST_HEAD")
        }
    }

    @Test func streamsAreHandedToTheConnection() async throws {
        try await withRig { rig in
            let line = #"{"method":"events.stream","params":{"from":3,"type":"tier.","heartbeat_ms":250}}"#
            guard case .connection(.stream(let request)) = rig.route(line).route.action else {
                Issue.record("no stream")
                return
            }
            #expect(request.from == .position(LogPosition(3)))
            #expect(request.filter == EventFilter(typePrefix: "tier."))
            #expect(request.heartbeat == TimeSpan(milliseconds: 250) && !request.wantsBlocks)
            let refused = rig.route(#"{"method":"events.stream","params":{"org":"acme","blocks":true}}"#).route.action
            guard case .failed(let error) = refused else {
                Issue.record("not refused")
                return
            }
            #expect(error.field == "blocks")
        }
    }
}
