import LedgerClient
import LineJSON
import NIOCore
import NIOPosix

/// One measurement: connects, warms up, measures, waits for what is in flight.
struct BenchRun {
    let address: ServerAddress
    let configuration: ClientConfiguration
    let workload: BenchWorkload
    let connections: Int
    let inFlight: Int
    let threads: Int?
    let warmUp: Duration
    let measured: Duration

    /// What all connections measured together.
    struct Result: Sendable {
        var load = LoadResult()
        /// How long was measured.
        var seconds: Double
        /// Calls in each answered request.
        var callsPerRequest: Int
        /// By how much the log grew; others may have written too.
        var logGrowth: Int64
    }

    private struct Connection: Sendable {
        var channel: any Channel
        var handler: NIOLoopBound<LoadHandler>
        var done: EventLoopFuture<LoadResult>
    }

    func result() async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads ?? max(1, System.coreCount / 2))
        do {
            let result = try await result(group)
            try await group.shutdownGracefully()
            return result
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func result(_ group: MultiThreadedEventLoopGroup) async throws -> Result {
        let observer = try await LedgerClient.connect(to: address, configuration: configuration)
        let headBefore = try await head(observer)
        let connections = try await connect(group)
        try await Task.sleep(for: warmUp)
        tell(connections) { $0.startMeasuring() }
        let clock = ContinuousClock()
        let begun = clock.now
        try await Task.sleep(for: measured)
        tell(connections) { $0.stop() }
        let seconds = (clock.now - begun) / .seconds(1)
        var result = Result(seconds: seconds, callsPerRequest: workload.callsPerRequest, logGrowth: 0)
        for connection in connections {
            result.load.add(try await connection.done.get())
            try? await connection.channel.close()
        }
        result.logGrowth = try await head(observer) - headBefore
        await observer.close()
        return result
    }

    private func connect(_ group: MultiThreadedEventLoopGroup) async throws -> [Connection] {
        var all: [Connection] = []
        for _ in 0..<connections {
            let connection = try await address.connect(configuration, group: group) { [workload, inFlight] channel in
                channel.eventLoop.makeCompletedFuture {
                    let done = channel.eventLoop.makePromise(of: LoadResult.self)
                    let handler = LoadHandler(workload: workload, inFlight: inFlight, done: done)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    return Connection(
                        channel: channel,
                        handler: NIOLoopBound(handler, eventLoop: channel.eventLoop),
                        done: done.futureResult
                    )
                }
            }
            all.append(connection)
        }
        return all
    }

    private func tell(_ connections: [Connection], _ body: @escaping @Sendable (LoadHandler) -> Void) {
        for connection in connections {
            connection.channel.eventLoop.execute { body(connection.handler.value) }
        }
    }

    private func head(_ client: LedgerClient) async throws -> Int64 {
        try await client.call("server.info").withValue { $0["head"]?.count("position") ?? 0 }
    }
}
