import LineJSON
import Salesforce
import Testing

@Suite("Sforce-Limit-Info")
struct SforceLimitInfoTests {
    @Test(
        "Every form that Salesforce documents is read",
        arguments: [
            ("api-usage=18/5000", 18, 5_000),
            ("Sforce-Limit-Info: api-usage=18/5000", 18, 5_000),
            ("sforce-limit-info:api-usage=18/5000\r\n", 18, 5_000),
            ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)", 25, 5_000),
            ("per-app-api-usage=17/250(appName=a=b/c); api-usage=25/5000", 25, 5_000),
            ("api-usage=110018/100000; api-bursts=1/750", 110_018, 100_000),
            (" api-usage = 0 / 0 ;; ", 0, 0),
            ("api-usage=18/5000;\u{301}", 18, 5_000),
        ] as [(String, Int64, Int64)]
    )
    func reads(text: String, used: Int64, allowance: Int64) throws {
        #expect(try APIUsage(sforceLimitInfo: text) == APIUsage(used: used, allowance: allowance))
    }

    @Test(
        "Without api-usage it says so",
        arguments: [
            "", ";", "x=1\u{37E}api-usage=1/2", "per-app-api-usage=17/250(appName=x)", "Sforce-Limit-Info:",
            "api-usages=1/2",
        ]
    )
    func missing(text: String) {
        #expect(throws: APIUsageError.missing("api-usage")) { try APIUsage(sforceLimitInfo: text) }
    }

    @Test(
        "Junk where numbers belong is quoted in the error",
        arguments: [
            "api-usage", "api-usage=", "api-usage=18", "api-usage=18/", "api-usage=/5000", "api-usage=-1/5000",
            "api-usage=+1/5000", "api-usage=1.5/5000", "api-usage=1/2/3", "api-usage=x/5000", "api-usage=१/5000",
            "api-usage=1/9999999999999999999",
        ]
    )
    func malformed(text: String) {
        #expect(throws: APIUsageError.malformed("api-usage", text: text)) { try APIUsage(sforceLimitInfo: text) }
    }
}

@Suite("/limits")
struct LimitsResourceTests {
    private func usage(_ body: String) throws -> APIUsage {
        var tape = JSONTape()
        return try tape.withParsed(Array(body.utf8)) { try APIUsage(limits: $0) }
    }

    @Test("App names are siblings of Max and Remaining")
    func nestedApps() throws {
        let body = """
            {"AnalyticsExternalDataSizeMB":{"Max":40960,"Remaining":40960},
             "DailyApiRequests":{"Ant Migration Tool":{"Max":0,"Remaining":0},"Max":15000,"Remaining":14998,
              "Chatter Desktop":{"Max":0,"Remaining":0}}}
            """
        #expect(try usage(body) == APIUsage(used: 2, allowance: 15_000))
    }

    @Test("Remaining is negative above 100 %")
    func overTheAllowance() throws {
        let body = #"{"DailyApiRequests":{"Max":100000,"Remaining":-10018}}"#
        #expect(try usage(body) == APIUsage(used: 110_018, allowance: 100_000))
    }

    @Test(
        "What is missing or malformed is named by its path",
        arguments: [
            ("{}", .missing("DailyApiRequests")),
            ("[]", .missing("DailyApiRequests")),
            (#"{"DailyApiRequests":5}"#, .missing("DailyApiRequests.Max")),
            (#"{"DailyApiRequests":{"Max":1}}"#, .missing("DailyApiRequests.Remaining")),
            (#"{"DailyApiRequests":{"Max":"1","Remaining":1}}"#, .malformed("DailyApiRequests.Max", text: "\"1\"")),
            (#"{"DailyApiRequests":{"Max":-1,"Remaining":-1}}"#, .malformed("DailyApiRequests.Max", text: "-1")),
            (#"{"DailyApiRequests":{"Max":5,"Remaining":6}}"#, .malformed("DailyApiRequests.Remaining", text: "6")),
            (#"{"DailyApiRequests":{"Max":5,"Remaining":0.5}}"#, .malformed("DailyApiRequests.Remaining", text: "0.5")),
            (
                #"{"DailyApiRequests":{"Max":5,"Remaining":-9223372036854775808}}"#,
                .malformed("DailyApiRequests.Remaining", text: "-9223372036854775808")
            ),
        ] as [(String, APIUsageError)]
    )
    func refuses(body: String, error: APIUsageError) {
        #expect(throws: error) { try usage(body) }
    }
}

@Suite("403 body")
struct LimitRefusalTests {
    private static let total = #"{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}"#
    private static let concurrent =
        """
        {"message":"ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
         "errorCode":"REQUEST_LIMIT_EXCEEDED"}
        """
    private static let other = #"{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}"#

    private func classify(_ body: String) throws -> LimitRefusal {
        var tape = JSONTape()
        return try tape.withParsed(Array(body.utf8)) { LimitRefusal(errorBody: $0) }
    }

    @Test(
        "Only TotalRequests means that the allowance is used up",
        arguments: [
            ("[\(total)]", .allowanceExhausted),
            (total, .allowanceExhausted),
            ("[\(concurrent)]", .concurrentLimit),
            ("[\(other)]", .notALimitError),
            ("[\(concurrent),\(other),\(total)]", .allowanceExhausted),
            ("[\(other),\(concurrent)]", .concurrentLimit),
            ("[]", .notALimitError), ("{}", .notALimitError), ("null", .notALimitError), ("[1]", .notALimitError),
            (#"[{"message":"TotalRequests Limit exceeded.","errorCode":"OTHER"}]"#, .notALimitError),
            (#"[{"message":"Something","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#, .notALimitError),
        ] as [(String, LimitRefusal)]
    )
    func classifies(body: String, refusal: LimitRefusal) throws {
        #expect(try classify(body) == refusal)
    }

    @Test("The body may come as a string, or as the text a client library makes of it")
    func strings() throws {
        var writer = JSONWriter()
        writer.value("[\(LimitRefusalTests.total)]")
        let bodyAsString = String(decoding: writer.take(), as: UTF8.self)
        #expect(try classify(bodyAsString) == .allowanceExhausted)
        #expect(try classify(#""REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.""#) == .allowanceExhausted)
        #expect(LimitRefusal(text: "[\(LimitRefusalTests.concurrent)]") == .concurrentLimit)
        #expect(LimitRefusal(text: "no JSON") == .notALimitError)
        #expect(LimitRefusal(text: bodyAsString) == .allowanceExhausted)
        #expect(LimitRefusal(text: bodyAsString.replacing("message", with: "m")) == .notALimitError)
    }
}
