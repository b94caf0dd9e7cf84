import Foundation
import GRDB

/// A new views.db that is filled from the start of the log while the old one goes on serving.
///
/// Fill it until its checkpoint has caught up with the store's, then call `finish()` on the thread that applies
/// batches. A rebuild that is let go unfinished removes its file.
package final class ViewsRebuild {
    static let suffix = ".new"

    private let store: ViewsStore
    private let path: String
    private let pool: DatabasePool
    private var isFinished = false

    init(of store: ViewsStore) throws {
        self.store = store
        path = store.path + ViewsRebuild.suffix
        PrivateFiles.removeDatabase(path)
        pool = try ViewsStore.openPool(path)
    }

    deinit {
        if !isFinished {
            try? pool.close()
            PrivateFiles.removeDatabase(path)
        }
    }

    /// How far into the log the new views reach.
    package func checkpoint() throws -> ViewsCheckpoint {
        try translatingViewsErrors { try pool.read { try ViewsCheckpoint($0) ?? .start } }
    }

    /// Adds a batch that begins right behind the rebuild's checkpoint.
    package func apply(_ batch: ViewsBatch) throws {
        try translatingViewsErrors { try pool.write(batch.apply(_:)) }
    }

    /// Makes the new file durable and puts it in the place of the old one: queries move over as soon as it returns.
    package func finish() throws {
        try translatingViewsErrors {
            try ViewsStore.closeCompletely(pool)
            try PrivateFiles.synchronise(path)
            try store.replaceFile(with: path)
            isFinished = true
            try PrivateFiles.synchronise(URL(fileURLWithPath: store.path).deletingLastPathComponent().path)
        }
    }
}
