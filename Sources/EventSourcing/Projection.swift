/// What is derived from a log by folding its blocks in order, and can therefore be thrown away and made anew.
///
/// Whoever runs a projection keeps its checkpoint: the last position that was folded in, durable together with what came
/// of it. A block may hold events from before the checkpoint; they are passed over.
public protocol Projection: ~Copyable {
    /// Raised whenever folding gives something else; what another version made is made anew.
    static var version: Int { get }

    /// Folds in the events of a block behind `position`, in order.
    mutating func fold(_ block: Block, after position: LogPosition) throws
}
