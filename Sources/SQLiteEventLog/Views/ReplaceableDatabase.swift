import Dispatch
import GRDB

/// A database whose file can be exchanged while others use it: statements run side by side, an exchange runs alone.
///
/// `@unchecked` because the compiler cannot see that `pool` is set only under the gate's barrier.
final class ReplaceableDatabase: @unchecked Sendable {
    private let gate = DispatchQueue(label: "views.gate", attributes: .concurrent)
    private var pool: DatabasePool

    init(_ pool: DatabasePool) {
        self.pool = pool
    }

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try gate.sync { try pool.read(body) }
    }

    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try gate.sync { try pool.write(body) }
    }

    func replace(_ exchange: (DatabasePool) throws -> DatabasePool) throws {
        try gate.sync(flags: .barrier) { pool = try exchange(pool) }
    }

    func close() throws {
        try gate.sync(flags: .barrier) { try ViewsStore.closeCompletely(pool) }
    }
}
