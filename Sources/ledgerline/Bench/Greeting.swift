import LedgerClient
import LineJSON
import NIOCore

extension ClientConfiguration {
    /// The line that shows the token for all that follows on a connection: a notification, so that nothing is answered. Empty
    /// without a token.
    var greeting: ByteBuffer {
        guard let token else { return ByteBuffer() }
        var writer = JSONWriter()
        writer.object { line in
            line.member("jsonrpc", "2.0" as StaticString)
            line.member("method", "auth" as StaticString)
            line.object("params") { $0.member("token", token) }
        }
        writer.endLine()
        return ByteBuffer(bytes: writer.take())
    }
}
