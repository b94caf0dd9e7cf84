import Synchronization

/// Work that the server leaves to other threads: here it waits until its turn comes, in any order.
package final class WorkAside: Sendable {
    package typealias Work = @Sendable () -> Void

    private let waiting = Mutex<[Work]>([])

    package init() {}

    package var count: Int { waiting.withLock { $0.count } }

    package func add(_ work: @escaping Work) {
        waiting.withLock { $0.append(work) }
    }

    package func run(_ index: Int) {
        waiting.withLock { $0.remove(at: index) }()
    }
}
