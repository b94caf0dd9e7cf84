/// Something that readers pick events by, such as the org `acme`, in 32 bits.
///
/// Two things may share a label: then a reader looks into a block for nothing, and misses no event.
public struct BlockLabel: Hashable, Comparable, Sendable {
    /// As logs store it.
    public var bits: UInt32

    /// What a label is about: the same name as an org and as a workspace has two labels.
    public enum Kind: UInt32, Sendable {
        case type = 1
        case org = 2
        case workspace = 3
    }

    /// Read from a log.
    public init(bits: UInt32) {
        self.bits = bits
    }

    /// The label of a name, given as unescaped UTF-8: its FNV-1a hash behind that of the kind. Logs store it, so it
    /// never changes.
    public init(_ kind: Kind, _ name: UnsafeRawBufferPointer) {
        bits = (BlockLabel.hashStart ^ kind.rawValue) &* BlockLabel.hashFactor
        for byte in name { bits = (bits ^ UInt32(byte)) &* BlockLabel.hashFactor }
    }

    /// The label of a name.
    public init(_ kind: Kind, _ name: String) {
        var name = name
        self = name.withUTF8 { BlockLabel(kind, UnsafeRawBufferPointer($0)) }
    }

    /// Whether the left one is the smaller number.
    public static func < (left: BlockLabel, right: BlockLabel) -> Bool { left.bits < right.bits }

    private static let hashStart: UInt32 = 0x811C_9DC5
    private static let hashFactor: UInt32 = 0x0100_0193
}

/// A small summary of a block: what its events can be picked by, so that readers pass over blocks that hold nothing for
/// them. It may name too much, never too little.
public struct BlockLabels: Hashable, Sendable {
    /// Distinct and ascending; nil where the block may hold anything.
    public private(set) var known: [BlockLabel]?

    /// Of a block with more, nothing is remembered: a summary must stay small beside what it saves reading.
    public static let countMax = 256

    /// Of no events.
    public static let none = BlockLabels(known: [])
    /// Of a block of which nothing is known.
    public static let anything = BlockLabels(known: nil)

    private init(known: [BlockLabel]?) {
        self.known = known
    }

    /// As they were stored; nil unless they are distinct, ascending and not too many.
    public init?(ascending labels: [BlockLabel]) {
        guard labels.count <= BlockLabels.countMax, zip(labels, labels.dropFirst()).allSatisfy({ $0 < $1 }) else {
            return nil
        }
        known = labels
    }

    /// Adds what one event can be picked by.
    public mutating func insert(_ label: BlockLabel) {
        guard let (index, isFound) = known?.place(of: label), !isFound else { return }
        guard known?.count != BlockLabels.countMax else {
            self = .anything
            return
        }
        known?.insert(label, at: index)
    }

    /// Whether the block may hold an event with this label.
    public func mayContain(_ label: BlockLabel) -> Bool {
        known.map { $0.place(of: label).isFound } ?? true
    }
}

extension [BlockLabel] {
    /// Where the label stands in ascending ones, or would.
    fileprivate func place(of label: BlockLabel) -> (index: Int, isFound: Bool) {
        let index = indices.partitionPoint { self[$0] < label }
        return (index, index < count && self[index] == label)
    }
}
