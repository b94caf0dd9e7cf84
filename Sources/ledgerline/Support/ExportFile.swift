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
        // What an interrupted export left may be replaced, but not written into: others might read it.
        unlink(partialPath)
        let descriptor = open(partialPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.refused, "cannot write \(partialPath): \(String(cString: strerror(errno)))")
        }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
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
