import LedgerService
import LineJSON
import LineProtocol
import QuotaDomain

/// What handlers return most.
extension Routed {
    /// Carries out a command. The result has `position` and `duplicate`, and what `members` adds.
    static func command(
        _ arguments: Arguments,
        _ action: Command.Action,
        members: @escaping @Sendable (inout JSONWriter, CommandAnswer) throws(Rejection) -> Void
    ) -> Routed {
        let command = arguments.command(action)
        let work = Burst.Work.command(command) { receipt, state, moment throws(Rejection) in
            let answer = CommandAnswer(command: command, receipt: receipt, state: state, moment: moment)
            return try JSONWriter.object { result throws(Rejection) in
                result.member("position", receipt.position)
                result.member("duplicate", receipt.isDuplicate)
                try members(&result, answer)
            }
        }
        return .work(work, arguments.declares("confirm") ? .writtenIfConfirmed : .written)
    }

    /// Asks the live state. `members` writes the members of the result.
    static func query(
        _ members: @escaping @Sendable (inout JSONWriter, QuotaState, Moment) throws(Rejection) -> Void
    ) -> Routed {
        let work = Burst.Work.query { state, moment throws(Rejection) in
            try JSONWriter.object { result throws(Rejection) in try members(&result, state, moment) }
        }
        return .work(work, .written)
    }

    /// Runs off the event loop. `members` writes the members of the result.
    static func blocking(_ members: @escaping @Sendable (inout JSONWriter) throws -> Void) -> Routed {
        .offload { try JSONWriter.object { result in try members(&result) } }
    }

    /// The same beside the ledger, see `offloadAside`.
    static func blockingAside(_ members: @escaping @Sendable (inout JSONWriter) throws -> Void) -> Routed {
        .offloadAside { try JSONWriter.object { result in try members(&result) } }
    }

    /// Answers at once. `members` writes the members of the result.
    static func answer(_ members: (inout JSONWriter) -> Void) -> Routed {
        .immediate(JSONWriter.object { result in members(&result) })
    }
}

/// What the answer to a command is made of.
struct CommandAnswer {
    let command: Command
    let receipt: Receipt
    /// As the command left it.
    let state: QuotaState
    let moment: Moment

    var hasChanged: Bool { !receipt.events.isEmpty }
    var org: String { command.org }
    /// Asked for by the methods of workspaces only.
    var workspace: String { command.workspace ?? "" }

    /// The bulk sync that was stopped to make a change.
    var stoppedBulkSync: Int64? {
        for event in receipt.events {
            if case .bulkSyncStopped(let sync, _) = event.body { return sync }
        }
        return nil
    }
}

extension JSONWriter {
    /// The bytes of one object.
    static func object<E: Error>(_ members: (inout JSONWriter) throws(E) -> Void) throws(E) -> [UInt8] {
        var writer = JSONWriter()
        try writer.object(members)
        return writer.take()
    }
}
