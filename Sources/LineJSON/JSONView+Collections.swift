/// Arrays and objects: iteration in the order of the text, and lookup by name.
extension JSONView {
    /// The elements of an array, in order; empty when this is no array.
    @inlinable public var elements: JSONElements { JSONElements(container: self) }

    /// The members of an object, in order; empty when this is no object.
    @inlinable public var members: JSONMembers { JSONMembers(container: self) }

    /// The value of the member with this name; nil when there is none, or when this is no object. Linear in the
    /// members.
    @inlinable
    public subscript(_ name: StaticString) -> JSONView? {
        for (key, value) in members where key.equals(name) { return value }
        return nil
    }

    @inlinable @inline(__always)
    func sibling(at index: Int) -> JSONView { JSONView(tokens: tokens, input: input, index: index) }
}

/// The elements of an array.
public struct JSONElements: Sequence, IteratorProtocol {
    @usableFromInline var current: JSONView
    @usableFromInline var left: Int

    @inlinable
    init(container: JSONView) {
        current = container.sibling(at: container.index + 1)
        left = container.kind == .array ? container.count : 0
    }

    /// The next element.
    @inlinable
    public mutating func next() -> JSONView? {
        guard left > 0 else { return nil }
        left &-= 1
        let element = current
        // The token behind the last element may not exist, so it is only named here, not read.
        current = element.sibling(at: Int(element.token.next))
        return element
    }
}

/// The members of an object.
public struct JSONMembers: Sequence, IteratorProtocol {
    @usableFromInline var currentKey: JSONView
    @usableFromInline var left: Int

    @inlinable
    init(container: JSONView) {
        currentKey = container.sibling(at: container.index + 1)
        left = container.kind == .object ? container.count : 0
    }

    /// The next member: its name, which is a string, and its value.
    @inlinable
    public mutating func next() -> (key: JSONView, value: JSONView)? {
        guard left > 0 else { return nil }
        left &-= 1
        let key = currentKey
        let value = key.sibling(at: key.index &+ 1)
        currentKey = key.sibling(at: Int(value.token.next))
        return (key, value)
    }
}
