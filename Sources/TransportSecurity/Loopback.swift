/// Addresses that only this machine reaches.
package enum Loopback {
    package static func contains(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "[::1]" || isLoopbackIPv4(host)
    }

    private static func isLoopbackIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
