import Foundation

/// The file that an export writes: it has its name only once it is complete.
struct ExportFile {
    private let path: String?
    private let partialPath: String
    private let handle: FileHandle

    /// `-` is standard output.
    init(path: String, replacing: Bool) throws {
        guard path != "-" else {
            self.path = nil
            partialPath = ""
            handle = .standardOutput
            return
        }
        guard replacing || !FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.refused, "\(path) is there already; --force replaces it")
        }
        self.path = path
        partialPath = "\(path).partial"
        guard
            FileManager.default.createFile(atPath: partialPath, contents: nil, attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forWritingAtPath: partialPath)
        else { throw CommandFailure(.refused, "cannot write \(partialPath)") }
        self.handle = handle
    }

    func write(_ bytes: [UInt8]) throws {
        guard path != nil else { return Terminal.output.write(bytes) }
        do {
            try handle.write(contentsOf: bytes)
        } catch {
            throw CommandFailure(.refused, "cannot write \(partialPath): \(error.localizedDescription)")
        }
    }

    func finish() throws {
        guard let path else { return }
        try handle.close()
        guard rename(partialPath, path) == 0 else {
            throw CommandFailure(.refused, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
