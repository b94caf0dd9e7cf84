import Foundation

/// A blocking TCP connection that speaks in lines: what `nc` is to a person. One thread uses it.
package final class LineSocket: @unchecked Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) {
            self.description = description
        }
    }

    private let descriptor: Int32
    private var received: [UInt8] = []
    private var isOpen = true

    /// Connects to a port of this machine. Reads give up after `patience` seconds.
    package init(port: Int, patience: Int = 20) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            Glibc.close(descriptor)
            throw Failure(description: "cannot connect to port \(port): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close() }

    /// Sends a line; its `\n` is added.
    package func send(_ line: String) throws {
        try send(bytes: Array((line + "\n").utf8))
    }

    package func send(bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "cannot send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// The next line without its `\n`; nil when the other side has closed.
    package func readLine() throws -> String? {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[..<end], as: UTF8.self)
                received.removeSubrange(...end)
                return line
            }
            guard try receive() else {
                defer { received = [] }
                return received.isEmpty ? nil : String(decoding: received, as: UTF8.self)
            }
        }
    }

    /// Sends a line and reads one.
    package func ask(_ line: String) throws -> String {
        try send(line)
        guard let answer = try readLine() else { throw Failure(description: "closed instead of answering \(line)") }
        return answer
    }

    /// Everything until the other side closes.
    package func readToEnd() throws -> String {
        while try receive() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// Sends no more, as `nc -N` does at the end of its input.
    package func closeInput() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Ends the connection with a reset, as a client does that dies with unread answers: what is on its way is lost.
    package func reset() {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    package func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(descriptor)
    }

    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 0 {
            let reason = errno == EAGAIN ? "nothing came in time" : String(cString: strerror(errno))
            throw Failure(description: "cannot read: \(reason); so far: \(String(decoding: received, as: UTF8.self))")
        }
        received.append(contentsOf: chunk[..<count])
        return count > 0
    }
}
