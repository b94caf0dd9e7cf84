/// The settings of a workspace: each change makes a version, and one that expects a version is made on that one or not.
struct SettingsRegister: SequentialObject {
    /// Nil while nobody was told: behind a change whose answer never came.
    private var version: Int64? = 0
    private var limit: Int64?
    /// The ids of changes that were made, and their positions where they were told.
    private var made: [String: Int64?] = [:]

    enum Operation {
        /// `position` is nil where nothing was told.
        case change(SettingsUpdate, position: Int64?)
        /// It had been made before.
        case repeated(SettingsUpdate, position: Int64)
        case refused(SettingsUpdate, actual: Int64)
        case read(version: Int64, limit: Int64?)
    }

    func after(_ operation: Operation) -> SettingsRegister? {
        switch operation {
        case .change(let update, let position):
            if let id = update.id, made[id] != nil { return nil }
            guard let expected = update.expectedVersion else { return changed(by: update, at: position) }
            return knowing(expected)?.changed(by: update, at: position)
        case .repeated(let update, let position):
            guard let id = update.id, let known = made[id], known ?? position == position else { return nil }
            var told = self
            told.made[id] = .some(position)
            return told
        case .refused(let update, let actual):
            return actual == update.expectedVersion ? nil : knowing(actual)
        case .read(let version, let limit):
            return limit == self.limit ? knowing(version) : nil
        }
    }

    private func knowing(_ version: Int64) -> SettingsRegister? {
        guard self.version ?? version == version else { return nil }
        var told = self
        told.version = version
        return told
    }

    private func changed(by update: SettingsUpdate, at position: Int64?) -> SettingsRegister {
        var changed = self
        (changed.version, changed.limit) = (position, update.limit)
        if let id = update.id { changed.made[id] = .some(position) }
        return changed
    }
}
