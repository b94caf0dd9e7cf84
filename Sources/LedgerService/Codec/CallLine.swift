import EventSourcing
import LineJSON

/// Writes the lines of `api.called`, as `EventWriter` writes those of all events, but from parts that are there already:
/// what a turn's lines have in common, the caller's names, and the `data` that was written when the request was read.
struct CallLine {
    /// `,"time":"…","type":"api.called"`
    private var middle: [UInt8] = []
    private var time: Timestamp?

    private static let start: StaticString = #"{"position":"#
    private static let dataKey: StaticString = #","data":"#
    private static let end: StaticString = "}\n"

    /// The lines that follow are of this instant.
    mutating func setTime(_ time: Timestamp) {
        guard time != self.time else { return }
        self.time = time
        middle = Array(#","time":""#.utf8)
        time.appendText(to: &middle)
        middle.append(contentsOf: #"","type":"api.called""#.utf8)
    }

    /// Appends one line. `names` is `EventWriter.lineNames(of:)`.
    func append(position: LogPosition, names: [UInt8], data: ArraySlice<UInt8>, to lines: inout [UInt8]) {
        lines.append(contentsOf: UnsafeRawBufferPointer(CallLine.start))
        lines.appendDecimal(position.ordinal)
        let count = middle.count + names.count + CallLine.dataKey.utf8CodeUnitCount + data.count
        lines.append(upTo: count + CallLine.end.utf8CodeUnitCount) { memory in
            var end = middle.withUnsafeBytes { memory.store($0, at: 0) }
            end = names.withUnsafeBytes { memory.store($0, at: end) }
            end = memory.store(UnsafeRawBufferPointer(CallLine.dataKey), at: end)
            end = data.withUnsafeBytes { memory.store($0, at: end) }
            return memory.store(UnsafeRawBufferPointer(CallLine.end), at: end)
        }
    }
}
