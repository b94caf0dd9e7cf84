import LineJSON
import Testing

@testable import LedgerServer

@Suite struct RequestFingerprintTests {
    private func fingerprint(_ method: String, _ params: String) throws -> UInt64 {
        var tape = JSONTape()
        return try tape.withParsed(Array(params.utf8)) { view in
            RequestFingerprint.of(try Arguments(view, of: definition(method)))
        }
    }

    @Test(arguments: [
        // Order and white space.
        ("settings.update", #"{"org":"a","workspace":"w","limit":7}"#, #"{ "limit" : 7, "workspace":"w", "org":"a" }"#),
        // Spellings of one value.
        (
            "settings.update", #"{"org":"a","workspace":"w","limit":100}"#,
            #"{"org":"\u0061","workspace":"w","limit":1e2}"#
        ),
        (
            "org.observe", #"{"org":"a","used":1,"allowance":2,"at":"2026-11-21T17:00:00Z"}"#,
            #"{"org":"a","used":1,"allowance":2,"at":"2026-11-21T18:00:00.000+01:00"}"#
        ),
        ("org.observe", #"{"org":"a","limits":{"x":1,"y":[1, 2]}}"#, #"{"org":"a","limits":{"y":[1,2],"x":1.0}}"#),
        // A default, given and left out.
        (
            "sync_errors.retry", #"{"org":"a","workspace":"w","error":1}"#,
            #"{"org":"a","workspace":"w","error":1,"calls":1}"#
        ),
        // What does not change what is asked for.
        (
            "settings.update", #"{"org":"a","workspace":"w","limit":7,"id":"x"}"#,
            #"{"org":"a","workspace":"w","limit":7,"id":"y","expected_version":3,"confirm":true}"#
        ),
    ])
    func isTheSameForTheSame(_ method: String, _ left: String, _ right: String) throws {
        #expect(try fingerprint(method, left) == fingerprint(method, right))
    }

    @Test(arguments: [
        ("settings.update", #"{"org":"a","workspace":"w","limit":7}"#, #"{"org":"a","workspace":"w","limit":8}"#),
        ("settings.update", #"{"org":"a","workspace":"w","limit":null}"#, #"{"org":"a","workspace":"w"}"#),
        (
            "settings.update", #"{"org":"a","workspace":"w","warn_percent":7}"#,
            #"{"org":"a","workspace":"w","event_pause_percent":7}"#
        ),
        ("org.observe", #"{"org":"a","error":"[1]"}"#, #"{"org":"a","error":[1]}"#),
        ("org.observe", #"{"org":"a","limits":{"x":[1,2]}}"#, #"{"org":"a","limits":{"x":[2,1]}}"#),
    ])
    func isAnotherForAnother(_ method: String, _ left: String, _ right: String) throws {
        #expect(try fingerprint(method, left) != fingerprint(method, right))
    }

    @Test func isAnotherForAnotherMethod() throws {
        let params = #"{"org":"a","workspace":"w"}"#
        #expect(try fingerprint("bulk_sync.pause", params) != fingerprint("bulk_sync.resume", params))
    }
}
