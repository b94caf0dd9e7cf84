import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// What went wrong with a socket, in a few words for people.
func connectionFailureText(_ error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
        if let attempt = error.connectionErrors.first { return connectionFailureText(attempt.error) }
        return "there is no host named \(error.host)"
    case let error as IOError:
        return String(cString: strerror(error.errnoCode)).lowercased()
    case ChannelError.connectTimeout(let amount):
        return "no answer within \(amount.nanoseconds / 1_000_000_000) s"
    case is NIOSSLError, is BoringSSLError:
        return TLSFailure(error).reason
    default:
        return "\(error)"
    }
}
