import Dispatch
import Foundation

/// SIGTERM and SIGINT, as something to wait for.
/// Sendable because nothing changes after `init`.
final class TerminationSignals: @unchecked Sendable {
    private let names: AsyncStream<String>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (names, continuation) = AsyncStream.makeStream(of: String.self)
        self.names = names
        sources = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            // The default action would end the process before anything drained.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(name) }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// The name of the first signal that arrives.
    func first() async -> String {
        for await name in names { return name }
        return "cancelled"
    }
}
