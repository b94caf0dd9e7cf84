import NIOCore

/// Writes the requests of one connection; the same seed gives the same requests.
struct RequestWriter: Sendable {
    private static let opening: StaticString = #"{"jsonrpc":"2.0","id":"#
    private static let methodOpening: StaticString = #","method":""#
    private static let methodClosing: StaticString = #"","params":{"#
    private static let separator: StaticString = ","
    private static let callsOpening: StaticString = #","calls":[{"#
    private static let callSeparator: StaticString = "},{"
    private static let callsClosing: StaticString = "}]"
    private static let closing: StaticString = "}}\n"

    let kind: RequestKind
    /// The longest request, its line end included, in bytes.
    let lineBytesMax: Int

    private let callers: CallerWriter
    private let calls: CallWriter
    private var random: SplitMix64

    init(_ kind: RequestKind, callers: CallerWriter, calls: CallWriter, seed: UInt64) {
        self.kind = kind
        self.callers = callers
        self.calls = calls
        random = SplitMix64(seed: seed)
        let texts = [
            RequestWriter.opening, RequestWriter.methodOpening, kind.method, RequestWriter.methodClosing,
            RequestWriter.callsOpening, RequestWriter.callsClosing, RequestWriter.closing,
        ]
        lineBytesMax =
            texts.reduce(TextCursor.decimalBytesMax) { $0 + $1.utf8CodeUnitCount } + callers.bytesMax
            + kind.calls * (calls.bytesMax + RequestWriter.callSeparator.utf8CodeUnitCount)
    }

    /// Appends the request with this id and its line end.
    mutating func write(id: Int64, to buffer: inout ByteBuffer) {
        buffer.compose(upTo: lineBytesMax) { text in
            text.write(RequestWriter.opening)
            text.write(decimal: id)
            text.write(RequestWriter.methodOpening)
            text.write(kind.method)
            text.write(RequestWriter.methodClosing)
            switch kind {
            case .record:
                callers.writeCaller(to: &text, using: &random)
                text.write(RequestWriter.separator)
                calls.write(to: &text, using: &random)
            case .recordBatch(let count):
                callers.writeCaller(to: &text, using: &random)
                writeCalls(count, to: &text)
            case .usage:
                callers.writeWorkspace(to: &text, using: &random)
            }
            text.write(RequestWriter.closing)
        }
    }

    private mutating func writeCalls(_ count: Int, to text: inout TextCursor) {
        text.write(RequestWriter.callsOpening)
        for index in 0..<count {
            if index > 0 { text.write(RequestWriter.callSeparator) }
            calls.write(to: &text, using: &random)
        }
        text.write(RequestWriter.callsClosing)
    }
}
