/// The exit statuses of `ledgerline`, as its help lists them.
enum ExitStatus: Int32 {
    case success = 0
    /// The server refused, or the work could not be done; standard error says why.
    case refused = 1
    /// The command line makes no sense.
    case usage = 2
    /// There is no connection to the server, or it was lost.
    case connection = 3
    /// The log or a projection is not what it should be.
    case verification = 4
    /// The data directory is in use by another process, or cannot be used.
    case dataDirectory = 5

    static let help = """
        EXIT STATUS
          0  done
          1  the server refused, or the work could not be done; standard error says why
          2  the command line makes no sense
          3  cannot connect to the server, or the connection was lost
          4  verification failed, or events were lost
          5  the data directory is in use or unusable
        """
}

/// A failure that a command itself finds.
struct CommandFailure: Error, CustomStringConvertible {
    var status: ExitStatus
    var description: String

    init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
