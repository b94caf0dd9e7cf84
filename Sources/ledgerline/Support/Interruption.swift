import Dispatch
import Foundation

/// Control-C as something to wait for, so that what was begun can be cleaned up.
enum Interruption {
    /// Returns when the process is interrupted, or when the task is cancelled.
    static func wait() async {
        let (interruptions, continuation) = AsyncStream.makeStream(of: Void.self)
        // The default action would end the process at once.
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler { continuation.yield() }
        source.resume()
        for await _ in interruptions { break }
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }
}
