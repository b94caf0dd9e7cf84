import GRDB

extension ViewsCheckpoint {
    /// How far the views in a data directory reach, whatever filled them and in whatever layout; nil without a file that
    /// says so. To be asked before the file is opened for use, which begins it anew when it does not fit the log.
    package static func recorded(inDirectory directory: String) -> ViewsCheckpoint? {
        let path = directory + "/" + ViewsSchema.fileName
        guard PrivateFiles.exists(path) else { return nil }
        var configuration = ViewsSchema.configuration(label: "views.checkpoint")
        configuration.readonly = true
        // A file that cannot be read says nothing.
        guard let database = try? DatabaseQueue(path: path, configuration: configuration) else { return nil }
        defer { try? database.close() }
        return try? database.read { try ViewsSchema.isOfViews($0) ? ViewsCheckpoint($0) : nil }
    }
}
