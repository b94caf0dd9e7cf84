/// The names in one directory: those that would survive anything, and how they changed since.
struct DirectoryImage {
    private var synced: [String: Inode] = [:]
    private var unsynced: [Change] = []

    fileprivate enum Change {
        case bind(String, Inode)
        case unbind(String)
        case rename(String, String)
    }

    init(synced: [String: Inode] = [:]) {
        self.synced = synced
    }

    mutating func bind(_ name: String, to inode: Inode) {
        unsynced.append(.bind(name, inode))
    }

    mutating func unbind(_ name: String) {
        unsynced.append(.unbind(name))
    }

    mutating func rename(_ name: String, to newName: String) {
        unsynced.append(.rename(name, newName))
    }

    mutating func sync() {
        for change in unsynced { change.apply(to: &synced) }
        unsynced = []
    }

    /// What power loss leaves. Names change in order: every file system that is in use keeps a journal of them.
    func remains(using random: inout some RandomNumberGenerator) -> [String: Inode] {
        var names = synced
        for change in unsynced.prefix(Int.random(in: 0...unsynced.count, using: &random)) { change.apply(to: &names) }
        return names
    }
}

extension DirectoryImage.Change {
    fileprivate func apply(to names: inout [String: Inode]) {
        switch self {
        case .bind(let name, let inode): names[name] = inode
        case .unbind(let name): names[name] = nil
        case .rename(let name, let newName): names[newName] = names.removeValue(forKey: name)
        }
    }
}
