import EventSourcing
import LineJSON
import SQLiteEventLog

/// `ledgerline verify --data … --against …`: how far two ledgers are the same.
struct LedgerComparison {
    private let ledger: LedgerFileReading
    private let report: VerificationReport
    private let other: LedgerFileReading
    private let asJSON: Bool

    init(_ ledger: LedgerFileReading, _ report: VerificationReport, with other: String, asJSON: Bool) throws {
        (self.ledger, self.report, self.asJSON) = (ledger, report, asJSON)
        self.other = try LedgerFileReading(other)
    }

    /// Throws `CommandFailure` when neither is the beginning of the other.
    func run() throws {
        let otherReport = try other.verify()
        let comparison = try LogComparison(
            VerifiedLog(ledger.log, report),
            VerifiedLog(other.log, otherReport)
        )
        if asJSON {
            Terminal.output.writeJSON { write(comparison, otherReport, to: &$0) }
        } else {
            LogVerdict(otherReport).show("against")
            show(comparison, otherReport)
        }
        if let fault = fault(in: comparison) { throw CommandFailure(.verification, fault) }
    }

    // MARK: In words

    private func show(_ comparison: LogComparison, _ otherReport: VerificationReport) {
        for line in lines(on: comparison, otherReport) { Terminal.output.writeLine("           \(line)") }
    }

    private func lines(on comparison: LogComparison, _ otherReport: VerificationReport) -> [String] {
        var lines: [String] = []
        if comparison.from > LogPosition(1) { lines.append("compared from position \(comparison.from) on") }
        switch comparison.verdict {
        case .same:
            lines.append("the same, up to position \(comparison.through)")
        case .firstIsBeginning:
            lines.append("the same up to position \(comparison.through), where \(ledger.name) ends")
            lines.append("\(other.name) goes on to \(otherReport.head.position)")
        case .secondIsBeginning:
            lines.append("the same up to position \(comparison.through), where \(other.name) ends")
            lines.append("\(ledger.name) goes on to \(report.head.position)")
        case .differs(let difference):
            lines.append(comparison.isAgreed ? "the same up to position \(comparison.through), then:" : "at first:")
            lines.append("\(ledger.name): \(difference.first.printable)")
            lines.append("\(other.name): \(difference.second.printable)")
        case .differsInDropped, .nothingInCommon:
            break
        }
        if comparison.isAgreed, comparison.sameBlocksThrough < comparison.through {
            lines.append("behind \(comparison.sameBlocksThrough) in other blocks: neither is a copy of the other")
        }
        return lines
    }

    private func fault(in comparison: LogComparison) -> String? {
        switch comparison.verdict {
        case .same, .firstIsBeginning, .secondIsBeginning:
            nil
        case .differs(let difference):
            "\(ledger.name) and \(other.name) differ from position \(difference.position) on"
        case .differsInDropped:
            "\(ledger.name) and \(other.name) differ before position \(comparison.from), in what one of them dropped"
        case .nothingInCommon:
            "\(ledger.name) and \(other.name) cannot be compared: one of them dropped all that the other holds"
        }
    }

    // MARK: For programs

    private func write(_ comparison: LogComparison, _ otherReport: VerificationReport, to writer: inout JSONWriter) {
        writer.member("verdict", comparison.verdict.name)
        writer.member("compared_from", comparison.from.ordinal)
        writer.member("same_through", comparison.through.ordinal)
        writer.member("same_blocks_through", comparison.sameBlocksThrough.ordinal)
        writer.object("head") { $0.members(of: report.head) }
        writer.object("other_head") { $0.members(of: otherReport.head) }
        guard case .differs(let difference) = comparison.verdict else { return }
        writer.member("differs_at", difference.position.ordinal)
        writer.member("line", difference.first)
        writer.member("other_line", difference.second)
    }
}

extension LogComparison {
    /// Whether they are the same anywhere.
    fileprivate var isAgreed: Bool { through >= from }
}

extension LogComparison.Verdict {
    /// For programs.
    fileprivate var name: String {
        switch self {
        case .same: "same"
        case .firstIsBeginning: "beginning_of_other"
        case .secondIsBeginning: "other_is_beginning"
        case .differs: "differs"
        case .differsInDropped: "differs_in_dropped"
        case .nothingInCommon: "nothing_in_common"
        }
    }
}
