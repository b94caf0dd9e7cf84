import AccessControl
import EventSourcing
import Foundation
import LedgerService
import LineJSON
import LineProtocol
import Logging
import Synchronization
import TestSupport
import Testing

@testable import LedgerServer

/// A router over a ledger of its own, without sockets: a line in, its answer out. Its clock stands still until it is
/// moved.
final class RouterRig: @unchecked Sendable {
    static let start = Timestamp(milliseconds: 1_795_262_400_000)

    let service: LedgerService
    let access: AccessService
    let metrics = RequestMetrics()
    private let directory: TemporaryDirectory
    private let time = SharedTime()
    private var router: Router

    init(areTokensRequired: Bool = false) throws {
        let directory = try TemporaryDirectory()
        let time = time
        self.directory = directory
        let configuration = ServiceConfiguration(
            directory: directory.file("data"),
            clock: ServiceClock { time.now },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onFailure: { Issue.record($0) }
        )
        service = try LedgerService.open(configuration)
        access = try AccessService.open(configuration)
        let facts = ServerFacts(
            startedAt: Self.start,
            limits: ServerLimits(),
            certificateEnd: { nil },
            now: { time.now },
            isServing: { true },
            connections: { 1 },
            subscriptions: { 2 },
            closedConnections: { _ in 0 }
        )
        router = Router(
            service: service,
            accessService: access,
            access: ConnectionAccess(
                access,
                areTokensRequired: areTokensRequired,
                uselessTokensMax: ServerLimits().uselessTokensMax,
                .tcp
            ),
            facts: facts,
            metrics: metrics
        )
    }

    /// Moves the clock on.
    func pass(_ span: TimeSpan) {
        time.now = time.now + span
        service.wake()
    }

    /// The text of a new token.
    func token(_ role: Role, _ scope: TokenScope = .everything) throws -> String {
        try access.create(AccessService.Wish(role: role, scope: scope), by: Actor(peer: "test")).text
    }

    func shutdown() throws {
        try access.close()
        try service.shutdown()
    }

    /// What is to be done for a line, and the burst of it.
    func route(_ line: String) -> (route: Route, burst: BurstBuilder) {
        var decoder = RequestDecoder()
        var burst = BurstBuilder()
        let bytes = Array(line.utf8)
        let route: Route = bytes.withUnsafeBytes { bytes in
            decoder.withDecoded(bytes) { decoded in
                guard case .request(let envelope) = decoded else {
                    preconditionFailure("no request: \(line)")
                }
                return router.route(envelope, into: &burst)
            }
        }
        return (route, burst)
    }

    /// The result of a method.
    func result(_ method: String, _ params: String = "{}") throws -> [String: Any] {
        let answer = try answer(method, params)
        return try #require(answer["result"] as? [String: Any], "\(method): \(answer)")
    }

    /// The error of a method: `code`, `message` and `data`.
    func error(_ method: String, _ params: String = "{}") throws -> [String: Any] {
        let answer = try answer(method, params)
        return try #require(answer["error"] as? [String: Any], "\(method): \(answer)")
    }

    /// The answer, with a token beside the parameters where one is given.
    func answer(_ method: String, _ params: String, token: String? = nil) throws -> [String: Any] {
        let beside = token.map { ",\"token\":\"\($0)\"" } ?? ""
        var (route, burst) = route(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\(method)\",\"params\":\(params)\(beside)}"
        )
        let reply = ReplyHeader(dialect: .jsonRPC, id: RequestID(1))
        var writer = JSONWriter()
        switch route.action {
        case .work(let work, let encoder):
            burst.append(work)
            _ = encoder.answer(try outcome(of: burst), to: reply, &writer)
        case .immediate(let result): writer.answer(reply) { $0.value(raw: result) }
        case .offload(let body), .offloadAside(let body):
            do {
                let result = try body()
                writer.answer(reply) { $0.value(raw: result) }
            } catch {
                writer.answer(reply, error: RPCError(refusing: error))
            }
        case .failed(let error): writer.answer(reply, error: error)
        case .connection(let request): throw NoAnswer(request: "\(request)")
        }
        return try #require(try foundationJSON(writer.bytes) as? [String: Any])
    }

    /// The connection would answer, not the router.
    struct NoAnswer: Error {
        var request: String
    }

    private func outcome(of builder: BurstBuilder) throws -> Burst.Outcome {
        var builder = builder
        let outcomes = Mutex<[Burst.Outcome]>([])
        let isDone = DispatchSemaphore(value: 0)
        service.submit(
            builder.take { delivered in
                outcomes.withLock { $0 = delivered }
                isDone.signal()
            }
        )
        isDone.wait()
        return try #require(outcomes.withLock { $0 }.first)
    }
}

/// A clock that stands still until it is moved.
private final class SharedTime: Sendable {
    private let instant = Mutex(RouterRig.start)

    var now: Timestamp {
        get { instant.withLock { $0 } }
        set { instant.withLock { $0 = newValue } }
    }
}

/// Runs `body` with a rig of its own on a thread: the ledger blocks.
func withRig(
    areTokensRequired: Bool = false,
    _ body: @escaping @Sendable (RouterRig) throws -> Void
) async throws {
    try await onThread {
        let rig = try RouterRig(areTokensRequired: areTokensRequired)
        let result = Result { try body(rig) }
        try rig.shutdown()
        try result.get()
    }
}
