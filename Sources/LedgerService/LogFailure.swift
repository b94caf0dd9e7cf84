/// What a request is told that a log's failure left unanswered: the ledger's, or that of access control.
package struct LogFailure: Error, Sendable, CustomStringConvertible {
    /// What the log threw.
    package var error: any Error
    /// Whether it was part of the block that the log refused, which may be on the disk all the same. Otherwise nothing was
    /// done.
    package var mayBeDone: Bool

    package init(_ error: any Error, mayBeDone: Bool) {
        (self.error, self.mayBeDone) = (error, mayBeDone)
    }

    package var description: String { "the log failed: \(error)" }
}
