import Dispatch
import GRDB

/// A database whose file can be exchanged while others use it: statements run side by side, an exchange runs alone.
///
/// `@unchecked` because the compiler cannot see that `content` is set only under the gate's barrier.
final class ReplaceableDatabase: @unchecked Sendable {
    private let gate = DispatchQueue(label: "views.gate", attributes: .concurrent)
    private let open: @Sendable () throws -> DatabasePool
    private var content: Content

    private enum Content {
        case open(DatabasePool)
        /// What an exchange left could not be opened, as on a failing disk: the next use tries again.
        case awaitingOpening
        case closed
    }

    /// `open` opens what is there once the file was exchanged.
    init(_ pool: DatabasePool, opening open: @escaping @Sendable () throws -> DatabasePool) {
        content = .open(pool)
        self.open = open
    }

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try openWhereAwaited()
        return try gate.sync { try pool().read(body) }
    }

    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try openWhereAwaited()
        return try gate.sync { try pool().write(body) }
    }

    /// Closes the file, lets `exchange` put another one in its place, and opens what is there then: the old one again
    /// when that failed. A damaged one, which cannot be closed in good order, is `discarded` first.
    func replace(discarding discard: () -> Void, _ exchange: () throws -> Void) throws {
        try gate.sync(flags: .barrier) {
            switch content {
            case .open(let pool):
                do {
                    try ViewsStore.closeCompletely(pool)
                } catch let error as DatabaseError where error.isDamage {
                    try? pool.close()
                    discard()
                }
            case .awaitingOpening: break
            case .closed: _ = try pool()
            }
            content = .awaitingOpening
            let exchanged = Result { try exchange() }
            content = .open(try open())
            try exchanged.get()
        }
    }

    func close() throws {
        try gate.sync(flags: .barrier) {
            defer { content = .closed }
            if case .open(let pool) = content { try ViewsStore.closeCompletely(pool) }
        }
    }

    private func openWhereAwaited() throws {
        guard gate.sync(execute: { isAwaitingOpening }) else { return }
        try gate.sync(flags: .barrier) { if isAwaitingOpening { content = .open(try open()) } }
    }

    private var isAwaitingOpening: Bool {
        if case .awaitingOpening = content { true } else { false }
    }

    private func pool() throws -> DatabasePool {
        guard case .open(let pool) = content else { throw ViewsError.storage("the views are closed") }
        return pool
    }
}
