public import EventSourcing
public import LineJSON

extension Timestamp: JSONWritable {
    /// Writes RFC 3339 text with milliseconds.
    public func write(to writer: inout JSONWriter) {
        writer.value(description)
    }
}

extension LogPosition: JSONWritable {
    /// Writes the ordinal.
    public func write(to writer: inout JSONWriter) {
        writer.value(ordinal)
    }
}

extension JSONView {
    /// The instant that a JSON string holds as RFC 3339 text; nil when it holds none.
    package var timestamp: Timestamp? {
        withText { Timestamp(text: $0) } ?? nil
    }
}
