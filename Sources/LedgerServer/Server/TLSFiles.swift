import Foundation

/// The PEM files that encrypted connections rest on.
package struct TLSFiles: Hashable, Sendable {
    /// The server's certificate, and behind it those that lead to its authority.
    package var certificate: String
    /// The private key of the certificate, without a passphrase.
    package var key: String
    /// Authorities, one of which has to have signed the certificate that each client shows; nil: clients show none.
    package var clientAuthorities: String?

    /// Files at these paths; they are read when a server starts, and again when they change.
    package init(certificate: String, key: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    /// What changes when a file is written anew, or another one takes its place.
    struct Version: Equatable {
        fileprivate struct File: Equatable {
            var inode: UInt
            var seconds: Int
            var nanoseconds: Int
        }

        fileprivate var files: [File]
    }

    /// The version of what is there now. Links are followed: renewals often turn them.
    var version: Version {
        Version(
            files: [certificate, key, clientAuthorities].compactMap(\.self).map { path in
                // A file that is missing has all zeros.
                var status = stat()
                _ = stat(path, &status)
                return .init(inode: status.st_ino, seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
            }
        )
    }
}
