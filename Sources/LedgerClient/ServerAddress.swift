/// Where a server listens.
public enum ServerAddress: Hashable, Sendable {
    /// A TCP port of a host.
    case tcp(host: String, port: Int)
    /// A Unix socket.
    case unix(path: String)

    /// The port a server listens on unless told otherwise.
    public static let defaultPort = 7411
    /// Where a server listens unless told otherwise: `127.0.0.1:7411`.
    public static let `default` = ServerAddress.tcp(host: "127.0.0.1", port: defaultPort)

    /// Reads `HOST:PORT`, `HOST` (with the default port), `[IPV6]:PORT` or `unix:PATH`; nil for anything else.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            guard !path.isEmpty else { return nil }
            self = .unix(path: String(path))
        } else if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            self.init(host: text[text.index(after: text.startIndex)..<end], portText: text[text.index(after: end)...])
        } else {
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            self.init(host: text[..<colon], portText: text[colon...])
        }
    }

    /// `portText` is empty or begins with a colon.
    private init?(host: Substring, portText: Substring) {
        guard !host.isEmpty else { return nil }
        guard !portText.isEmpty else {
            self = .tcp(host: String(host), port: ServerAddress.defaultPort)
            return
        }
        guard portText.first == ":", let port = UInt16(portText.dropFirst()), port > 0 else { return nil }
        self = .tcp(host: String(host), port: Int(port))
    }
}

extension ServerAddress: CustomStringConvertible {
    /// The form that `init(_:)` reads.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
