import EventSourcing
import Logging
import NIOSSL
import Synchronization

/// The certificate that new connections are served with. It is replaced while the server runs; open connections live on
/// with the one that they began with.
final class TLSCertificate: Sendable {
    private let files: TLSFiles
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var credentials: TLSCredentials
        /// Of the files that were read last, whether or not they could be used.
        var version: TLSFiles.Version
        /// What the last warning said.
        var warnedDaysLeft: Int64?
    }

    /// Throws `PEMFileError` for the file that cannot be used.
    init(_ files: TLSFiles, now: @escaping @Sendable () -> Timestamp, logger: Logger) throws {
        self.files = files
        self.now = now
        self.logger = logger
        // Looked at before they are read: what changes meanwhile is another version, and is read next time.
        let version = files.version
        state = Mutex(State(credentials: try TLSCredentials(files), version: version))
        warnOfEnd()
    }

    /// What a new connection is to be encrypted with.
    var context: NIOSSLContext { state.withLock { $0.credentials.context } }

    /// When the certificate ends.
    var notAfter: Timestamp { state.withLock { $0.credentials.notAfter } }

    /// Reads the files again. When they cannot be used, the certificate stays, and the log says why.
    func reload() {
        let version = files.version
        state.withLock { $0.version = version }
        do {
            let credentials = try TLSCredentials(files)
            state.withLock { state in
                state.credentials = credentials
                state.warnedDaysLeft = nil
            }
            logger.notice("\(files.certificate) is served to new connections; it ends at \(credentials.notAfter)")
            warnOfEnd()
        } catch {
            logger.error("\(error): the certificate from before is served on; it ends at \(notAfter)")
        }
    }

    /// Reads the files again if they changed, and warns once a day when the certificate is about to end.
    func refresh() {
        if state.withLock({ $0.version != files.version }) { reload() } else { warnOfEnd() }
    }

    private func warnOfEnd() {
        let daysLeft = (notAfter - now()).milliseconds / TimeSpan.days(1).milliseconds
        let isNews = state.withLock { state in
            guard daysLeft < TLSCertificate.warningDays, daysLeft != state.warnedDaysLeft else { return false }
            state.warnedDaysLeft = daysLeft
            return true
        }
        if isNews { logger.warning("the certificate in \(files.certificate) ends at \(notAfter)") }
    }

    /// Days before its end from when on it is warned of.
    private static let warningDays: Int64 = 14
}
