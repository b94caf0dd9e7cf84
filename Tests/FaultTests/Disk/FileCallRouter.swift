import FileCalls
import Synchronization

/// Brings each of the process's file calls to the disk that it is about. All others, those of tests that know of no disk
/// above all, go on to the kernel.
enum FileCallRouter {
    private struct Attachment {
        weak var disk: FaultyDisk?
    }

    private static let attachments = Mutex<[Attachment]>([])

    /// The disk gets its calls for as long as it is there.
    static func attach(_ disk: FaultyDisk) {
        attachments.withLock { attachments in
            attachments.removeAll { $0.disk == nil }
            attachments.append(Attachment(disk: disk))
        }
        file_calls_set_handler { call in
            var call = call!.pointee
            return FileCallRouter.answer(call) ?? file_call_perform(&call)
        }
    }

    private static func answer(_ call: file_call) -> file_call_outcome? {
        let disks = attachments.withLock { $0.compactMap(\.disk) }
        for disk in disks {
            if let outcome = disk.answer(call) { return outcome }
        }
        return nil
    }
}
