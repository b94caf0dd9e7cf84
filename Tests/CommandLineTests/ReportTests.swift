import EventSourcing
import LedgerClient
import LineJSON
import Testing

@testable import ledgerline

@Suite("Reports")
struct ReportTests {
    private func lines(_ json: String, _ body: (JSONView) -> [String]) throws -> [String] {
        try Reply(bytes: Array(json.utf8)).withValue(body)
    }

    /// The numbers of the first document: 15,000, 2,918 and 3,072.
    private static let usage = """
        {"org":"00D","workspace":"support","as_of":"2026-11-21T17:54:01.123Z","position":42,"allowance":15000,
         "limit":5000,"used_by_workspace":2918,"used_by_others":3072,
         "others":{"workspaces":2000,"integrations":1000,"unattributed":72,"drift":0},"org_used":5990,"percent":58.4,
         "tier":"bulk_paused","paused":["bulk_sync"],"warning":null,"allowance_exhausted":false,
         "next_change_at":"2026-11-22T02:10:00.000Z",
         "observation":{"used":5990,"allowance":15000,"at":"2026-11-21T17:50:00.000Z","source":"header",
         "age_ms":241123}}
        """

    @Test("Usage of a workspace")
    func usage() throws {
        let lines = try lines(ReportTests.usage) {
            UsageReport(usage: $0, pauseLines: [40, 80], width: 68).lines(.plain)
        }
        #expect(
            lines == [
                "00D / support  at 2026-11-21T17:54:01.123Z, position 42",
                "",
                "  2,918 of 5,000 calls in 24 hours (58.4 %)   bulk paused",
                "  ███████████████████████▓███████████············│···········│",
                "  0                     40                      80         100 %",
                "",
                "  Allowance of the org        15,000   Salesforce reported 5,990 used, 4 min 1 s ago (header)",
                "  Used by this workspace       2,918",
                "  Used by others               3,072   other workspaces 2,000, integrations 1,000, unattributed 72",
                "  Used in all                  5,990",
                "",
                "  Running   settings, inbox, event sync, other",
                "  Paused    bulk sync",
                "  Changes   2026-11-22T02:10:00.000Z, when no call arrives until then",
            ]
        )
    }

    @Test("Usage without an observation says that it does not know")
    func unknown() throws {
        let json =
            """
            {"org":"a","workspace":"b","limit":0,"percent":null,"tier":"exhausted","warning":"W2",
             "observation":null}
            """
        let lines = try lines(json) { UsageReport(usage: $0, pauseLines: [40, 80], width: 60).lines(.plain) }
        #expect(lines.contains { $0.contains("unattributed —") })
        #expect(lines.contains { $0.contains("reported nothing") })
        #expect(lines.last == "  ! W2")
    }

    @Test("History: a row for every group, the largest first, its hours in a strip")
    func history() throws {
        let json = """
            {"org":"00D","from":"2026-11-21T00:00:00.000Z","to":"2026-11-21T04:00:00.000Z","bucket":"hour",
             "group_by":["integration"],"position":9,"truncated":false,"rows":[
             {"bucket":"2026-11-21T00:00:00.000Z","integration":"Intercom","calls":1,"uncounted":2},
             {"bucket":"2026-11-21T03:00:00.000Z","integration":"Intercom","calls":8,"uncounted":0},
             {"bucket":"2026-11-21T01:00:00.000Z","integration":null,"calls":3,"uncounted":0}]}
            """
        let lines = try lines(json) { HistoryReport(history: $0, dimensions: [.integration], width: 100).lines(.plain) }
        #expect(
            lines == [
                "00D, 2026-11-21 00:00 to 2026-11-21 04:00 UTC, by the hour",
                "",
                "INTEGRATION  CALLS     %  UNCOUNTED  ",
                "Intercom         9  75.0          2  ▁··█",
                "—                3  25.0          0  ·▃··",
                "",
                "12 calls, 2 uncounted",
            ]
        )
    }

    @Test("History without calls says for when it was asked")
    func noHistory() throws {
        let json =
            #"{"org":"a","from":"2026-11-21T00:00:00.000Z","to":"2026-11-22T00:00:00.000Z","bucket":"hour","rows":[]}"#
        let lines = try lines(json) { HistoryReport(history: $0, dimensions: [], width: 80).lines(.plain) }
        #expect(lines == ["nothing between 2026-11-21T00:00:00.000Z and 2026-11-22T00:00:00.000Z"])
    }

    @Test("An event on one line, without its bookkeeping")
    func event() {
        let json =
            #"{"position":42,"time":"2026-11-21T17:54:01.123Z","type":"api.called","org":"00D","workspace":"support","#
            + #""data":{"purpose":"inbox","calls":1,"resource":"/a\u001b[2J","id":"x","fingerprint":"y"}}"#
        let line = EventFormatter.line(EventLine(position: 42, bytes: Array(json.utf8)), .plain)
        #expect(
            line
                == "17:54:01.123 #42       api.called               00D/support "
                + "purpose=inbox calls=1 resource=/a\u{FFFD}[2J"
        )
    }

    @Test("JSON is laid out as it stands, numbers and escapes included")
    func json() throws {
        let lines = try lines(#"{"a":[1.50,"\u00e9",{}],"b":{"c":null},"d":[]}"#) {
            JSONText.pretty($0, .plain).split(separator: "\n").map(String.init)
        }
        #expect(
            lines == [
                "{", #"  "a": ["#, "    1.50,", #"    "\u00e9","#, "    {}", "  ],", #"  "b": {"#, #"    "c": null"#,
                "  },",
                #"  "d": []"#, "}",
            ]
        )
    }

    @Test("A backup's name is its time")
    func backupName() throws {
        let time = try #require(Timestamp("2026-11-21T17:54:01.123Z"))
        #expect(BackupCommand.name(at: time) == "ledger-20261121T175401Z.db")
    }
}

@Suite("Export")
struct EventExporterTests {
    private static let page = #"""
        {"events":[{"position":1,"time":"2026-11-21T00:00:00.000Z","type":"api.called","org":"a","data":{"calls":1}},
        {"position":2,"time":"2026-11-21T01:00:00.000Z","type":"x","org":"a","workspace":"w,\"1\"","data":{}}],
        "next":3,"head":2}
        """#

    private func exported(_ format: ExportCommand.Format, _ end: EventExporter.End = EventExporter.End()) throws
        -> String
    {
        var exporter = EventExporter(format: format, end: end)
        let next = try Reply(bytes: Array(EventExporterTests.page.utf8)).withValue { try exporter.take($0) }
        #expect(next == 3)
        return String(decoding: exporter.header + exporter.takeBytes(), as: UTF8.self)
    }

    @Test("Lines are the log's own")
    func lines() throws {
        let text = try exported(.jsonl)
        #expect(
            text.hasPrefix(
                #"{"position":1,"time":"2026-11-21T00:00:00.000Z","type":"api.called","org":"a","data":{"calls":1}}"#
                    + "\n"
            )
        )
        #expect(text.split(separator: "\n").count == 2)
    }

    @Test("Fields of a CSV are quoted where they must be")
    func csv() throws {
        let expected = [
            "position,time,type,org,workspace,data",
            #"1,2026-11-21T00:00:00.000Z,api.called,a,,"{""calls"":1}""#,
            #"2,2026-11-21T01:00:00.000Z,x,a,"w,""1""",{}"#,
            "",
        ].joined(separator: "\r\n")
        #expect(try exported(.csv) == expected)
    }

    @Test("The end is a position that is included, or an instant that is not")
    func ends() throws {
        #expect(try exported(.jsonl, .init(position: 1)).split(separator: "\n").count == 1)
        #expect(try exported(.jsonl, .init(time: Timestamp("2026-11-21T01:00:00Z"))).split(separator: "\n").count == 1)
    }
}
