/// The names of the databases in a data directory.
package enum LedgerFile {
    package static let log = LedgerSchema.fileName
    package static let views = ViewsSchema.fileName
}
