package import AccessControl
import Dispatch
package import EventSourcing
import LineJSON
import Logging
import SQLiteEventLog
import Synchronization

/// Access control that is open for use: the tokens, and the log of what became of them.
///
/// Judging a token waits for nobody. What appends blocks its thread until it is durable.
package final class AccessService: Sendable {
    /// The directory in the data directory that holds the log.
    package static let folder = "access"

    private let configuration: ServiceConfiguration
    private let randomness: TokenRandomness
    /// Held while something is appended.
    private let log: Mutex<AccessLog>
    private let state: Mutex<AccessState>
    private let tally = Mutex(RefusalTally())
    private let changes = Atomic<UInt64>(1)
    private let onChange = Mutex<(@Sendable () -> Void)?>(nil)
    /// For what nobody waits for: recording refused uses, and looking at the clock.
    private let queue = DispatchQueue(label: "ledgerline.access")
    private let clockWatch = Mutex<ClockWatch>(ClockWatch())

    private struct ClockWatch {
        /// When the next token expires.
        var expiry: Timestamp?
        var isTicking = false
    }

    /// Opens the log in the data directory and learns of the tokens. Throws `LostAccessEvents` when its end was lost, unless
    /// that is accepted, which ends all tokens.
    package static func open(
        _ configuration: ServiceConfiguration,
        randomness: TokenRandomness = .system
    ) throws -> AccessService {
        let directory = "\(configuration.directory)/\(folder)"
        let lost = try AccessLog.lostEnd(in: directory)
        if let lost, !configuration.isShorterLogAccepted { throw lost }
        var state = AccessState.initial
        let log = try AccessLog.open(
            in: directory,
            logger: configuration.logger,
            onFailure: configuration.onFailure
        ) { event, position, time in
            state.evolve(event, at: position, time: time)
        }
        let service = AccessService(log, state, configuration, randomness)
        do {
            try service.settle(lost)
            return service
        } catch {
            try? service.close()
            throw error
        }
    }

    private func settle(_ lost: LostAccessEvents?) throws {
        // One that comes from elsewhere was not noted here, nor the last event before a crash.
        guard let lost else { return log.withLock { $0.noteHead() } }
        configuration.logger.warning("accepted: \(lost); all tokens are revoked")
        try carryOut(.acceptShorterLog(known: lost.history.expected))
    }

    private init(
        _ log: consuming AccessLog,
        _ state: AccessState,
        _ configuration: ServiceConfiguration,
        _ randomness: TokenRandomness
    ) {
        self.log = Mutex(log)
        self.state = Mutex(state)
        (self.configuration, self.randomness) = (configuration, randomness)
        watchExpiry()
    }

    /// Records what was counted, and closes the log. Nothing may be asked afterwards.
    package func close() throws {
        queue.sync {}
        record(tally.withLock { $0.take() })
        try log.withLock { try $0.close() }
    }

    // MARK: Judging

    /// Counts up with everything that changes what a token is worth: who remembers a judgement looks here first.
    package var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// See `AccessState.areTokensDemanded`.
    package var areTokensDemanded: Bool { state.withLock { $0.areTokensDemanded } }

    /// Judges the text of a token. What is no token's text is an unknown one.
    package func judge(_ text: UnsafeRawBufferPointer) -> AccessState.Judgement {
        guard let (id, secret) = TokenText.read(text) else { return .refused(.unknown, nil) }
        return state.withLock { $0.judge(id, secret, at: now) }
    }

    /// What a token that was accepted earlier is worth now; nil when it is forgotten.
    package func token(_ id: AccessToken.ID) -> AccessToken? { state.withLock { $0.tokens[id] } }

    package var now: Timestamp { configuration.clock.now() }

    /// Called on some thread after everything that changed what a token is worth.
    package func whenChanged(_ body: @escaping @Sendable () -> Void) {
        onChange.withLock { $0 = body }
    }

    private func announceChange() {
        changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
        onChange.withLock { $0 }?()
    }

    // MARK: Changing

    /// What a new token is to be.
    package struct Wish: Sendable {
        package var name: String?
        package var role: Role
        package var scope: TokenScope
        package var expires: Timestamp?

        package init(name: String? = nil, role: Role, scope: TokenScope, expires: Timestamp? = nil) {
            (self.name, self.role, self.scope, self.expires) = (name, role, scope, expires)
        }
    }

    /// Makes a token. Its text is given here and never again. Throws `AccessRejection`.
    package func create(
        _ wish: Wish,
        by actor: Actor
    ) throws -> (token: AccessToken, text: String, position: LogPosition) {
        let id = HexText.text(of: randomness.bytes(TokenText.idBytes))
        let secret = HexText.text(of: randomness.bytes(TokenText.secretBytes))
        guard let digest = TokenText.digest(ofSecret: secret.utf8) else { preconditionFailure("SHA-256 has 32 bytes") }
        let new = NewToken(
            id: id,
            name: wish.name,
            role: wish.role,
            scope: wish.scope,
            expires: wish.expires,
            secret: digest,
            by: actor
        )
        let position = try carryOut(.create(new)).position
        guard let token = token(id) else { preconditionFailure("the token was just made") }
        return (token, TokenText.text(id, secret: secret), position)
    }

    /// Ends a token at once. Throws `AccessRejection`.
    package func revoke(_ id: AccessToken.ID, by actor: Actor) throws -> (hasChanged: Bool, position: LogPosition) {
        try carryOut(.revoke(id, by: actor))
    }

    /// Decides, makes durable, evolves. The position is that of the first event; of the head when there is none.
    @discardableResult
    private func carryOut(_ command: AccessCommand) throws -> (hasChanged: Bool, position: LogPosition) {
        let (events, position) = try log.withLock { log in
            let now = now
            let events = try state.withLock { state throws(AccessRejection) in try state.decide(command, at: now) }
            guard !events.isEmpty else { return (events, log.head.position) }
            let (first, time) = try log.append(events, at: now)
            state.withLock { state in
                for (index, event) in events.enumerated() {
                    state.evolve(event, at: first.advanced(by: index), time: time)
                }
            }
            return (events, first)
        }
        if events.contains(where: \.changesTokens) {
            watchExpiry()
            announceChange()
        }
        return (!events.isEmpty, position)
    }

    // MARK: Refused uses

    /// Takes down that a token was of no use. Waits for nothing.
    package func refused(_ kind: RefusedUse.Kind) {
        let due = tally.withLock { $0.count(kind, at: now) }
        if !due.isEmpty { queue.async { [self] in record(due) } }
        tickIfNeeded()
    }

    private func record(_ refused: [RefusedUse]) {
        for use in refused {
            do {
                try carryOut(.report(use))
            } catch {
                configuration.logger.error("the access log did not take that a token was refused: \(error)")
            }
        }
    }

    // MARK: Asking

    /// Bytes of lines that one look at the log hands out: nobody can change a token meanwhile.
    package static let auditBytesMax = 8 << 20

    /// All tokens that are remembered, the oldest first.
    package func tokens() -> [AccessToken] {
        state.withLock { Array($0.tokens.values) }.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }

    /// Hands the lines of events from a position on to `body`, at most `limit`, and about `auditBytesMax` of them. Returns
    /// where to go on, and the head. What was counted so far is recorded first.
    package func audit(
        from position: LogPosition,
        limit: Int,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws -> (next: LogPosition, head: LogHead) {
        queue.sync {}
        record(tally.withLock { $0.take() })
        return try log.withLock { log in
            var (next, bytes) = (position, 0)
            try log.forEachLine(from: position) { line, _ in
                body(line)
                next = next.next
                bytes += line.count
                return next < position.advanced(by: limit) && bytes < AccessService.auditBytesMax
            }
            return (next, log.head)
        }
    }

    // MARK: The clock

    /// Looks at the clock again; for clocks that jump.
    package func wake() {
        queue.sync { lookAtClock() }
    }

    /// The tokens are looked at while the watch is held: what another thread made of an older look must not remain.
    private func watchExpiry() {
        clockWatch.withLock { watch in watch.expiry = state.withLock { $0.nextExpiry(after: now) } }
        tickIfNeeded()
    }

    /// Somebody has to look at the clock while a token is to expire or a count to be recorded.
    private func tickIfNeeded() {
        let isPending = tally.withLock { $0.isPending }
        let begins = clockWatch.withLock { watch in
            guard !watch.isTicking, isPending || watch.expiry != nil else { return false }
            watch.isTicking = true
            return true
        }
        guard begins else { return }
        queue.asyncAfter(deadline: .now() + AccessService.tick) { [weak self] in
            guard let self else { return }
            clockWatch.withLock { $0.isTicking = false }
            lookAtClock()
            tickIfNeeded()
        }
    }

    private func lookAtClock() {
        let now = now
        let hasExpired = clockWatch.withLock { watch in
            guard let expiry = watch.expiry, expiry <= now else { return false }
            watch.expiry = nil
            return true
        }
        if hasExpired {
            watchExpiry()
            announceChange()
        }
        record(tally.withLock { $0.takeIfOver(at: now) })
    }

    /// A request is judged by the clock itself; only streams that run on hear of an expiry by this.
    private static let tick = DispatchTimeInterval.seconds(1)
}

extension AccessEvent {
    fileprivate var changesTokens: Bool {
        switch self {
        case .tokenCreated, .tokenRevoked, .logShortened: true
        case .tokenRefused: false
        }
    }
}
