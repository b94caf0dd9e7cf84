/// What can write itself as one JSON value.
public protocol JSONWritable {
    /// Writes exactly one value, by the writer's own value methods.
    func write(to writer: inout JSONWriter)

    /// Writes a member with exactly this value. Needed only where name and value are written faster in one step.
    func write(asMember name: StaticString, to writer: inout JSONWriter)
}

extension JSONWritable {
    /// Writes the name and then the value.
    @inlinable @inline(__always)
    public func write(asMember name: StaticString, to writer: inout JSONWriter) {
        writer.key(name)
        write(to: &writer)
    }
}

extension String: JSONWritable {
    /// Writes a JSON string.
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.value(text: utf8) }

    /// Writes a member that is a JSON string.
    @inlinable @inline(__always)
    public func write(asMember name: StaticString, to writer: inout JSONWriter) { writer.member(name, text: utf8) }
}

extension StaticString: JSONWritable {
    /// Writes a JSON string.
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.value(text: UnsafeRawBufferPointer(self)) }

    /// Writes a member that is a JSON string.
    @inlinable @inline(__always)
    public func write(asMember name: StaticString, to writer: inout JSONWriter) {
        writer.member(name, text: UnsafeRawBufferPointer(self))
    }
}

extension Int64: JSONWritable {
    /// Writes the decimal digits.
    @inlinable
    public func write(to writer: inout JSONWriter) {
        writer.appendValue(upTo: DecimalInteger.roomMax) { memory in DecimalInteger.write(self, to: memory) }
    }

    /// Writes a member that is an integer.
    @inlinable @inline(__always)
    public func write(asMember name: StaticString, to writer: inout JSONWriter) {
        writer.appendMember(name, upTo: DecimalInteger.roomMax) { memory in DecimalInteger.write(self, to: memory) }
    }
}

extension Int: JSONWritable {
    /// Writes the decimal digits.
    @inlinable
    public func write(to writer: inout JSONWriter) { Int64(self).write(to: &writer) }

    /// Writes a member that is an integer.
    @inlinable @inline(__always)
    public func write(asMember name: StaticString, to writer: inout JSONWriter) {
        Int64(self).write(asMember: name, to: &writer)
    }
}

extension Bool: JSONWritable {
    /// Writes `true` or `false`.
    @inlinable
    public func write(to writer: inout JSONWriter) { writer.value(raw: text) }

    /// Writes a member that is `true` or `false`.
    @inlinable @inline(__always)
    public func write(asMember name: StaticString, to writer: inout JSONWriter) { writer.member(name, raw: text) }

    @inlinable var text: UnsafeRawBufferPointer {
        @inline(__always) get { UnsafeRawBufferPointer(self ? "true" : "false") }
    }
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

    /// Writes a member that is the value, or `null` where there is none.
    @inlinable @inline(__always)
    public func write(asMember name: StaticString, to writer: inout JSONWriter) {
        if let self { self.write(asMember: name, to: &writer) } else { writer.memberNull(name) }
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

    /// Writes a member whose value is those bytes.
    @inlinable @inline(__always)
    public func write(asMember name: StaticString, to writer: inout JSONWriter) { writer.member(name, raw: rawBytes) }
}
