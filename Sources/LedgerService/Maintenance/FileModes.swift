import Foundation
import SQLiteEventLog

/// Everything in a data directory is made for its owner alone. A file that others can read was changed, or put there, by
/// somebody, perhaps on purpose: the operator is told and decides.
enum FileModes {
    /// For the operator; nil when there is nothing to say.
    static func warning(for directory: String) -> String? {
        let open = files(in: directory).filter { PrivateFiles.permissionsOfOthers($0) != 0 }
        guard !open.isEmpty else { return nil }
        let paths = open.map { "'\($0)'" }.joined(separator: " ")
        return "others than the owner can read or write what the ledger holds; to mend it: chmod go-rwx \(paths)"
    }

    private static func files(in directory: String) -> [String] {
        let databases = [LedgerFile.log, LedgerFile.views, "\(AccessService.folder)/\(LedgerFile.log)"].flatMap {
            name in
            ["", "-wal", "-shm"].map { "\(directory)/\(name)\($0)" }
        }
        let folder = "\(directory)/\(BackupName.folder)"
        let backups = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let witness = AccessWitness(of: "\(directory)/\(AccessService.folder)").path
        return databases + [witness] + backups.sorted().map { "\(folder)/\($0)" }
    }
}
