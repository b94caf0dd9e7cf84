import EventSourcing
import Foundation
import Testing

@testable import Salesforce

@Suite("ApiTotalUsage event log files")
struct EventLogFileTests {
    private static let header = "TIMESTAMP_DERIVED,REQUEST_ID,CONNECTED_APP_NAME,COUNTS_AGAINST_API_LIMIT,STATUS_CODE"
    private static let instant = "2015-05-17T10:05:00.561Z"

    private func rows(_ text: String, pieces size: Int = 4_096) throws -> [EventLogFileReader.Row] {
        try rows(Array(text.utf8), pieces: size)
    }

    private func rows(_ text: [UInt8], pieces size: Int = 4_096) throws -> [EventLogFileReader.Row] {
        var reader = EventLogFileReader()
        var rows: [EventLogFileReader.Row] = []
        var rest = text[...]
        while !rest.isEmpty {
            try Array(rest.prefix(size)).withUnsafeBytes { try reader.read($0) { rows.append($0) } }
            rest = rest.dropFirst(size)
        }
        try reader.finish { rows.append($0) }
        return rows
    }

    private func calls(_ text: String) throws -> [ImportedCall] {
        try rows(text).map { row in
            switch row {
            case .call(let call): call
            case .bad(let bad): throw UnexpectedBadRow(row: bad)
            }
        }
    }

    private struct UnexpectedBadRow: Error {
        var row: BadRow
    }

    @Test("Columns are found by name, whatever their order")
    func columnsByName() throws {
        let text = """
            "STATUS_CODE","CONNECTED_APP_NAME","EVENT_TYPE","API_RESOURCE","HTTP_METHOD","TIMESTAMP","ORGANIZATION_ID"
            "404","Intercom","ApiTotalUsage","/v60.0/query","GET","20150517100500.561","00D6YRJVWxOyLik"

            """
        let call = try #require(try calls(text).first)
        #expect(call.at == Timestamp(EventLogFileTests.instant))
        #expect(call.appName == "Intercom")
        #expect(call.counted)
        #expect(call.verb == "GET")
        #expect(call.resource == "/v60.0/query")
        #expect(call.status == 404)
        #expect(call.organization == "00D6YRJVWxOyLik")
    }

    @Test("The derived instant is preferred; the compact one stands in where it is empty")
    func instants() throws {
        let text = """
            TIMESTAMP,TIMESTAMP_DERIVED
            20150517100500.561,2015-05-17T10:05:00.562Z
            20150517100500.563,
            """
        #expect(try calls(text).map(\.at.description) == ["2015-05-17T10:05:00.562Z", "2015-05-17T10:05:00.563Z"])
    }

    @Test("A file without an instant is refused with the columns that it has")
    func missingColumn() {
        let expected = EventLogFileError.missingColumn(anyOf: ["TIMESTAMP_DERIVED", "TIMESTAMP"], found: ["A", "B"])
        #expect(throws: expected) { try rows("A,B\n1,2\n") }
        #expect("\(expected)" == "there is no column TIMESTAMP_DERIVED or TIMESTAMP; the columns are A, B")
    }

    @Test(
        "Files that are none",
        arguments: [
            ("", .empty), ("\n\n", .empty), ("TIMESTAMP,TIMESTAMP\n", .repeatedColumn("TIMESTAMP")),
            ("TIMESTAMP,a\"b\n", .malformedHeader),
        ] as [(String, EventLogFileError)]
    )
    func noFile(text: String, error: EventLogFileError) {
        #expect(throws: error) { try rows(text) }
    }

    @Test("A quote that swallows the file is refused")
    func rowTooLong() {
        let text = "TIMESTAMP\n\"" + String(repeating: "x", count: 2 << 20)
        #expect(throws: EventLogFileError.rowTooLong(line: 2)) { try rows(text) }
    }

    @Test(
        "COUNTS_AGAINST_API_LIMIT",
        arguments: [("1", true), ("0", false), ("true", true), ("FALSE", false), ("True", true), ("", true)]
    )
    func counted(text: String, isCounted: Bool) throws {
        let row = "\(EventLogFileTests.header)\n\(EventLogFileTests.instant),R,App,\(text),200\n"
        #expect(try calls(row).map(\.counted) == [isCounted])
    }

    @Test("A call without a connected app goes by its client, else by a name that says so")
    func appNames() throws {
        let instant = EventLogFileTests.instant
        let text =
            "TIMESTAMP_DERIVED,CONNECTED_APP_NAME,CLIENT_NAME\n"
            + "\(instant),App,Client\n\(instant),,Client\n\(instant),,\n"
        #expect(try calls(text).map(\.appName) == ["App", "Client", "(no connected app)"])
    }

    @Test("What is longer than the wire takes is cut at the end of a character")
    func cuts() throws {
        let name = String(repeating: "é", count: 100)
        let text = "TIMESTAMP_DERIVED,CONNECTED_APP_NAME\n\(EventLogFileTests.instant),a\(name)\n"
        #expect(try calls(text).map(\.appName.utf8.count) == [127])
    }

    @Test("Of a first character that is longer than the wire takes, a part is left")
    func cutsInsideCharacter() throws {
        let character = "e" + String(repeating: "\u{301}", count: 100)
        let text = "TIMESTAMP_DERIVED,CONNECTED_APP_NAME\n\(EventLogFileTests.instant),\(character)\n"
        #expect(try calls(text).map(\.appName.utf8.count) == [127])
    }

    @Test("U+00A0 and what follows are no control characters")
    func noControlCharacters() throws {
        let text = "TIMESTAMP_DERIVED,CONNECTED_APP_NAME\n\(EventLogFileTests.instant),a\u{A0}\u{BF}\n"
        #expect(try calls(text).map(\.appName) == ["a\u{A0}\u{BF}"])
    }

    @Test(
        "Bad rows carry line and column",
        arguments: [
            ("2015-05-17,R,App,1,200", "TIMESTAMP_DERIVED", "2015-05-17\""),
            (",R,App,1,200", "TIMESTAMP", "no instant"),
            ("\(instant),R,App,yes,200", "COUNTS_AGAINST_API_LIMIT", "yes"),
            ("\(instant),R,App,1,abc", "STATUS_CODE", "abc"),
            ("\(instant),R,App,1,99", "STATUS_CODE", "100 to 599"),
            ("\(instant),R,A\u{7}pp,1,200", "CONNECTED_APP_NAME", "control"),
            ("\(instant),R,A\u{85}pp,1,200", "CONNECTED_APP_NAME", "control"),
            ("\(instant),R,A\u{9B}31m,1,200", "CONNECTED_APP_NAME", "control"),
            ("\(instant),R,App,1", nil, "has 4 fields, the header 5"),
            ("\(instant),R,Ap\"p,1,200", nil, "quote inside the unquoted field 3"),
            ("\(instant),R,\"Ap\"p,1,200", nil, "text behind the closing quote of field 3"),
            ("\(instant),R,App,1,\"200", nil, "the quote of field 5 is never closed"),
        ] as [(String, String?, String)]
    )
    func badRows(row: String, column: String?, problem: String) throws {
        let good = "\(EventLogFileTests.instant),R,App,1,200\n"
        guard case .bad(let bad) = try rows("\(EventLogFileTests.header)\n\(good)\(row)").last else {
            Issue.record("the row was accepted")
            return
        }
        #expect(bad.line == 3)
        #expect(bad.column == column)
        #expect(bad.problem.contains(problem))
    }

    @Test("Invalid UTF-8 in a name is a bad row")
    func invalidUTF8() throws {
        let text = Array("TIMESTAMP_DERIVED,CLIENT_NAME\n\(EventLogFileTests.instant),".utf8) + [0xFF, 0x0A]
        guard case .bad(let bad) = try rows(text).last else {
            Issue.record("the row was accepted")
            return
        }
        #expect(bad.column == "CLIENT_NAME")
    }

    @Test("Rows of another event type are refused with their line")
    func otherEventType() throws {
        let instant = EventLogFileTests.instant
        let text = "EVENT_TYPE,TIMESTAMP_DERIVED\nApiTotalUsage,\(instant)\nLogin,\(instant)\n"
        let expected = BadRow(line: 3, column: "EVENT_TYPE", problem: "expected ApiTotalUsage, not \"Login\"")
        #expect(try rows(text).last == .bad(expected))
        #expect("\(expected)" == "line 3, EVENT_TYPE: expected ApiTotalUsage, not \"Login\"")
    }
}

@Suite("Identity of rows")
struct RowIdentityTests {
    private func ids(_ text: String) throws -> [String] {
        var reader = EventLogFileReader()
        var ids: [String] = []
        func keep(_ row: EventLogFileReader.Row) {
            if case .call(let call) = row { ids.append(call.id) }
        }
        try Array(text.utf8).withUnsafeBytes { try reader.read($0, keep) }
        try reader.finish(keep)
        return ids
    }

    private let header = "TIMESTAMP_DERIVED,REQUEST_ID,API_RESOURCE,CONNECTED_APP_ID\n"
    private let first = "2015-05-17T10:05:00.561Z,TID:1,/a,0H4\n"
    private let second = "2015-05-17T10:05:00.561Z,TID:1,/b,0H4\n"

    @Test("Calls of one transaction are different calls")
    func sharedRequest() throws {
        let ids = try ids(header + first + second)
        #expect(Set(ids).count == 2)
        #expect(ids.allSatisfy { $0.count == 32 })
    }

    @Test("Rows that are alike in everything are counted each, with the same identities every time")
    func alikeRows() throws {
        let once = try ids(header + first + first + second + first)
        #expect(once[1] == "\(once[0])-2")
        #expect(once[3] == "\(once[0])-3")
        #expect(try ids(header + first + first + second + first) == once)
    }

    @Test("An hourly file's rows have the identities of the daily file's, also with other columns in another order")
    func overlap() throws {
        let hourly =
            "CONNECTED_APP_ID,USER_NAME,TIMESTAMP,API_RESOURCE,REQUEST_ID\n0H4,someone,20150517100500.561,/b,TID:1\n"
        #expect(try ids(hourly) == [ids(header + first + second)[1]])
    }

    @Test("A bad row before does not change the others")
    func badRowBefore() throws {
        #expect(try ids(header + "bad\n" + first) == ids(header + first))
    }
}

@Suite("The sample file")
struct SampleFileTests {
    private func sample() throws -> [EventLogFileReader.Row] {
        let file = try #require(
            Bundle.module.url(forResource: "ApiTotalUsage", withExtension: "csv", subdirectory: "Resources")
        )
        let bytes = try Data(contentsOf: file)
        var reader = EventLogFileReader()
        var rows: [EventLogFileReader.Row] = []
        let pieceBytes = 65_536
        try bytes.withUnsafeBytes { buffer in
            for start in stride(from: 0, to: buffer.count, by: pieceBytes) {
                let piece = UnsafeRawBufferPointer(rebasing: buffer[start..<min(start + pieceBytes, buffer.count)])
                try reader.read(piece) { rows.append($0) }
            }
        }
        try reader.finish { rows.append($0) }
        return rows
    }

    @Test("All 9,999 rows are read, as counted by another CSV reader")
    func counts() throws {
        let calls = try sample().compactMap { row in
            if case .call(let call) = row { call } else { nil }
        }
        #expect(calls.count == 9_999)
        #expect(calls.filter(\.counted).count == 8_950)
        #expect(Set(calls.map(\.id)).count == 9_999)
        #expect(calls.filter { $0.appName == "Intercom" }.count == 2_271)
        #expect(calls.filter { $0.verb == "HEAD" }.count == 42)
        #expect(calls.filter { $0.status == 304 }.count == 445)
        #expect(Set(calls.compactMap(\.organization)) == ["00D6YRJVWxOyLik"])
        #expect(calls.map(\.at).min() == Timestamp("2015-05-17T10:05:00.165Z"))
        #expect(calls.map(\.at).max() == Timestamp("2015-05-20T21:05:59.064Z"))
    }
}
