import FileCalls
import Foundation
import TestSupport

/// A directory on a disk that loses power, fails or is full when it is told to.
///
/// Everything that this process does to files below it goes through the disk. After power loss, another disk holds what
/// of it was safe and a random part of the rest; this one answers nothing any more.
final class FaultyDisk: @unchecked Sendable {
    let directory: TemporaryDirectory
    /// Guards the state, and keeps calls in one order.
    private let lock = NSLock()
    private var state: State

    fileprivate struct State {
        var image: DiskImage
        var fault: Fault?
        /// Calls that the fault could have struck.
        var calls = 0
        var isWithoutPower = false
        /// The first call that the fault struck, in words.
        var struck: String?
    }

    init() throws {
        directory = try TemporaryDirectory()
        state = State(image: try DiskImage(of: directory.path))
        FileCallRouter.attach(self)
    }

    /// What is there when the power comes back after it failed now, or earlier.
    init(afterPowerLossOf disk: FaultyDisk, seed: UInt64) throws {
        directory = try TemporaryDirectory()
        try disk.endWithoutPower().writeRemains(to: directory.path, seed: seed)
        state = State(image: try DiskImage(of: directory.path))
        FileCallRouter.attach(self)
    }

    /// Sets what is to go wrong, counting from now; nil is nothing.
    func arm(_ fault: Fault?) {
        lock.withLock { (state.fault, state.calls, state.struck) = (fault, 0, nil) }
    }

    private func endWithoutPower() -> DiskImage {
        lock.withLock {
            state.isWithoutPower = true
            return state.image
        }
    }

    /// Another process goes on with the files as the one before left them; what was not synced is not safe yet.
    func restart() {
        lock.withLock { (state.fault, state.isWithoutPower) = (nil, false) }
    }

    var isWithoutPower: Bool { lock.withLock { state.isWithoutPower } }

    /// The first call that the fault struck, in words; nil before.
    var struck: String? { lock.withLock { state.struck } }

    // MARK: Answering calls

    /// Takes the place of the kernel; nil when the call is not about this disk.
    func answer(_ call: file_call) -> file_call_outcome? {
        lock.withLock {
            guard let name = state.image.subject(of: call) else { return nil }
            if state.isWithoutPower { return .failure(EIO) }
            guard let fault = state.fault, state.isStruck(by: fault, call, of: name) else { return state.perform(call) }
            switch fault.kind {
            case .powerLoss:
                if call.kind != FILE_CALL_SYNC { _ = state.perform(call) }
                state.isWithoutPower = true
                return .failure(EIO)
            case .failure:
                if call.kind == FILE_CALL_SYNC { state.image.noteFailedSync(of: call.descriptor) }
                return .failure(EIO)
            case .full: return .failure(ENOSPC)
            case .noLinks: return .failure(EPERM)
            case .unnoticedFailure:
                if call.kind == FILE_CALL_SYNC { state.image.noteFailedSync(of: call.descriptor) }
                return file_call_outcome(result: call.kind == FILE_CALL_SYNC ? 0 : Int(call.count), error: 0)
            case .shortWrite:
                var half = call
                half.count /= 2
                return state.perform(half)
            }
        }
    }
}

extension FaultyDisk.State {
    fileprivate mutating func isStruck(by fault: Fault, _ call: file_call, of name: String) -> Bool {
        guard fault.canStrike(call, of: name) else { return false }
        calls += 1
        guard fault.strikes(atCall: calls) else { return false }
        struck = struck ?? "\(fault.kind) at \(call.kind.words) \(name), call \(calls)"
        return true
    }

    fileprivate mutating func perform(_ call: file_call) -> file_call_outcome {
        // What is synced is known here: the real disk need not be waited for.
        var call = call
        let outcome = call.kind == FILE_CALL_SYNC ? file_call_outcome(result: 0, error: 0) : file_call_perform(&call)
        if outcome.result >= 0 { image.note(call, result: outcome.result) }
        return outcome
    }
}

extension file_call_outcome {
    fileprivate static func failure(_ error: Int32) -> file_call_outcome { file_call_outcome(result: -1, error: error) }
}

extension file_call_kind {
    fileprivate var words: String {
        switch self {
        case FILE_CALL_OPEN: "opening"
        case FILE_CALL_READ: "reading"
        case FILE_CALL_WRITE: "writing"
        case FILE_CALL_TRUNCATE: "truncating"
        case FILE_CALL_SYNC: "syncing"
        case FILE_CALL_LINK: "linking"
        case FILE_CALL_RENAME: "renaming"
        case FILE_CALL_UNLINK: "removing"
        default: "making the directory"
        }
    }
}
