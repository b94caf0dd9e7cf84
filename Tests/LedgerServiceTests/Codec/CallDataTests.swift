import EventSourcing
import LineJSON
import QuotaDomain
import Testing

@testable import LedgerService

/// From the bytes of a request to those of the event and back.
@Suite struct CallDataTests {
    private let time = Timestamp("2026-11-21T18:00:00.000Z")!

    @Test func theLineOfARecordedCall() throws {
        var call = Call(
            org: "acme",
            workspace: "support",
            integration: "Inbox",
            purpose: .inbox,
            calls: 3,
            at: time - .hours(1)
        )
        let data = try data(
            of: &call,
            #"{ "verb" : "GET", "resource":"/q?a=1", "status":200, "id":"k-1" }"#
        )
        #expect(
            line(call, data) == #"{"position":7,"time":"2026-11-21T18:00:00.000Z","type":"api.called","org":"acme","#
                + #""workspace":"support","data":{"purpose":"inbox","calls":3,"integration":"Inbox","#
                + #""at":"2026-11-21T17:00:00.000Z","verb":"GET","resource":"/q?a=1","status":200,"id":"k-1"}}"#
        )
    }

    @Test func theKeyReadBackIsTheOneThatWasGiven() throws {
        let requests = [
            #"{"id":"k-1"}"#,
            #"{"verb":"GET","resource":"/a","status":404,"id":"k-1"}"#,
            #"{"id":"\u00e9\ud83d\ude00\"\\\/\n","resource":"\"id\":\"x\"","verb":"P\u004fST"}"#,
            #"  { "status" : 2e2 , "resource" : "" , "id" : "," }  "#,
        ]
        let calls = [
            Call(org: "acme", workspace: "support", integration: nil, purpose: .inbox),
            Call(org: "acme", workspace: nil, integration: "Мост", purpose: .other, calls: 9, at: time - .days(2)),
            Call(org: "acme", workspace: "a\"b", integration: nil, purpose: .other, counted: false, imported: true),
        ]
        for request in requests {
            for call in calls {
                var call = call
                let data = try data(of: &call, request)
                #expect(call.key != nil)
                #expect(try readBack(line(call, data)) == call)
            }
        }
    }

    @Test func howTheRequestWasWrittenMakesNoDifference() throws {
        let forms = [
            #"{"id":"abc","verb":"GET","resource":"/é","status":200}"#,
            #"{ "resource":"\/\u00e9" , "status":200.0, "verb":"\u0047ET",  "id":"\u0061b\u0063"}"#,
            #"{"status":2e2,"id":"abc","resource":"/\u00E9","verb":"GET"}"#,
        ]
        var written: Set<[UInt8]> = []
        var keys: Set<IdempotencyKey?> = []
        for form in forms {
            var call = Call(org: "acme", workspace: "support", integration: nil, purpose: .inbox)
            written.insert(try data(of: &call, form))
            keys.insert(call.key)
        }
        #expect(written.count == 1 && keys.count == 1)
    }

    @Test func whatWasSaidIsInTheFingerprintAndTheIdIsNot() throws {
        let base = Call(org: "acme", workspace: "support", integration: nil, purpose: .inbox)
        let key = try key(of: base, #"{"id":"a"}"#)
        #expect(try self.key(of: base, #"{"id":"b"}"#).fingerprint == key.fingerprint)
        #expect(try self.key(of: base, #"{"id":"b"}"#).scopeHigh != key.scopeHigh)

        var others = [base, base, base, base]
        others[0].calls = 2
        others[1].purpose = .other
        others[2].at = time
        others[3].integration = "x"
        for other in others {
            let otherKey = try self.key(of: other, #"{"id":"a"}"#)
            #expect(otherKey.fingerprint != key.fingerprint && otherKey.scopeHigh == key.scopeHigh)
        }
        #expect(try self.key(of: base, #"{"id":"a","status":200}"#).fingerprint != key.fingerprint)
    }

    @Test func scopesKeepIdsApart() throws {
        let calls = [
            Call(org: "acme", workspace: "support", integration: nil, purpose: .inbox),
            Call(org: "acme", workspace: "sales", integration: nil, purpose: .inbox),
            Call(org: "globex", workspace: "support", integration: nil, purpose: .inbox),
            Call(org: "acme", workspace: nil, integration: "support", purpose: .inbox),
            Call(org: "acme", workspace: nil, integration: "sales", purpose: .inbox),
            Call(org: "acme", workspace: "support", integration: nil, purpose: .inbox, imported: true),
        ]
        var scopes = try Set(calls.map { try key(of: $0, #"{"id":"a"}"#).scopeHigh })
        scopes.insert(IdentityDigest.key(org: "acme", scope: .org, id: "a", fingerprint: 0).scopeHigh)
        #expect(scopes.count == calls.count + 1)
    }

    /// Digests are in the state of every log there is: they never change. These are the first twelve bytes,
    /// little-endian, of what `printf 'wacme\0support\0k-1' | sha256sum` says, and so on for the others.
    @Test func digestsStayWhatTheyAre() throws {
        func check(_ call: Call, _ high: UInt64, _ low: UInt32) throws {
            let key = try key(of: call, #"{"id":"k-1"}"#)
            #expect(key.scopeHigh == high && key.scopeLow == low)
        }
        try check(
            Call(org: "acme", workspace: "support", integration: "x", purpose: .inbox),
            0x384A_C553_B2F0_2893,
            0xA3E9_45BC
        )
        try check(
            Call(org: "acme", workspace: nil, integration: "x", purpose: .inbox),
            0xA5C4_622C_336D_185E,
            0x22FD_C65F
        )
        try check(
            Call(org: "acme", workspace: "a", integration: nil, purpose: .other, imported: true),
            0x7CD6_3F67_C48E_125D,
            0xE1C8_97F8
        )
    }

    @Test func everyMemberAtItsLongestHasRoom() throws {
        let longest = String(repeating: #"\u001f"#, count: 512)
        var call = Call(
            org: "acme",
            workspace: "support",
            integration: String(repeating: "\u{1F}", count: 128),
            purpose: .eventSync,
            calls: .min,
            at: time,
            counted: false,
            imported: true
        )
        let texts = #""verb":"\#(longest)","resource":"\#(longest)","id":"\#(longest)""#
        let data = try data(of: &call, #"{"status":-9223372036854775808,\#(texts)}"#)
        #expect(try readBack(line(call, data)) == call)
    }

    /// An imported row is the org's and known by its id alone.
    @Test func anImportKeepsItsKeyWhateverElseIsSaid() throws {
        var call = Call(org: "acme", workspace: "support", integration: nil, purpose: .inbox, imported: true)
        let key = try key(of: call, #"{"id":"a"}"#)
        (call.workspace, call.integration, call.counted) = (nil, "Data Loader", false)
        #expect(try self.key(of: call, #"{"id":"a","status":200}"#) == key)
    }

    // MARK: Parts

    private func data(of call: inout Call, _ request: String) throws -> [UInt8] {
        var tape = JSONTape()
        var writer = JSONWriter()
        try tape.withParsed(Array(request.utf8)) { view in
            let details = CallDetails(
                verb: view["verb"],
                resource: view["resource"],
                status: view["status"]?.integer,
                id: view["id"]
            )
            CallData.append(&call.facts, from: CallOrigin(call.caller), details: details, to: &writer)
        }
        return writer.bytes
    }

    private func key(of call: Call, _ request: String) throws -> IdempotencyKey {
        var call = call
        _ = try data(of: &call, request)
        return try #require(call.key)
    }

    private func line(_ call: Call, _ data: [UInt8]) -> String {
        var lines: [UInt8] = []
        var callLine = CallLine()
        callLine.setTime(time)
        let names = EventWriter.lineNames(of: call.caller)
        callLine.append(position: LogPosition(7), names: names, data: data[...], to: &lines)
        return String(decoding: lines.dropLast(), as: UTF8.self)
    }

    private func readBack(_ line: String) throws -> Call? {
        var reader = EventReader()
        let event = try Array(line.utf8).withUnsafeBytes { try reader.read(line: $0).event }
        guard case .apiCalled(let call) = event.body else { return nil }
        return call
    }
}
