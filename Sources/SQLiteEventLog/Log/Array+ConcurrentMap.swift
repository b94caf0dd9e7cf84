import Dispatch

extension Array where Element: Sendable {
    /// What `transform` makes of each element, in their order, on up to as many threads as there are cores, of which the
    /// caller's is one. Each element is transformed, also behind one that is refused. Throws what `transform` threw for the
    /// first that it refused.
    func concurrentMap<Output: Sendable>(_ transform: @Sendable (Element) throws -> Output) throws -> [Output] {
        guard count > 1 else { return try map(transform) }
        let results = [Result<Output, any Error>](unsafeUninitializedCapacity: count) { places, initializedCount in
            // Each thread writes places of its own.
            nonisolated(unsafe) let places = places
            DispatchQueue.concurrentPerform(iterations: count) { index in
                places.initializeElement(at: index, to: Result { try transform(self[index]) })
            }
            initializedCount = count
        }
        return try results.map { try $0.get() }
    }
}
