import EventSourcing
import QuotaDomain
import TestSupport
import Testing

@Suite("The encoded state")
struct StateEncodingTests {
    /// A bit of everything.
    private static func furnished() throws -> Scenario {
        let report = SyncErrorReport(
            direction: .salesforceToIntercom,
            syncType: .bulkSync,
            object: .lead,
            record: "r",
            attribute: nil,
            failure: Failure(code: "C", message: "Grüße")
        )
        let mapping = Mapping(
            key: MappingKey(object: .lead, intercom: "email"),
            salesforce: "Email",
            direction: .intercomToSalesforce
        )
        return try Scenario.given(
            calls(30, key: key(1)),
            calls(3, by: "sales", of: "other", key: key(2)),
            calls(4, by: nil, integration: "ERP"),
            observation(used: 900),
            command(.setMapping(mapping, confirm: false)),
            settings(SettingsChange(limit: .some(50), installerEmail: "a@example.com", resumeHysteresisPercent: 5)),
            command(.startBulkSync, id: RequestIdentity(id: "s", key: key(3))),
            command(.progressBulkSync(sync: 1, BulkSyncProgress(total: 5, processed: 1, updated: 1))),
            command(.reportSyncError(report, at: nil)),
            command(.failBulkSync(sync: 1, Failure(code: "X", message: ""))),
            command(.startBulkSync),
            command(.pauseBulkSync(sync: nil)),
            calls(20, at: noon + 7),
            calls(1, dated: noon - .days(50), imported: true, key: key(4), at: noon + 8)
        )
    }

    @Test("Encoding, decoding and encoding give the same bytes")
    func roundTrip() throws {
        let scenario = try Self.furnished()
        let bytes = scenario.state.encode()
        var decoded = try QuotaState(decoding: bytes)
        #expect(decoded.encode() == bytes)
        #expect(decoded.position == scenario.state.position && decoded.time == scenario.state.time)
        #expect(
            try decoded.usage(org: acme, workspace: support, at: noon + 9)
                == scenario.state.usage(org: acme, workspace: support, at: noon + 9)
        )
        #expect(decoded.statistics.idempotencyIDs == scenario.state.statistics.idempotencyIDs)
        #expect(decoded.reactions(org: acme, workspace: support, at: noon + 9) == [])
        #expect(try QuotaState(decoding: QuotaState.initial.encode()).encode() == QuotaState.initial.encode())
    }

    @Test("Parts are the same bytes, may be cut anywhere, and hand errors on")
    func parts() throws {
        struct Full: Error {}
        var random = SeededRandom(test: "StateEncodingTests.parts")
        let state = try Self.furnished().state
        let bytes = state.encode()
        var parts: [[UInt8]] = []
        var encoded = state
        try encoded.encodeAndLetGo(inPartsOf: 16) { parts.append($0) }
        #expect(encoded.encode() == QuotaState.initial.encode() && state.encode() == bytes)
        #expect(parts.count > 3 && parts.dropLast().allSatisfy { $0.count >= 16 })
        #expect(Array(parts.joined()) == bytes)
        for _ in 0..<200 {
            var rest = bytes[...]
            let decoded = try QuotaState(decodingParts: {
                guard !rest.isEmpty else { return nil }
                let cut = rest.startIndex + Int.random(in: 0...min(40, rest.count), using: &random)
                defer { rest = rest[cut...] }
                return Array(rest[..<cut])
            })
            #expect(decoded.encode() == bytes)
        }
        var refused = state
        #expect(throws: Full.self) { try refused.encodeAndLetGo(inPartsOf: 16) { _ in throw Full() } }
        #expect(throws: Full.self) { try QuotaState(decodingParts: { throw Full() }) }
        #expect(throws: StateDamage.self) { try QuotaState(decodingParts: { nil }) }
    }

    @Test("Questions, timers and passing time leave no trace in the bytes")
    func canonical() throws {
        let scenario = try Self.furnished()
        var asked = scenario.state
        _ = asked.nextTransition
        _ = asked.reactions(org: acme, workspace: support, at: noon + .hours(20))
        _ = try asked.usage(org: acme, workspace: support, at: noon + .hours(40))
        #expect(asked.encode() == scenario.state.encode())
        #expect(scenario.replayed.encode() == scenario.state.encode())
    }

    @Test("What can no longer matter is left out: old calls, stale observations, forgotten ids")
    func forgets() throws {
        let later = noon + .days(30)
        let long = try Scenario.given(
            calls(2, key: key(1)),
            observation(used: 10),
            calls(3, at: noon + .hours(5)),
            calls(1, key: key(5), at: later)
        )
        var ids = 0
        let size = long.state.encode().count
        let decoded = try QuotaState(decoding: long.state.encode())
        ids = decoded.statistics.idempotencyIDs
        #expect(ids == 1)
        #expect(decoded.statistics.windowInstants == 2)
        #expect(size < 150)
    }

    @Test("A copy is encoded while the original goes on")
    func copies() throws {
        var scenario = try Self.furnished()
        let copy = scenario.state
        let bytes = copy.encode()
        for step in 0..<500 { try calls(1, key: key(UInt64(100 + step)), at: noon + Int64(10 + step))(&scenario) }
        #expect(copy.encode() == bytes)
        #expect(scenario.state.encode() != bytes)
    }

    /// What a snapshot's parts may be asked for is bounded by what the state can hold, not by what damage says.
    @Test(
        "A damaged length does not gather the parts behind it",
        arguments: [
            // 2^30 bytes of an org's name.
            [0, 0, 2, 0x80, 0x80, 0x80, 0x80, 0x08],
            // 2^30 instants in a run of an org's window.
            [0, 0, 2, 2, 0x61, 0, 14]
                + Array("default".utf8) + [2, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x08, 4, 0],
        ] as [[UInt8]]
    )
    func damagedLength(bytes: [UInt8]) throws {
        var parts = 0
        #expect(throws: StateDamage.self) {
            try QuotaState(decodingParts: {
                parts += 1
                return parts == 1 ? bytes : parts < 1_000 ? Array(repeating: 0, count: 64 << 10) : nil
            })
        }
        #expect(parts < 10)
    }

    @Test("Random damage is reported or read as another state, and never traps")
    func damage() throws {
        var random = SeededRandom(test: "StateEncodingTests.damage")
        let bytes = try Self.furnished().state.encode()
        for length in 0..<bytes.count {
            #expect(throws: StateDamage.self) { try QuotaState(decoding: Array(bytes[..<length])) }
        }
        #expect(throws: StateDamage.self) { try QuotaState(decoding: bytes + [0]) }
        var survivors = 0
        for _ in 0..<4_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard var state = try? QuotaState(decoding: damaged) else { continue }
            survivors += 1
            use(&state)
        }
        #expect(survivors > 0)
        for _ in 0..<2_000 {
            let noise = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if var state = try? QuotaState(decoding: noise) { use(&state) }
        }
    }

    @Test("Damaged events never trap: unknown references are ignored, numbers kept within bounds")
    func damagedEvents() throws {
        var random = SeededRandom(test: "StateEncodingTests.damagedEvents")
        var state = try Self.furnished().state
        let extremes: [Int64] = [.min, -1, 0, 1, 2, 1_000_000_001, .max]
        func number() -> Int64 { extremes.randomElement(using: &random) ?? 0 }
        let failure = Failure(code: "", message: "")
        for step in 0..<3_000 {
            let change = SettingsChange(
                limit: .some(number()),
                bulkPausePercent: number(),
                eventPausePercent: number(),
                warnPercent: number(),
                resumeHysteresisPercent: number()
            )
            let call = Call(
                org: acme,
                workspace: support,
                integration: nil,
                purpose: .other,
                calls: number(),
                at: noon - .days(9_000)
            )
            let progress = BulkSyncProgress(total: number(), processed: number())
            let bodies: [QuotaEvent.Body] = [
                .apiCalled(call), .settingsChanged(change), .bulkSyncStarted(sync: number(), pauses: [.quota]),
                .orgConfigured(allowance: number(), idempotencyDays: Int(number())),
                .bulkSyncProgressed(sync: number(), progress),
                .orgObserved(used: number(), allowance: number(), at: noon + .days(9_000), source: .error),
                .bulkSyncResumed(sync: number(), reason: .quota, at: noon),
                .eventSyncPaused(reason: .allowance, at: noon),
                .eventSyncResumed(reason: .quota, at: noon), .bulkSyncStopped(sync: number(), cause: .operator),
                .tierChanged(
                    TierChange(from: .normal, to: .syncPaused, at: noon, used: 0, limit: 0, cause: .allowance)
                ),
                .mappingRemoved(MappingKey(object: .lead, intercom: "?")),
                .syncErrorResolved(error: number(), attempt: 1),
                .syncErrorRetryStarted(error: number(), attempt: 1), .bulkSyncFailed(sync: number(), failure),
                .syncErrorRetryFailed(error: number(), attempt: number(), failure),
            ]
            guard let body = bodies.randomElement(using: &random) else { continue }
            let workspace = [support, nil, "new"].randomElement(using: &random) ?? nil
            let event = QuotaEvent(org: acme, workspace: workspace, body)
            let time = noon + Int64(step) * 1_000
            state.evolve(event, at: LogPosition(1_000 + Int64(step)), time: time)
            for event in state.reactions(org: acme, workspace: workspace, at: time) {
                state.evolve(event, at: state.position.next, time: time)
            }
            if step % 50 == 0 { use(&state) }
        }
    }

    /// Asks a state that should not be about everything.
    private func use(_ state: inout QuotaState) {
        let now = max(state.time, noon) + .hours(1)
        _ = state.nextTransition
        for org in state.orgs(at: now) {
            for workspace in org.workspaces {
                _ = try? state.usage(org: org.org, workspace: workspace, at: now)
                _ = state.reactions(org: org.org, workspace: workspace, at: now)
                let command = Command(org: org.org, workspace: workspace, action: .startBulkSync)
                _ = try? state.decide(command, at: now)
            }
        }
        if let next = state.nextTransition {
            for event in state.transitions(at: next) {
                state.evolve(event, at: state.position.next, time: max(now, next))
            }
        }
        _ = state.encode()
    }
}
