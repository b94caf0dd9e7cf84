import Dispatch
import Foundation

/// Keeps a server's certificate what its files say: reads them upon SIGHUP, and looks every minute whether they changed.
/// Sendable because nothing changes after `init`.
final class TLSRenewal: @unchecked Sendable {
    private let sources: [any DispatchSourceProtocol]

    init(of certificate: TLSCertificate) {
        // One after the other: an older version of the files must not overtake a newer one.
        let queue = DispatchQueue(label: "ledgerline.tls")
        // The default action would end the process.
        let hangup = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
        hangup.setEventHandler { certificate.reload() }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + TLSRenewal.interval, repeating: TLSRenewal.interval)
        timer.setEventHandler { certificate.refresh() }
        sources = [hangup, timer]
        for source in sources { source.resume() }
    }

    func stop() {
        for source in sources { source.cancel() }
    }

    /// Seconds between two looks at the files.
    private static let interval = 60.0
}
