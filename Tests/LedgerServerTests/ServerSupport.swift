import EventSourcing
import Foundation
import LedgerServer
import LedgerService
import Logging
import Synchronization
import TestSupport
import Testing

/// A clock that stands still until it is set.
final class ManualClock: Sendable {
    private let milliseconds: Mutex<Int64>

    init(_ start: Timestamp = Timestamp("2026-11-21T12:00:00.000Z")!) {
        milliseconds = Mutex(start.milliseconds)
    }

    var now: Timestamp {
        get { Timestamp(milliseconds: milliseconds.withLock { $0 }) }
        set { milliseconds.withLock { $0 = newValue.milliseconds } }
    }

    var forService: ServiceClock { ServiceClock { [self] in now } }
}

extension LedgerServer {
    /// A server on a free port with its files in `directory`.
    static func forTest(
        in directory: TemporaryDirectory,
        clock: ManualClock? = nil,
        limits: ServerLimits = ServerLimits(),
        areTokensRequired: Bool = false,
        onFailure: @escaping @Sendable (any Error) -> Void = { Issue.record($0) }
    ) async throws -> LedgerServer {
        try await start(
            ServerConfiguration(
                dataDirectory: directory.file("data"),
                port: 0,
                areTokensRequired: areTokensRequired,
                tokenRandomness: clock == nil ? .system : .counting,
                limits: limits,
                clock: clock?.forService ?? .system,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                onFailure: onFailure
            )
        )
    }
}

/// Runs `body` against a server of its own and stops it afterwards.
func withServer<Result: Sendable>(
    clock: ManualClock? = nil,
    limits: ServerLimits = ServerLimits(),
    areTokensRequired: Bool = false,
    _ body: @escaping @Sendable (LedgerServer) throws -> Result
) async throws -> Result {
    let directory = try TemporaryDirectory()
    let server = try await LedgerServer.forTest(
        in: directory,
        clock: clock,
        limits: limits,
        areTokensRequired: areTokensRequired
    )
    let result = try await onThread { Swift.Result { try body(server) } }
    try await server.shutdown()
    return try result.get()
}

extension TokenRandomness {
    /// Bytes that all are the number of the draw: for transcripts, which come out alike every time.
    static var counting: TokenRandomness {
        let draws = Mutex<UInt8>(0)
        return TokenRandomness { count in
            let draw = draws.withLock { draws in
                draws += 1
                return draws
            }
            return Array(repeating: draw, count: count)
        }
    }
}
