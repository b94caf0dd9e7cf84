import EventSourcing
import Foundation
import LedgerService
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import LedgerServer

/// Work on files that waits for its turn on a connection.
@Suite struct WaitingWorkTests {
    /// As many as may run at once.
    private static let running = ConnectionHandler.offloadsMax
    /// Asks for what has nothing to do with the ledger, so that it waits for nothing else.
    private static func audit(_ id: Int, _ more: String = "") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"token.audit"\#(more)}"#
    }

    /// Otherwise a client could have the server hold ever more of it.
    @Test func whatIsCancelledOrTooLateWaitsNoMore() throws {
        let rig = try HandlerRig()
        defer { rig.finish() }
        for id in 1...Self.running { try rig.send(Self.audit(id)) }
        #expect(rig.aside.count == Self.running && rig.handler.waitingOffloads.isEmpty)
        try rig.send(Self.audit(5))
        try rig.send(Self.audit(6, #","deadline_ms":50"#))
        #expect(rig.handler.waitingOffloads.count == 2)

        try rig.send(#"{"jsonrpc":"2.0","id":7,"method":"rpc.cancel","params":{"id":5}}"#)
        #expect(rig.handler.waitingOffloads.count == 1)
        rig.loop.advanceTime(by: .milliseconds(50))
        #expect(rig.handler.waitingOffloads.isEmpty)
        let answers = try rig.answers()
        #expect(answers.count == 3)
        #expect(answers.contains { $0.contains(#""id":5,"#) && $0.contains("CANCELLED") })
        #expect(answers.contains { $0.contains(#""id":6,"#) && $0.contains("DEADLINE_EXCEEDED") })

        // Nothing of it is done, and what ran is answered.
        while rig.aside.count > 0 { rig.aside.run(0) }
        rig.loop.run()
        #expect(try rig.answers().count == Self.running)
        #expect(rig.aside.count == 0)
    }

    /// The batch is full before its work on files may begin, as its client takes nothing: the refusals of that work end the
    /// answer, and there is no later request with which it would go out.
    @Test func anAnswerThatIsCompletedWhenTheClientTakesAgainGoesOut() async throws {
        var limits = ServerLimits()
        limits.batchAnswerBytesMax = 100
        try await withServer(limits: limits) { server in
            let socket = try LineSocket(port: server.port)
            for org in 0..<1_500 { try socket.send(Self.record(org: org)) }
            for _ in 0..<1_500 { _ = try socket.readLine() }

            let hold = SequencerHold(server.service)
            // Far more than the sockets hold, and all of it asked before the first answer can fill them.
            let lists = (0..<150).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"org.list"}"# }
            let batch = ["events.read", "events.read", "server.info"].enumerated().map { id, method in
                #"{"jsonrpc":"2.0","id":"\#(id)","method":"\#(method)"}"#
            }
            for (lines, waiting) in [(lists, lists.count), (["[\(batch.joined(separator: ","))]"], lists.count + 2)] {
                try socket.send(bytes: Array(lines.map { $0 + "\n" }.joined().utf8))
                while server.service.backlog.requests < 1 + waiting { Thread.sleep(forTimeInterval: 0.001) }
            }
            hold.letGo()
            while server.service.backlog.requests > 0 { Thread.sleep(forTimeInterval: 0.001) }

            let answers = try (0...lists.count).map { _ in try #require(try socket.readLine()) }
            let refused = answers.first { $0.hasPrefix("[") }?.components(separatedBy: "BATCH_ANSWER_TOO_LONG")
            #expect(refused?.count == 1 + 2)
        }
    }

    private static func record(org: Int) -> String {
        #"{"method":"usage.record","params":{"org":"org-\#(org)","workspace":"w","purpose":"inbox"}}"#
    }
}

/// A connection's handler in a channel without a socket, whose work aside is done when the test says so.
private final class HandlerRig {
    let aside = WorkAside()
    let loop = EmbeddedEventLoop()
    let handler: ConnectionHandler
    private let channel: EmbeddedChannel
    private let service: LedgerService
    private let access: AccessService
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        let configuration = ServerConfiguration(
            dataDirectory: directory.file("data"),
            onFailure: { Issue.record($0) }
        )
        let forService = ServiceConfiguration(directory: directory.file("data"), onFailure: { Issue.record($0) })
        service = try LedgerService.open(forService)
        access = try AccessService.open(forService)
        let setup = ConnectionSetup(
            service: service,
            access: access,
            configuration: configuration,
            connections: ConnectionRegistry(configuration.limits),
            certificate: nil,
            aside: FileReading(unfinishedMax: .max) { [aside] in aside.add($0) }
        )
        handler = ConnectionHandler(setup, via: .unix)
        channel = EmbeddedChannel(handler: handler, loop: loop)
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "none")).wait()
    }

    func send(_ line: String) throws {
        try channel.writeInbound(ByteBuffer(string: line + "\n"))
        loop.run()
    }

    /// Those that came since the last time.
    func answers() throws -> [String] {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text.split(separator: "\n").map(String.init)
    }

    func finish() {
        _ = try? channel.finish()
        try? access.close()
        try? service.shutdown()
    }
}
