/// What can write itself as one JSON value.
public protocol JSONWritable {
    /// Writes exactly one value, by the writer's own value methods.
    func write(to writer: inout JSONWriter)
}

extension String: JSONWritable {
    /// Writes a JSON string.
    @inlinable
    public func write(to writer: inout JSONWriter) {
        writer.value(text: utf8)
    }
}

extension StaticString: JSONWritable {
    /// Writes a JSON string.
    @inlinable
    public func write(to writer: inout JSONWriter) {
        writer.value(text: UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount))
    }
}

extension Int64: JSONWritable {
    /// Writes the decimal digits.
    @inlinable
    public func write(to writer: inout JSONWriter) {
        writer.beginValue()
        writer.buffer.appendDecimal(self)
    }
}

extension Int: JSONWritable {
    /// Writes the decimal digits.
    @inlinable
    public func write(to writer: inout JSONWriter) { Int64(self).write(to: &writer) }
}

extension Bool: JSONWritable {
    /// Writes `true` or `false`.
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.appendValue(rawText: self ? "true" : "false") }
}

extension Double: JSONWritable {
    /// Writes the fewest digits that read back as the same number. JSON has no infinities and no NaN: it must be
    /// finite.
    @inlinable
    public func write(to writer: inout JSONWriter) {
        precondition(isFinite, "JSON has only finite numbers")
        writer.value(raw: description.utf8)
    }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
    /// Writes the value, or `null` where there is none.
    @inlinable
    public func write(to writer: inout JSONWriter) {
        if let self { self.write(to: &writer) } else { writer.null() }
    }
}

extension Array: JSONWritable where Element: JSONWritable {
    /// Writes an array of the elements.
    @inlinable
    public func write(to writer: inout JSONWriter) {
        writer.array { array in
            for element in self { element.write(to: &array) }
        }
    }
}

extension JSONView: JSONWritable {
    /// Writes the bytes of the value as they stand in the input.
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.value(raw: rawBytes) }
}
