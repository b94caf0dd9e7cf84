/// What this program says of itself, in one place.
package enum LedgerlineVersion {
    /// The name in `server.info`.
    package static let name = "ledgerline"
    /// Semantic version of the program.
    package static let text = "0.1.0"
    /// Raised when clients of the protocol before would misunderstand this one.
    package static let `protocol` = "1"
}
