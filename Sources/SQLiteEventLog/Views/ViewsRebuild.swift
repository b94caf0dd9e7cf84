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
    private let database: DatabaseQueue
    private var isFinished = false

    init(of store: ViewsStore) throws {
        self.store = store
        path = store.path + ViewsRebuild.suffix
        PrivateFiles.removeDatabase(path)
        database = try ViewsRebuild.create(path)
    }

    deinit {
        if !isFinished {
            try? database.close()
            PrivateFiles.removeDatabase(path)
        }
    }

    /// Nothing is journalled or synchronised before the end: a file that is not finished is thrown away.
    private static func create(_ path: String) throws -> DatabaseQueue {
        try PrivateFiles.createFile(path)
        var configuration = ViewsSchema.configuration(label: "views.rebuild")
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -\(cacheKiB)")
        }
        let database = try DatabaseQueue(path: path, configuration: configuration)
        try database.write(ViewsSchema.create(_:))
        return database
    }

    /// Pages held in memory, in KiB: rows of all hours and series are written in turn.
    private static let cacheKiB = 64 << 10

    /// How far into the log the new views reach.
    package func checkpoint() throws -> ViewsCheckpoint {
        try translatingViewsErrors { try database.read { try ViewsCheckpoint($0) ?? .start } }
    }

    /// Adds a batch that begins right behind the rebuild's checkpoint. After an error the rebuild is of no more use.
    package func apply(_ batch: ViewsBatch) throws {
        try translatingViewsErrors { try database.write(batch.apply(_:)) }
    }

    /// Makes the new file durable and puts it in the place of the old one: queries move over as soon as it returns.
    package func finish() throws {
        try translatingViewsErrors {
            try database.close()
            try PrivateFiles.synchronise(path)
            try store.replaceFile(with: path)
            isFinished = true
            try PrivateFiles.synchronise(URL(fileURLWithPath: store.path).deletingLastPathComponent().path)
        }
    }
}
