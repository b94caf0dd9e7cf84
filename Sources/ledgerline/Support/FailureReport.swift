import EventSourcing
import Foundation
import LedgerClient
import LedgerService
import LineProtocol
import SQLiteEventLog

/// What a failure means for a person (text on standard error) and for a program (exit status).
struct FailureReport {
    var status: ExitStatus
    var message: String

    init(_ error: any Error) {
        switch error {
        case let error as CommandFailure:
            self.init(error.status, error.description)
        case let error as RPCError:
            self.init(FailureReport.status(of: error), FailureReport.message(of: error))
        case let error as LedgerClientError:
            self.init(.connection, error.description)
        case EventLogError.storage(let reason):
            self.init(.dataDirectory, reason)
        case EventLogError.damaged(let position, let reason):
            self.init(.verification, "the log \(EventLogError.wordsOfDamage(at: position, reason))")
        case ViewsError.storage(let reason):
            self.init(.dataDirectory, "views.db: \(reason)")
        case ViewsError.damaged(let reason):
            self.init(.verification, "views.db is damaged: \(reason)")
        case EventLogError.outOfRange(let firstHeld):
            self.init(.refused, "the events before position \(firstHeld) were dropped by retention")
        case let error as UnexpectedHistory:
            self.init(.verification, error.description)
        case let error as LostEvents:
            self.init(.verification, "\(error)\n  \(FailureReport.lostEventsHint)")
        case let error as LostAccessEvents:
            self.init(.verification, "\(error)\n  \(FailureReport.lostAccessEventsHint)")
        case is CancellationError:
            self.init(.refused, "interrupted")
        case let error as any LocalizedError:
            self.init(.refused, error.errorDescription ?? error.localizedDescription)
        default:
            self.init(.refused, "\(error)")
        }
    }

    private init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    private static let lostEventsHint = """
        events were lost: restore a backup into a new directory, or serve what is left with --accept-shorter-log
        """

    private static let lostAccessEventsHint = """
        a token that was revoked there would be good again: put the newest access/ back, or serve with \
        --accept-shorter-log, which revokes all tokens
        """

    private static func status(of error: RPCError) -> ExitStatus {
        error.status == .dataLoss ? .verification : .refused
    }

    /// `FAILED_PRECONDITION (BULK_SYNC_ACTIVE): …`, then what to do where that is known.
    private static func message(of error: RPCError) -> String {
        let place = [error.reason, error.field.map { "field \($0)" }].compactMap { $0 }.joined(separator: ", ")
        var message = "\(error.status)\(place.isEmpty ? "" : " (\(place))"): \(error.message.printable)"
        for detail in error.details {
            message += "\n  \(detail.name.printable): \(String(decoding: detail.json, as: UTF8.self).printable)"
        }
        return message
    }
}
