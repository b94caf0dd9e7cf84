import Logging
import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS
import Testing

@testable import LedgerServer

@Suite struct TLSSupervisorTests {
    private let channel = EmbeddedChannel()

    init() throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try channel.pipeline.syncOperations.addHandler(TLSSupervisor(logger: logger))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    @Test func aHandshakeThatTakesTooLongEndsTheConnection() throws {
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test func aHandshakeUnderWayDoesNotHoldUpTheEndOfTheServer() throws {
        channel.pipeline.fireUserInboundEventTriggered(DrainEvent())
        #expect(!channel.isActive)
    }

    @Test func anEncryptedConnectionLearnsOfTheEndItself() throws {
        channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
        channel.pipeline.fireUserInboundEventTriggered(DrainEvent())
        #expect(channel.isActive)
    }

    @Test func anEncryptedConnectionMayTakeItsTime() throws {
        channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
    }

    @Test func aFailedHandshakeIsNotTheConnectionsConcern() throws {
        channel.pipeline.fireErrorCaught(NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])))
        channel.pipeline.fireErrorCaught(NIOSSLError.uncleanShutdown)
        try channel.throwIfErrorCaught()
    }

    @Test func anEndWithoutFarewellIsNoErrorAndEverythingElseIs() throws {
        channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
        channel.pipeline.fireErrorCaught(NIOSSLError.uncleanShutdown)
        try channel.throwIfErrorCaught()
        channel.pipeline.fireErrorCaught(NIOSSLError.readInInvalidTLSState)
        #expect(throws: NIOSSLError.readInInvalidTLSState) { try channel.throwIfErrorCaught() }
    }
}
