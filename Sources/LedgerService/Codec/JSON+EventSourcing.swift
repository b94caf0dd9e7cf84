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

extension JSONWriter {
    /// Writes a member that is a string, escaped the one way this project escapes, however the input escaped it.
    mutating func member(_ name: StaticString, canonical view: JSONView) {
        if view.hasEscapes {
            key(name)
            view.withText { value(text: $0) }
        } else {
            member(name, raw: view.rawBytes)
        }
    }
}
