import FileCalls
import Foundation

/// What the kernel knows a file or a directory by, whatever its name and whoever has it open.
struct Inode: Hashable {
    private var device: dev_t
    private var number: ino_t

    init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        (device, number) = (status.st_dev, status.st_ino)
    }
}

/// Keeps a file's inode from being given to another file for as long as the disk knows it.
final class InodeHold {
    private let descriptor: Int32

    init(_ path: String) {
        descriptor = path.withCString { name in
            var call = file_call()
            (call.kind, call.path, call.flags) = (FILE_CALL_OPEN, name, O_RDONLY | O_CLOEXEC)
            return Int32(file_call_perform(&call).result)
        }
    }

    deinit { close(descriptor) }
}
