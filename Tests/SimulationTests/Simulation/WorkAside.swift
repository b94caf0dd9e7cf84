import Synchronization

/// Work that the server leaves to other threads: here it waits until its turn comes, in any order.
final class WorkAside: Sendable {
    typealias Work = @Sendable () -> Void

    private let waiting = Mutex<[Work]>([])

    var count: Int { waiting.withLock { $0.count } }

    func add(_ work: @escaping Work) {
        waiting.withLock { $0.append(work) }
    }

    func run(_ index: Int) {
        waiting.withLock { $0.remove(at: index) }()
    }
}
