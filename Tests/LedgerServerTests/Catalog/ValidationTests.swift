import LineJSON
import LineProtocol
import Testing

@testable import LedgerServer

/// Every parameter of every method: left out, of a wrong kind, out of its bounds, unknown.
@Suite struct ValidationTests {
    static let definitions = MethodCatalog.methods.map(\.definition)

    @Test func refusesEveryWrongValueAndNamesTheField() throws {
        for definition in Self.definitions {
            for field in definition.params {
                for sample in field.type.invalidSamples {
                    let params = "{\"\(field.name)\":\(sample)}"
                    let error = try #require(try refusal(of: params, by: definition), "\(definition.name) \(params)")
                    #expect(error.code == RPCError.ReservedCode.invalidParams)
                    #expect(error.status == .invalidArgument)
                    #expect(error.field?.hasPrefix(field.name.description) == true, "\(definition.name) \(params)")
                }
            }
        }
    }

    /// By its count, and not by what its elements are: those are right.
    @Test func saysHowManyAListMayHave() throws {
        var lists: [String] = []
        for definition in Self.definitions {
            for field in definition.params {
                guard case .array(let element, let count) = field.type else { continue }
                try #require(count.upperBound < .max, "\(definition.name) \(field.name) takes a list of any length")
                let list = ValueType.list(of: element.shortSample, count: count.upperBound + 1)
                let error = try #require(try refusal(of: "{\"\(field.name)\":\(list)}", by: definition))
                let bounds = "\(count.lowerBound) to \(count.upperBound)"
                #expect(error.field == field.name.description)
                #expect(error.message == "Invalid params: \(field.name) must be an array of \(bounds) elements")
                lists.append("\(definition.name) \(field.name)")
            }
        }
        #expect(lists.contains("token.create orgs") && lists.contains("token.create workspaces"), "\(lists)")
    }

    @Test func acceptsEveryRightValue() throws {
        for definition in Self.definitions {
            for field in definition.params {
                for sample in field.type.validSamples {
                    let error = try refusal(of: "{\"\(field.name)\":\(sample)}", by: definition)
                    // Others may be missing; this one is not what is wrong.
                    #expect(
                        error?.message.contains("\(field.name) must be") != true,
                        "\(definition.name) \(field.name): \(sample)"
                    )
                }
            }
        }
    }

    @Test func refusesWhatIsMissing() throws {
        for definition in Self.definitions {
            for field in definition.params where field.isRequired {
                let params = ValueType.sample(of: definition.params, without: field.name.description)
                let error = try #require(try refusal(of: params, by: definition))
                #expect(error.field == field.name.description)
                #expect(error.message == "Invalid params: \(field.name) is missing")
            }
        }
    }

    @Test func refusesWhatIsUnknown() throws {
        for definition in Self.definitions {
            let error = try #require(try refusal(of: "{\"colour\":1}", by: definition), "\(definition.name)")
            #expect(error.field == "colour")
            for field in definition.params { #expect(error.message.contains(field.name.description)) }
        }
    }

    @Test(arguments: [
        (
            "usage.get", #"{"org":"acme","wrkspace":"s"}"#, "wrkspace",
            "unknown parameter wrkspace; did you mean workspace? (known are org, workspace, at, as_of_position)"
        ),
        ("server.ping", #"{"x":1}"#, "x", "unknown parameter x (there are none)"),
        ("usage.get", #"{"org":"acme"}"#, "workspace", "workspace is missing"),
        (
            "org.get", #"{"org":"a b"}"#, "org",
            "org must be a string of 1 to 64 bytes of letters, digits, '_', '.' and '-'"
        ),
        ("events.read", #"{"limit":0}"#, "limit", "limit must be an integer from 1 to 10000"),
        (
            "events.read", #"{"from":"begin"}"#, "from",
            "from must be an integer from 1 to 9007199254740991, start or end or an RFC 3339 instant such as "
                + "2026-11-21T17:54:01.123Z"
        ),
        (
            "mapping.remove", #"{"org":"acme","workspace":"s","object":"account","intercom":"x"}"#, "object",
            "object must be lead or contact; accounts and cases are not synced"
        ),
        (
            "usage.record_batch", #"{"calls":[{},{"status":99}]}"#, "calls[1].status",
            "calls[1].status must be an integer from 100 to 599"
        ),
        (
            "usage.history",
            #"{"org":"acme","from":"2026-11-21T00:00:00Z","to":"2026-11-21T00:00:00Z","group_by":["x"]}"#,
            "group_by[0]", "group_by[0] must be workspace, integration, purpose, verb, resource or status"
        ),
        (
            "org.observe", #"{"org":"acme"}"#, "used",
            "one of these must be given: used and allowance; sforce_limit_info; limits; error"
        ),
        ("org.observe", #"{"org":"acme","used":1}"#, "allowance", "allowance is missing"),
        (
            "org.observe", #"{"org":"acme","used":1,"allowance":2,"limits":{}}"#, "limits",
            "only one of these may be given: used and allowance; sforce_limit_info; limits; error"
        ),
        ("usage.record", #"{"org":"acme","purpose":"inbox"}"#, "workspace", "workspace or integration is missing"),
    ])
    func saysWhatIsWrong(_ method: String, _ params: String, _ field: String, _ message: String) throws {
        let error = try #require(try refusal(of: params, by: definition(method)))
        #expect(error.field == field)
        #expect(error.message == "Invalid params: " + message)
    }

    @Test(
        arguments: [
            ("wrkspace", "workspace"), ("perpose", "purpose"), ("orgs", "org"), ("zzzzzz", nil), ("", nil),
            (String(repeating: "w", count: 1_000), nil),
        ] as [(String, String?)]
    )
    func suggestsTheNearestName(_ word: String, _ nearest: String?) {
        #expect(NearestName.of(word, among: ["org", "workspace", "purpose"]) == nearest)
    }
}
