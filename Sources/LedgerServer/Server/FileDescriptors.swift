import Foundation
import Logging

/// The files and sockets that the process may have open.
enum FileDescriptors {
    /// For everything that is no connection: the log and its copies, listeners, event loops.
    private static let kept = 128

    /// Sees to it that so many connections can be open at once, as far as the system lets it. Returns how many can be, and
    /// warns where that is fewer: one more would be accepted again and again, and never be told anything.
    static func connectionsMax(wanted: Int, logger: Logger) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wanted }
        let needed = rlim_t(wanted + kept + ConnectionRegistry.refusedMax)
        if limit.rlim_cur < needed {
            var raised = limit
            raised.rlim_cur = min(needed, limit.rlim_max)
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        guard limit.rlim_cur < needed else { return wanted }
        let possible = max(1, Int(limit.rlim_cur) - kept - ConnectionRegistry.refusedMax)
        logger.warning(
            "only \(possible) connections, not \(wanted): the process may open \(limit.rlim_cur) files (ulimit -n)"
        )
        return min(possible, wanted)
    }
}
