import LedgerClient
import LineJSON
import NIOCore
import NIOPosix

/// One measurement: connects, warms up, measures second by second, waits for what is in flight.
struct BenchRun {
    let address: ServerAddress
    let configuration: ClientConfiguration
    let shape: BenchShape

    private let clock = ContinuousClock()

    init(address: ServerAddress, configuration: ClientConfiguration, shape: BenchShape) {
        self.address = address
        self.configuration = configuration
        self.shape = shape
    }

    /// Measures, and tells `onSecond` what came of every second.
    func result(onSecond: (LoadSeries) -> Void) async throws -> BenchResult {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: shape.threads)
        do {
            let result = try await result(group, onSecond)
            try await group.shutdownGracefully()
            return result
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func result(
        _ group: MultiThreadedEventLoopGroup,
        _ onSecond: (LoadSeries) -> Void
    ) async throws -> BenchResult {
        let observer = try await LedgerClient.connect(to: address, configuration: configuration)
        if shape.reads > 0 { try await recordInEveryWorkspace(observer) }
        let headBefore = try await head(observer)
        let recording = try await LoadGroup.connect(
            to: address,
            configuration,
            group: group,
            inFlight: shape.inFlight,
            rate: shape.rate.map { Double($0) / Double(shape.recording.calls) },
            requests(shape.recording, connections: 0..<shape.connections)
        )
        let asking = try await LoadGroup.connect(
            to: address,
            configuration,
            group: group,
            inFlight: 1,
            rate: nil,
            requests(.usage, connections: shape.connections..<shape.connections + shape.reads)
        )
        var result = try await measure(recording, asking, onSecond)
        result.count(try await recording.finish())
        result.countProblems(of: try await asking.finish())
        result.logGrowth = try await head(observer) - headBefore
        await observer.close()
        return result
    }

    private func measure(
        _ recording: LoadGroup,
        _ asking: LoadGroup,
        _ onSecond: (LoadSeries) -> Void
    ) async throws -> BenchResult {
        var result = BenchResult()
        try await Task.sleep(for: shape.warmUp)
        result.count(try await recording.takeSlice())
        result.countProblems(of: try await asking.takeSlice())
        var reads = LoadSlice()
        let begun = clock.now
        var last = begun
        // A measurement with a wrong answer is worth nothing: it ends with the second that has it.
        while last < begun + shape.measured, result.badReplies + reads.badReplies == 0 {
            let elapsed = ((last - begun) / .seconds(1)).rounded()
            try await Task.sleep(until: min(begun + .seconds(elapsed + 1), begun + shape.measured), clock: clock)
            let slice = try await recording.takeSlice()
            reads.add(try await asking.takeSlice())
            let now = clock.now
            result.count(slice)
            result.measured.add(slice)
            result.series.add(second(slice, length: (now - last) / .seconds(1)))
            last = now
            onSecond(result.series)
        }
        result.seconds = (last - begun) / .seconds(1)
        result.countProblems(of: reads)
        if shape.reads > 0 { result.reads = reads }
        return result
    }

    private func second(_ slice: LoadSlice, length: Double) -> LoadSeries.Second {
        LoadSeries.Second(
            length: length,
            calls: slice.replies * Int64(shape.recording.calls),
            p99: slice.latency(percentile: 99)
        )
    }

    /// Every connection has a seed of its own, so that no id comes twice.
    private func requests(_ kind: RequestKind, connections: Range<Int>) -> [RequestWriter] {
        let callers = CallerWriter(orgs: shape.orgs, workspaces: shape.workspaces)
        let seconds = shape.spreadHours * 3_600
        let instants = seconds > 0 ? RandomInstants(seconds: seconds, before: .now) : nil
        let calls = CallWriter(usesIDs: shape.usesIDs, instants: instants)
        return connections.map { connection in
            RequestWriter(kind, callers: callers, calls: calls, seed: shape.seed &+ UInt64(connection))
        }
    }

    /// A workspace that no event names cannot be asked about.
    private func recordInEveryWorkspace(_ client: LedgerClient) async throws {
        for org in 1...shape.orgs {
            _ = try await client.call("usage.record_batch") { params in
                params.member("org", BenchNames.org(org))
                params.member("purpose", "settings")
                params.array("calls") { calls in
                    for workspace in 1...shape.workspaces {
                        calls.object { $0.member("workspace", BenchNames.workspace(workspace)) }
                    }
                }
            }
        }
    }

    private func head(_ client: LedgerClient) async throws -> Int64 {
        try await client.call("server.info").withValue { $0["head"]?.count("position") ?? 0 }
    }
}
