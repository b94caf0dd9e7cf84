import EventSourcing
import LineJSON
import QuotaDomain

/// What an `api.called` line says, for counting: no digest is computed and no name decoded. Valid as long as the line's
/// memory is.
struct LoggedCall {
    var position: LogPosition
    var org: LineText
    var workspace = LineText.missing
    /// The text of a `Purpose`.
    var purpose = LineText("other")
    /// As the state counts them, whatever the line says.
    var calls: Int64 = 0
    var counted = true
    var integration = LineText.missing
    var verb = LineText.missing
    var resource = LineText.missing
    /// 0 when there is none.
    var status: Int64 = 0
    /// The instant from which the calls count (R1).
    var effective: Timestamp

    @inline(__always)
    private static func countable(_ calls: Int64) -> Int64 { min(max(calls, 0), Policy.callsPerRecordMax) }
}

// MARK: - By their layout

extension LoggedCall {
    /// Reads a line as `CallLine` and `EventWriter` write it, member by member in their order, and leaves `cursor`
    /// behind its `\n`. Nil when the line has another layout: then it is read as JSON, and says the same.
    ///
    /// That it is JSON, and UTF-8, is not checked again: the log's hash vouches for the bytes.
    @inline(__always)
    init?(_ cursor: inout LineCursor, times: inout TimeTexts) {
        guard cursor.skip(#"{"position":"#), let position = cursor.number(),
            cursor.skip(#","time":""#), let time = cursor.time(&times),
            cursor.skip(#"","type":"api.called","org":""#), let org = cursor.text()
        else { return nil }
        self.init(position: LogPosition(position), org: org, effective: time)
        if cursor.skip(#","workspace":""#) {
            guard let workspace = cursor.text() else { return nil }
            self.workspace = workspace
        }
        guard readData(&cursor, times: &times), cursor.skip("}}\n") else { return nil }
    }

    /// Reads the members of `data`; false when they are others.
    @inline(__always)
    private mutating func readData(_ cursor: inout LineCursor, times: inout TimeTexts) -> Bool {
        guard cursor.skip(#","data":{"purpose":""#), let purpose = cursor.text(), Purpose.isName(purpose.raw),
            cursor.skip(#","calls":"#), let calls = cursor.number()
        else { return false }
        (self.purpose, self.calls) = (purpose, LoggedCall.countable(calls))
        if cursor.skip(#","integration":""#) {
            guard let integration = cursor.text() else { return false }
            self.integration = integration
        }
        if cursor.skip(#","at":""#) {
            guard let at = cursor.time(&times), cursor.skip("\"") else { return false }
            effective = min(at, effective)
        }
        if cursor.skip(#","verb":""#) {
            guard let verb = cursor.text() else { return false }
            self.verb = verb
        }
        if cursor.skip(#","resource":""#) {
            guard let resource = cursor.text() else { return false }
            self.resource = resource
        }
        if cursor.skip(#","status":"#) {
            guard let status = cursor.number() else { return false }
            self.status = status
        }
        counted = !cursor.skip(#","counted":false"#)
        _ = cursor.skip(#","imported":true"#)
        return !cursor.skip(#","id":""#) || cursor.text() != nil
    }
}

extension Purpose {
    /// Whether the bytes are the name of a purpose.
    @inline(__always)
    fileprivate static func isName(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch bytes.count {
        case 5: bytes.isText("inbox") || bytes.isText("other")
        case 8: bytes.isText("settings")
        case 9: bytes.isText("bulk_sync")
        case 10: bytes.isText("event_sync")
        default: false
        }
    }
}

// MARK: - As JSON

extension LoggedCall {
    /// Reads any line; nil when its data is not that of a call.
    init?(_ line: LogLine) {
        self.init(
            position: line.position,
            org: LineText(line.org),
            workspace: LineText(line.workspace),
            effective: line.time
        )
        for (key, value) in line.data.members {
            if key.equals("purpose") {
                guard Purpose(value) != nil else { return nil }
                purpose = LineText(value)
            } else if key.equals("calls") {
                guard let calls = value.integer else { return nil }
                self.calls = LoggedCall.countable(calls)
            } else if key.equals("verb") {
                verb = LineText(value)
            } else if key.equals("resource") {
                resource = LineText(value)
            } else if key.equals("status") {
                status = value.integer ?? 0
            } else if key.equals("at") {
                guard let at = value.timestamp else { return nil }
                effective = min(at, line.time)
            } else if key.equals("integration") {
                integration = LineText(value)
            } else if key.equals("counted") {
                counted = value.bool ?? true
            }
        }
    }
}
