import Foundation
import NIOCore
import NIOPosix

/// The sockets that a server listens on.
enum Listeners {
    /// Connections that wait to be accepted.
    private static let backlog: Int32 = 1_024

    static func bind(
        _ configuration: ServerConfiguration,
        group: any EventLoopGroup,
        transport: TCPTransport,
        setup: ConnectionSetup
    ) async throws -> (channels: [any Channel], port: Int) {
        let tcp = try await listen("\(configuration.host):\(configuration.port)") {
            try await KeepAlive.set(on: bootstrap(group).childChannelOption(.tcpOption(.tcp_nodelay), value: 1))
                .childChannelInitializer { channel in
                    transport.add(to: channel).flatMap { setup.add(to: channel, via: .tcp) }
                }
                .bind(host: configuration.host, port: configuration.port).get()
        }
        guard let path = configuration.unixSocketPath else { return ([tcp], tcp.localAddress?.port ?? 0) }
        do {
            // Whoever may connect may write: only the owner, from the first moment on.
            let previous = umask(0o077)
            defer { umask(previous) }
            let unix = try await listen(path) {
                // What does not leave the machine is not encrypted.
                try await bootstrap(group).childChannelInitializer { channel in setup.add(to: channel, via: .unix) }
                    .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            return ([tcp, unix], tcp.localAddress?.port ?? 0)
        } catch {
            try? await tcp.close()
            throw error
        }
    }

    /// A new one for each listener: a bootstrap is an object that keeps what it is told, and a Unix socket takes no option of
    /// TCP.
    private static func bootstrap(_ group: any EventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4_096, initial: 16_384, maximum: 262_144)
            )
    }

    private static func listen(
        _ address: String,
        _ bind: () async throws -> any Channel
    ) async throws -> any Channel {
        do {
            return try await bind()
        } catch let error as IOError {
            throw ServerError.cannotListen(address: address, reason: IOErrorText.text(error.errnoCode))
        } catch is UnixDomainSocketPathWrongType {
            throw ServerError.cannotListen(address: address, reason: "a file is there that is no socket")
        } catch SocketAddressError.unixDomainSocketPathTooLong {
            throw ServerError.cannotListen(address: address, reason: "a Unix socket's path has 103 bytes at most")
        } catch {
            throw ServerError.cannotListen(address: address, reason: "\(error)")
        }
    }
}

enum IOErrorText {
    static func text(_ code: CInt) -> String {
        switch code {
        case EADDRINUSE: "the address is in use; is another server running there?"
        case EACCES: "permission denied"
        case EADDRNOTAVAIL: "this machine has no such address"
        default: String(cString: strerror(code))
        }
    }
}
