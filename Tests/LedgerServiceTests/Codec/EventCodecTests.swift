import EventSourcing
import LedgerService
import LineJSON
import QuotaDomain
import TestSupport
import Testing

@Suite struct EventCodecTests {
    private let time = Timestamp("2026-11-21T18:00:00.000Z")!

    @Test func everyTypeHasItsLine() throws {
        for sample in EventSample.orgEvents + EventSample.workspaceEvents + EventSample.calls {
            let workspace = sample.event.workspace.map { #""workspace":"\#($0)","# } ?? ""
            let expected =
                #"{"position":42,"time":"2026-11-21T18:00:00.000Z","type":"\#(sample.event.body.type.rawValue)","#
                + #""org":"acme",\#(workspace)"data":\#(sample.data)}"#
            #expect(line(of: sample.event) == expected + "\n")
        }
    }

    @Test func samplesAreComplete() {
        let samples = EventSample.orgEvents + EventSample.workspaceEvents + EventSample.calls
        #expect(Set(samples.map(\.event.body.type)) == Set(EventType.allCases))
    }

    @Test func whatIsWrittenIsReadBack() throws {
        for sample in EventSample.orgEvents + EventSample.workspaceEvents + EventSample.calls {
            #expect(try readBack(sample.event) == sample.event)
        }
    }

    @Test func anIdentityIsReadBackWithItsKey() throws {
        for sample in EventSample.orgEvents + EventSample.workspaceEvents where !sample.isReaction {
            for fingerprint: UInt64 in [0, 0xABC, 0xFFFF_FFFF_FFFF] {
                var event = sample.event
                let command = Command(org: event.org, workspace: event.workspace, action: .startBulkSync)
                event.identity = identity("é\"\\\u{1F600}", fingerprint: fingerprint, of: command)
                #expect(try readBack(event) == event)
            }
        }
    }

    @Test func anIdentityStandsLast() {
        var event = QuotaEvent(org: "acme", workspace: "support", .bulkSyncCompleted(sync: 3))
        event.identity = identity("k-1", fingerprint: 0xAB, of: Command(org: "acme", action: .startBulkSync))
        #expect(line(of: event).hasSuffix(#""data":{"sync":3,"id":"k-1","fingerprint":"0000000000ab"}}"# + "\n"))
    }

    @Test func namesOfAnyKindSurvive() throws {
        var random = SeededRandom()
        for _ in 0..<300 {
            let report = SyncErrorReport(
                direction: .salesforceToIntercom,
                syncType: .eventSync,
                object: .contact,
                record: text(&random),
                attribute: Bool.random(using: &random) ? text(&random) : nil,
                failure: Failure(code: text(&random), message: text(&random))
            )
            let event = QuotaEvent(
                org: text(&random),
                workspace: text(&random),
                .syncErrorReported(error: 1, report, at: time)
            )
            #expect(try readBack(event) == event)
        }
    }

    @Test func whatIsNoEventIsRefused() throws {
        let lines = [
            "{}", "[]", "", "{",
            #"{"position":1,"time":"2026-11-21T18:00:00.000Z","type":"no.such","org":"acme","data":{}}"#,
            #"{"position":1,"time":"yesterday","type":"bulk_sync.completed","org":"acme","data":{"sync":1}}"#,
            #"{"position":1,"time":"2026-11-21T18:00:00.000Z","type":"api.called","org":"acme","data":{"calls":"1"}}"#,
            #"{"position":1,"time":"2026-11-21T18:00:00.000Z","type":"bulk_sync.started","org":"a","data":{"sync":1,"pauses":["x"]}}"#,
        ]
        for line in lines {
            #expect(throws: UnreadableEvent.self) { try read(line) }
        }
    }

    // MARK: Parts

    private func line(of event: QuotaEvent) -> String {
        var writer = JSONWriter()
        EventWriter.append(event, position: LogPosition(42), time: time, to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func read(_ line: String) throws -> RecordedEvent {
        var reader = EventReader()
        return try Array(line.utf8).withUnsafeBytes { try reader.read(line: $0) }
    }

    private func readBack(_ event: QuotaEvent) throws -> QuotaEvent {
        let recorded = try read(String(line(of: event).dropLast()))
        #expect(recorded.position == LogPosition(42) && recorded.time == time)
        return recorded.event
    }

    private func text(_ random: inout SeededRandom) -> String {
        let alphabet = ["a", "\"", "\\", "/", "\n", "\u{1}", "\u{7F}", "é", "\u{2028}", "\u{1F600}", "{", ","]
        return (0..<Int.random(in: 0...8, using: &random)).map { _ in alphabet.randomElement(using: &random)! }.joined()
    }
}
