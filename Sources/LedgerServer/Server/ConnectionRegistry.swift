import NIOCore
import Synchronization

/// The open connections: counted, bounded, and told when the server drains.
final class ConnectionRegistry: Sendable {
    private let connectionsMax: Int
    private let readersMax: Int
    private let state = Mutex(State())

    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Connections that were refused and are being told so.
        var refused: Set<ObjectIdentifier> = []
        var isDraining = false
        var readers = 0
        var closed: [ClosedConnection: Int] = [:]
    }

    enum Admission: Hashable {
        case taken
        /// There are too many, or the server is draining.
        case refused
        /// So many are being told so that this one cannot be.
        case ignored
    }

    init(_ limits: ServerLimits) {
        connectionsMax = limits.connectionsMax
        readersMax = limits.readersMax
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }
    var count: Int { state.withLock { $0.channels.count } }
    /// Streams and subscriptions.
    var readerCount: Int { state.withLock { $0.readers } }

    func add(_ channel: any Channel) -> Admission {
        state.withLock { state in
            if !state.isDraining, state.channels.count < connectionsMax {
                state.channels[ObjectIdentifier(channel)] = channel
                return .taken
            }
            if !state.isDraining { state.closed[.connectionsMax, default: 0] += 1 }
            guard state.refused.count < ConnectionRegistry.refusedMax else { return .ignored }
            state.refused.insert(ObjectIdentifier(channel))
            return .refused
        }
    }

    func remove(_ channel: any Channel) {
        state.withLock { state in
            state.channels.removeValue(forKey: ObjectIdentifier(channel))
            state.refused.remove(ObjectIdentifier(channel))
        }
    }

    /// Refused connections that are told so at the same time; each stays open for a moment, so that it can read it.
    static let refusedMax = 256

    // MARK: Readers

    /// Counts a stream or subscription that begins; false when there are too many.
    func addReader() -> Bool {
        state.withLock { state in
            guard state.readers < readersMax else { return false }
            state.readers += 1
            return true
        }
    }

    func removeReaders(_ count: Int) {
        state.withLock { $0.readers -= count }
    }

    // MARK: Closing

    /// Counts a connection that the server closes of its own accord.
    func countClosed(_ why: ClosedConnection) {
        state.withLock { $0.closed[why, default: 0] += 1 }
    }

    /// How many were, for a reason.
    func closed(_ why: ClosedConnection) -> Int {
        state.withLock { $0.closed[why, default: 0] }
    }

    /// Tells every connection that tokens changed.
    func announceAccessChange() {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(AccessChangedEvent()) }
    }

    /// Tells every connection to take no more requests and to close once it has answered; returns when all have, or after
    /// `patience`, when those that do not take their answers are closed all the same. `reason` is for who streams.
    func drain(
        on group: any EventLoopGroup,
        patience: TimeAmount = .seconds(10),
        reason: String = DrainEvent.stopping
    ) async {
        let channels = state.withLock { state in
            state.isDraining = true
            return Array(state.channels.values)
        }
        let deadline = group.any().scheduleTask(in: patience) {
            for channel in channels { channel.close(promise: nil) }
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(DrainEvent(reason: reason)) }
        for channel in channels { try? await channel.closeFuture.get() }
        deadline.cancel()
    }
}

/// Asks a connection to take no more requests, answer what it has, and close.
struct DrainEvent: Sendable {
    static let stopping = "the server is stopping"

    /// What streams and subscriptions end with.
    var reason = stopping
}

/// Why the server closes a connection of its own accord; the raw value is the reason that the client is told.
enum ClosedConnection: String, CaseIterable, Sendable {
    /// There are as many as there may be.
    case connectionsMax = "CONNECTIONS_MAX"
    case idleTimeout = "IDLE_TIMEOUT"
    case lineTimeout = "LINE_TIMEOUT"
    case unreadTimeout = "UNREAD_TIMEOUT"
    case uselessTokens = "USELESS_TOKENS"
}
