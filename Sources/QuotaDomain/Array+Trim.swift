extension Array {
    /// Gives back the memory held ready for growth.
    mutating func trim() {
        guard capacity > count else { return }
        self = withUnsafeBufferPointer { Array($0) }
    }
}
