import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain
import Testing

@testable import LedgerServer

/// The parser of calls and the catalog say the same of the same parameters, in the same words.
@Suite struct CallParserTests {
    static let forms: [(name: String, form: CallForm)] = [
        ("usage.record", .record), ("usage.record_batch", .batch), ("usage.import", .imported),
    ]

    /// Parameters that are right, but for one field.
    private static func variants(of fields: [Field], embed: (String) -> String) -> [String] {
        let valid = ValueType.sample(of: fields)
        var variants = [valid, String(valid.dropLast()) + ",\"colour\":1}", "{\"colour\":1}"]
        for field in fields {
            variants.append(ValueType.sample(of: fields, without: field.name.description))
            let rest = ValueType.sample(of: fields, without: field.name.description).dropLast()
            for sample in field.type.validSamples + field.type.invalidSamples {
                variants.append(rest + (rest.count > 1 ? "," : "") + "\"\(field.name)\":\(sample)}")
            }
        }
        return variants.map(embed)
    }

    private static func params(of form: CallForm) -> [String] {
        switch form {
        case .record: variants(of: CallFields.call) { $0 }
        case .batch:
            variants(of: CallFields.batch) { $0 } + variants(of: CallFields.batchElement) { "{\"calls\":[\($0)]}" }
        case .imported:
            variants(of: CallFields.imports) { $0 }
                + variants(of: CallFields.importedCall) { "{\"org\":\"acme\",\"calls\":[\($0)]}" }
        }
    }

    @Test(arguments: forms) func agreesWithTheCatalog(_ name: String, _ form: CallForm) throws {
        let params = Self.params(of: form)
        #expect(params.count > 50)
        var agreed = 0
        for params in params {
            let byCatalog = try refusal(of: params, by: definition(name))
            let byParser = try refusal(of: params, byCallParserAs: form)
            // The catalog cannot know what a call takes from beside its list.
            if byCatalog == nil, byParser?.message.contains("missing") == true, form != .record { continue }
            #expect(byParser == byCatalog, "\(params)")
            agreed += 1
        }
        #expect(agreed > 50)
    }

    @Test(arguments: [
        (#"{"calls":[{"workspace":"s","purpose":"inbox"}]}"#, "calls[0].org"),
        (#"{"org":"acme","calls":[{"workspace":"s"}]}"#, "calls[0].purpose"),
        (#"{"org":"acme","purpose":"inbox","calls":[{"workspace":"s"},{}]}"#, "calls[1].workspace"),
        (#"{"org":"acme","purpose":"inbox","workspace":"s","calls":[{},7]}"#, "calls[1]"),
        (#"{"org":"acme","purpose":"inbox","workspace":"s","calls":[{"calls":[]}]}"#, "calls[0].calls"),
        (#"{"org":"acme","purpose":"inbox","workspace":"s","calls":3}"#, "calls"),
        (#"{"org":"acme","purpose":"inbox","workspace":"s","calls":[]}"#, "calls"),
        (#"{"org":"acme","purpose":"inbox","workspace":"s","id":"x","calls":[{}]}"#, "id"),
    ])
    func namesTheCallOfABatch(_ params: String, _ field: String) throws {
        #expect(try refusal(of: params, byCallParserAs: .batch)?.field == field)
    }

    @Test func whatIsBesideTheListStandsInForWhatACallLeavesOut() throws {
        let (range, burst) = try parsed(
            #"{"org":"acme","workspace":"s","purpose":"inbox","verb":"GET","calls":[{},{"verb":"PUT","purpose":"other"}]}"#,
            as: .batch
        )
        #expect(range == 0..<2)
        #expect(burst.calls.map { burst.callers[$0.caller].caller.workspace } == ["s", "s"])
        #expect(burst.calls.map(\.facts.purpose) == [.inbox, .other])
        #expect(
            burst.calls.map { String(decoding: burst.callData[$0.data], as: UTF8.self) } == [
                #"{"purpose":"inbox","calls":1,"verb":"GET"}"#, #"{"purpose":"other","calls":1,"verb":"PUT"}"#,
            ]
        )
    }

    @Test func aRefusedBatchLeavesNoCallBehind() throws {
        var tape = JSONTape()
        var burst = BurstBuilder()
        let params = #"{"org":"acme","workspace":"s","purpose":"inbox","calls":[{},{},{"status":1}]}"#
        try tape.withParsed(Array(params.utf8)) { view in
            #expect(throws: RPCError.self) { try CallParser.parse(view, as: .batch, into: &burst) }
            #expect(burst.callCount == 0)
            let good = #"{"org":"acme","workspace":"s","purpose":"inbox"}"#
            var second = JSONTape()
            let range = try second.withParsed(Array(good.utf8)) { try CallParser.parse($0, as: .record, into: &burst) }
            #expect(range == 0..<1)
        }
        let taken = burst.take { _ in }
        #expect(
            String(decoding: taken.callData[taken.calls[0].data], as: UTF8.self) == #"{"purpose":"inbox","calls":1}"#
        )
    }

    /// Requests that are all refused must not make a connection grow.
    @Test func whatRefusedRequestsLeaveIsLetGo() throws {
        var burst = BurstBuilder()
        var tape = JSONTape()
        let params = #"{"org":"acme","workspace":"s","purpose":"inbox","calls":[{},{},{"status":1}]}"#
        try tape.withParsed(Array(params.utf8)) { view in
            _ = #expect(throws: RPCError.self) { try CallParser.parse(view, as: .batch, into: &burst) }
        }
        burst.discardRefused()
        let taken = burst.take { _ in }
        #expect(taken.callData.isEmpty && taken.callers.isEmpty && taken.calls.isEmpty)
    }

    /// The key of a call covers its own bytes and nothing of its neighbours', so that it is the same when it is read
    /// back.
    @Test func theKeyOfACallDoesNotDependOnItsPlace() throws {
        let call = #"{"id":"x","verb":"GET"}"#
        let around = #"{"org":"acme","workspace":"s","purpose":"inbox","calls":"#
        let alone = try parsed("\(around)[\(call)]}", as: .batch).burst
        let behind = try parsed("\(around)[{},{\"id\":\"y\"},\(call)]}", as: .batch).burst
        #expect(alone.calls[0].facts.key != nil)
        #expect(alone.calls[0].facts.key == behind.calls[2].facts.key)
        #expect(behind.calls[1].facts.key != behind.calls[2].facts.key)
    }

    @Test func aCallerIsNamedOnceInABurst() throws {
        let burst = try parsed(
            #"{"org":"acme","purpose":"inbox","calls":[{"workspace":"s"},{"integration":"s"},{"workspace":"s"},"#
                + #"{"workspace":"s","integration":"t"},{"org":"b","workspace":"\u0073"},{"integration":"s"}]}"#,
            as: .batch
        ).burst
        let callers = burst.callers.map(\.caller)
        #expect(
            callers == [
                Caller(org: "acme", workspace: "s"), Caller(org: "acme", integration: "s"),
                Caller(org: "acme", workspace: "s", integration: "t"), Caller(org: "b", workspace: "s"),
            ]
        )
        #expect(burst.calls.map(\.caller) == [0, 1, 0, 2, 3, 1])
        #expect(String(decoding: burst.callers[3].lineNames, as: UTF8.self) == #","org":"b","workspace":"s""#)
    }

    /// However many callers there are, and whichever of them share a place in the table.
    @Test func manyCallersAreKeptApart() throws {
        var burst = BurstBuilder()
        for turn in 0..<3 {
            for number in 0..<2_000 {
                var tape = JSONTape()
                let params = #"{"org":"acme","workspace":"w\#(number % 700 + turn)","purpose":"inbox"}"#
                _ = try tape.withParsed(Array(params.utf8)) { try CallParser.parse($0, as: .record, into: &burst) }
            }
            let taken = burst.take { _ in }
            #expect(
                taken.calls.map { taken.callers[$0.caller].caller.workspace }
                    == (0..<2_000).map { "w\($0 % 700 + turn)" }
            )
        }
    }

    private func parsed(
        _ params: String,
        as form: CallForm
    ) throws -> (range: Range<Int>, burst: Burst) {
        var tape = JSONTape()
        var burst = BurstBuilder()
        let range = try tape.withParsed(Array(params.utf8)) { try CallParser.parse($0, as: form, into: &burst) }
        return (range, burst.take { _ in })
    }
}
