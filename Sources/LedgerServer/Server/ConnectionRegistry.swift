import NIOCore
import Synchronization

/// The open connections: counted, bounded, and told when the server drains.
final class ConnectionRegistry: Sendable {
    private let connectionsMax: Int
    private let state = Mutex(State())

    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var subscriptions = 0
    }

    init(connectionsMax: Int) {
        self.connectionsMax = connectionsMax
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }
    var count: Int { state.withLock { $0.channels.count } }
    var subscriptionCount: Int { state.withLock { $0.subscriptions } }

    /// False when there are too many, or the server is draining.
    func add(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard !state.isDraining, state.channels.count < connectionsMax else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func remove(_ channel: any Channel) {
        state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    func countSubscriptions(_ change: Int) {
        state.withLock { $0.subscriptions += change }
    }

    /// Tells every connection that tokens changed.
    func announceAccessChange() {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(AccessChangedEvent()) }
    }

    /// Tells every connection to take no more requests and to close once it has answered; returns when all have, or after
    /// `patience`, when those that do not take their answers are closed all the same.
    func drain(on group: any EventLoopGroup, patience: TimeAmount = .seconds(10)) async {
        let channels = state.withLock { state in
            state.isDraining = true
            return Array(state.channels.values)
        }
        let deadline = group.any().scheduleTask(in: patience) {
            for channel in channels { channel.close(promise: nil) }
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(DrainEvent()) }
        for channel in channels { try? await channel.closeFuture.get() }
        deadline.cancel()
    }
}

/// Asks a connection to take no more requests, answer what it has, and close.
struct DrainEvent: Sendable {}
