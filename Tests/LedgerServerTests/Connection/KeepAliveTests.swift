import Foundation
import TestSupport
import Testing

@testable import LedgerServer

/// What the system is asked for on each connection that is accepted. That it ends those whose other side is gone is its own
/// affair, and takes minutes.
@Suite struct KeepAliveTests {
    /// As protocol.md promises.
    @Test func whoIsGoneIsFoundWithinTwoMinutes() {
        #expect(KeepAlive.idle + KeepAlive.interval * KeepAlive.questions <= 120)
    }

    @Test func theSystemIsAskedToLookForWhoIsGone() async throws {
        try await withServer { server in
            let socket = try LineSocket(port: server.port)
            defer { socket.close() }
            // What is answered was accepted, and has its options.
            _ = try socket.ask(#"{"method":"server.ping"}"#)
            let accepted = try #require(try acceptedDescriptor(onPort: server.port))
            #expect(try option(SO_KEEPALIVE, level: SOL_SOCKET, of: accepted) == 1)
            let tcp = Int32(IPPROTO_TCP)
            #expect(try option(TCP_KEEPIDLE, level: tcp, of: accepted) == KeepAlive.idle)
            #expect(try option(TCP_KEEPINTVL, level: tcp, of: accepted) == KeepAlive.interval)
            #expect(try option(TCP_KEEPCNT, level: tcp, of: accepted) == KeepAlive.questions)
        }
    }
}

/// The server's end of a connection: the server runs in this process, and of all its sockets only those that it accepted are
/// at that port and have another side.
private func acceptedDescriptor(onPort port: Int) throws -> Int32? {
    let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
    return descriptors.first { descriptor in
        let here = portNumber { getsockname(descriptor, $0, $1) }
        let there = portNumber { getpeername(descriptor, $0, $1) }
        return here == port && there != nil
    }
}

/// That of an IPv4 address which the system gives; nil where it gives none, or another.
private func portNumber(
    of name: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
) -> Int? {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name($0, &length) }
    }
    guard status == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
    return Int(in_port_t(bigEndian: address.sin_port))
}

private func option(_ name: Int32, level: Int32, of descriptor: Int32) throws -> Int {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, level, name, &value, &length) == 0 else {
        throw LineSocket.Failure(description: "no option \(name): \(String(cString: strerror(errno)))")
    }
    return Int(value)
}
