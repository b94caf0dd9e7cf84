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

    /// What stands directly behind this token: of a container its first content, of a member's name its value.
    @inlinable @inline(__always)
    var following: JSONView { JSONView(at: place + 1, of: input) }

    /// What stands behind this value and all its content. It is only named here, not read: behind the last one of the
    /// text there is no token.
    @inlinable @inline(__always)
    var next: JSONView { JSONView(at: place + Int(token.extent), of: input) }
}

/// The elements of an array.
public struct JSONElements: Sequence, IteratorProtocol {
    @usableFromInline var current: JSONView
    @usableFromInline var left: Int

    @inlinable
    init(container: JSONView) {
        current = container.following
        left = container.kind == .array ? container.count : 0
    }

    /// The next element.
    @inlinable
    public mutating func next() -> JSONView? {
        guard left > 0 else { return nil }
        left &-= 1
        let element = current
        current = element.next
        return element
    }
}

/// The members of an object.
public struct JSONMembers: Sequence, IteratorProtocol {
    @usableFromInline var currentKey: JSONView
    @usableFromInline var left: Int

    @inlinable
    init(container: JSONView) {
        currentKey = container.following
        left = container.kind == .object ? container.count : 0
    }

    /// The next member: its name, which is a string, and its value.
    @inlinable
    public mutating func next() -> (key: JSONView, value: JSONView)? {
        guard left > 0 else { return nil }
        left &-= 1
        let key = currentKey
        let value = key.following
        currentKey = value.next
        return (key, value)
    }
}
