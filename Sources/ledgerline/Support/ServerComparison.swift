import EventSourcing
import LedgerClient
import LineJSON
import LineProtocol
import SQLiteEventLog

/// `ledgerline verify --against …` with a server: whether a backup is the beginning of the server's log, or the other
/// way round.
///
/// The server is asked to verify heads of the other ledger, so no line of it leaves this machine. Which line differs
/// first is for the comparison of files to tell.
struct ServerComparison {
    private let client: LedgerClient
    private let other: LedgerFileReading
    private let asJSON: Bool

    init(_ client: LedgerClient, _ other: String, asJSON: Bool) throws {
        (self.client, self.asJSON) = (client, asJSON)
        self.other = try LedgerFileReading(other)
    }

    func run() async throws {
        let report = try other.verify()
        let head = try await client.call("server.info").withValue { LogHead($0["head"]) } ?? .empty
        let isOtherShorter = report.head.position <= head.position
        if isOtherShorter {
            try await expect(report.head)
        } else if try other.log.hash(after: head.position) != head.hash {
            throw differ
        }
        show(report, head, sameThrough: min(report.head.position, head.position), isOtherShorter: isOtherShorter)
    }

    private func expect(_ head: LogHead) async throws {
        let verification = MethodRequest("log.verify", expecting: [head])
        do {
            _ = try await TaskProgress.show(of: verification.method, client) {
                try await client.call(verification.method, params: verification.params)
            }
        } catch let error as RPCError where error.reason == "OTHER_LOG" {
            throw differ
        }
    }

    private var differ: CommandFailure {
        CommandFailure(
            .verification,
            "the server's log and \(other.name) differ; --data instead of a server tells where"
        )
    }

    private func show(_ report: VerificationReport, _ head: LogHead, sameThrough: LogPosition, isOtherShorter: Bool) {
        guard !asJSON else {
            return Terminal.output.writeJSON { result in
                let verdict = isOtherShorter ? "other_is_beginning" : "beginning_of_other"
                result.member("verdict", report.head == head ? "same" : verdict)
                result.member("same_through", sameThrough.ordinal)
                result.object("head") { $0.members(of: head) }
                result.object("other_head") { $0.members(of: report.head) }
            }
        }
        LogVerdict(report).show("against")
        guard report.head != head else {
            return Terminal.output.writeLine("           the same, up to position \(sameThrough)")
        }
        let (shorter, longer) = isOtherShorter ? (other.name, "the server") : ("the server", other.name)
        Terminal.output.writeLine("           the same up to position \(sameThrough), where \(shorter) ends")
        Terminal.output.writeLine("           \(longer) goes on to \(max(report.head.position, head.position))")
    }
}
