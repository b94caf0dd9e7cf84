import FileCalls
import Foundation

/// What is to go wrong with a disk, and when.
struct Fault: Sendable {
    enum Kind: Sendable {
        /// The call, and every one after it, does not return: for the process this is its end.
        case powerLoss
        /// EIO.
        case failure
        /// ENOSPC.
        case full
        /// Nothing is written or made durable, and the call says that it is: as for who does not look at what it says.
        case unnoticedFailure
        /// EPERM: the disk has no hard links.
        case noLinks
        /// Half of what was to be written is, and the call says so.
        case shortWrite
    }

    var kind: Kind
    /// Strikes at the call of this number, counting from 1 those that the kind can strike.
    var call: Int
    /// Strikes at all later ones as well.
    var isLasting = true
    /// Names of the files whose calls count.
    var concerns: @Sendable (_ name: String) -> Bool = { _ in true }

    func canStrike(_ call: file_call, of name: String) -> Bool {
        guard concerns(name) else { return false }
        return switch kind {
        case .powerLoss: call.kind != FILE_CALL_READ && (call.kind != FILE_CALL_OPEN || call.flags & O_CREAT != 0)
        case .failure: true
        case .noLinks: call.kind == FILE_CALL_LINK
        case .full:
            [FILE_CALL_WRITE, FILE_CALL_LINK, FILE_CALL_MAKE_DIRECTORY].contains(call.kind)
                || (call.kind == FILE_CALL_OPEN && call.flags & O_CREAT != 0)
        case .unnoticedFailure: call.kind == FILE_CALL_WRITE || call.kind == FILE_CALL_SYNC
        case .shortWrite: call.kind == FILE_CALL_WRITE
        }
    }

    func strikes(atCall number: Int) -> Bool {
        isLasting ? number >= call : number == call
    }
}
