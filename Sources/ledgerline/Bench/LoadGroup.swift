import LedgerClient
import NIOCore
import NIOPosix

/// Connections that bear the same kind of load.
struct LoadGroup: Sendable {
    private struct Connection: Sendable {
        var channel: any Channel
        var handler: NIOLoopBound<LoadHandler>
        var drained: EventLoopFuture<Void>
    }

    private let connections: [Connection]

    /// Connects once for each writer; the load begins at once. Connections that are paced take turns.
    ///
    /// - Parameter rate: requests a second, of all connections together; nil: as many as are answered.
    static func connect(
        to address: ServerAddress,
        _ configuration: ClientConfiguration,
        group: MultiThreadedEventLoopGroup,
        inFlight: Int,
        rate: Double?,
        _ writers: [RequestWriter]
    ) async throws -> LoadGroup {
        var connections: [Connection] = []
        let greeting = configuration.greeting
        let begun = NIODeadline.now().uptimeNanoseconds
        for (index, writer) in writers.enumerated() {
            // All at the same instant would wait for each other at the server, and then leave it idle.
            let turn = RequestPace.interval * UInt64(index) / UInt64(writers.count)
            let pace = rate.map { RequestPace(rate: $0 / Double(writers.count), begun: begun + turn) }
            let connection = try await address.connect(configuration, group: group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let drained = channel.eventLoop.makePromise(of: Void.self)
                    let handler = LoadHandler(
                        writer,
                        inFlight: inFlight,
                        pace: pace,
                        greeting: greeting,
                        drained: drained
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                    return Connection(
                        channel: channel,
                        handler: NIOLoopBound(handler, eventLoop: channel.eventLoop),
                        drained: drained.futureResult
                    )
                }
            }
            connections.append(connection)
        }
        return LoadGroup(connections: connections)
    }

    /// What all connections measured since the last time.
    func takeSlice() async throws -> LoadSlice {
        let slices = connections.map { connection in
            connection.channel.eventLoop.submit { connection.handler.value.takeSlice() }
        }
        var sum = LoadSlice()
        for slice in slices { sum.add(try await slice.get()) }
        return sum
    }

    /// Sends no more requests, waits for the answers to those in flight, closes, and gives what was measured since the
    /// last time.
    func finish() async throws -> LoadSlice {
        for connection in connections {
            connection.channel.eventLoop.execute { connection.handler.value.stop() }
        }
        for connection in connections { try await connection.drained.get() }
        let slice = try await takeSlice()
        for connection in connections { try? await connection.channel.close() }
        return slice
    }
}
