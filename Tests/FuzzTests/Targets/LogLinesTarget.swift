import EventSourcing
import LineJSON
import QuotaDomain
import TestSupport

@testable import LedgerService
@testable import SQLiteEventLog

extension FuzzTarget {
    /// Lines of the log mean the same to all who read them: to the reader of events, to that of calls by their layout,
    /// to that of calls as JSON, and to that of the names which readers pick blocks by.
    static let logLines = FuzzTarget(name: "log-lines") { input in
        for line in input.split(separator: UInt8(ascii: "\n")) {
            try checkCountedCall(in: Array(line))
            guard let recorded = event(in: Array(line)) else { continue }
            let written = lines(of: recorded)
            try checkRewritten(written, recorded)
            try checkLabels(of: written, recorded.event)
            try require(written.dropLast().firstIndex(of: UInt8(ascii: "\n")) == nil, "an event is one line")
            guard case .apiCalled = recorded.event.body, recorded.position.ordinal <= positionMax else { continue }
            try require(callByLayout(in: written) != nil, "a call that we wrote has the layout of one")
            try checkCountedCall(in: Array(written.dropLast()))
        }
    }

    /// The protocol's. The layout is not looked for where a number has more digits than any of a log.
    private static let positionMax: Int64 = 9_007_199_254_740_991

    // MARK: - Events

    private static func event(in line: [UInt8]) -> RecordedEvent? {
        var reader = EventReader()
        return line.withUnsafeBytes { try? reader.read(line: $0) }
    }

    /// As it would be logged, `\n` included.
    private static func lines(of recorded: RecordedEvent) -> [UInt8] {
        var writer = JSONWriter()
        EventWriter.append(recorded.event, position: recorded.position, time: recorded.time, to: &writer)
        return writer.bytes
    }

    /// What a call said beside what the domain decides on, its id too, comes from its request and not from its event.
    private static func checkRewritten(_ written: [UInt8], _ recorded: RecordedEvent) throws(BrokenPromise) {
        guard let again = event(in: written.dropLast()) else {
            throw BrokenPromise("cannot be read again: \(String(decoding: written, as: UTF8.self))")
        }
        var expected = recorded.event
        if case .apiCalled(var call) = expected.body {
            call.key = nil
            expected.body = .apiCalled(call)
        }
        try requireEqual(again.event, expected, "the event, written and read again")
        try requireEqual(again.position, recorded.position, "its position")
        try requireEqual(again.time, recorded.time, "its time")
        try requireEqual(lines(of: again), written, "its line, written again")
    }

    private static func checkLabels(of lines: [UInt8], _ event: QuotaEvent) throws(BrokenPromise) {
        let labels = BlockLabels(ofLines: lines)
        var expected = [BlockLabel(.type, event.body.type.rawValue), BlockLabel(.org, event.org)]
        if let workspace = event.workspace { expected.append(BlockLabel(.workspace, workspace)) }
        try require(expected.allSatisfy(labels.mayContain), "a label of \(String(decoding: lines, as: UTF8.self))")
    }

    // MARK: - Calls

    /// Where both ways of reading find a call, it is the same one. The layout may find one in what is no JSON: the
    /// log's hash vouches for the bytes.
    private static func checkCountedCall(in line: [UInt8]) throws(BrokenPromise) {
        guard let byLayout = callByLayout(in: line + [UInt8(ascii: "\n")]) else { return }
        var reader = LogLineReader()
        let asJSON = line.withUnsafeBytes { bytes in
            Result { try reader.withLine(bytes) { line in line.isCall ? LoggedCall(line).map(CountedCall.init) : nil } }
        }
        guard case .success(let call) = asJSON else { return }
        try requireEqual(byLayout, call, "the call")
    }

    private static func callByLayout(in line: [UInt8]) -> CountedCall? {
        var times = TimeTexts()
        return line.withUnsafeBytes { bytes in
            var cursor = LineCursor(bytes, at: 0)
            guard let call = LoggedCall(&cursor, times: &times), cursor.offset == bytes.count else { return nil }
            return CountedCall(call)
        }
    }
}

/// A `LoggedCall` that outlives its line.
private struct CountedCall: Equatable {
    var position: LogPosition
    var texts: [[UInt8]?]
    var numbers: [Int64]
    var counted: Bool
    var effective: Timestamp

    init(_ call: LoggedCall) {
        position = call.position
        texts = [call.org, call.workspace, call.purpose, call.integration, call.verb, call.resource].map { text in
            text.isMissing ? nil : text.withText { Array($0) }
        }
        numbers = [call.calls, call.status]
        (counted, effective) = (call.counted, call.effective)
    }
}
