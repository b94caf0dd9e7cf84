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

    /// Closes the file, lets `exchange` put another one in its place, and opens what is there then: the old one again
    /// when that failed.
    func replace(_ exchange: () throws -> Void, opening open: () throws -> DatabasePool) throws {
        try gate.sync(flags: .barrier) {
            try ViewsStore.closeCompletely(pool)
            let exchanged = Result { try exchange() }
            pool = try open()
            try exchanged.get()
        }
    }

    func close() throws {
        try gate.sync(flags: .barrier) { try ViewsStore.closeCompletely(pool) }
    }
}
