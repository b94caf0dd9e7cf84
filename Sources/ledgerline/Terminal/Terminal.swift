import Foundation

/// One of the process's two outputs: whether a person looks at it, how wide it is, and writing to it.
struct Terminal: Sendable {
    static let output = Terminal(descriptor: STDOUT_FILENO)
    static let errors = Terminal(descriptor: STDERR_FILENO)

    /// The width where none can be found out, in columns.
    private static let defaultColumns = 80

    let descriptor: Int32
    /// Whether this is a terminal, not a file or a pipe.
    let isInteractive: Bool
    /// Coloured on a terminal, unless NO_COLOR (https://no-color.org) or TERM says otherwise.
    let style: Style

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        isInteractive = isatty(descriptor) == 1
        let environment = ProcessInfo.processInfo.environment
        let wantsNoColour = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        style = isInteractive && !wantsNoColour && environment["TERM"] != "dumb" ? .coloured : .plain
    }

    /// Columns and rows now; a window may change its size.
    var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard isInteractive, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return (Terminal.defaultColumns, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    func writeLine(_ line: String = "") { write(line + "\n") }

    func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes everything. When nobody reads any more (`ledgerline tail | head`), the process is done.
    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = Foundation.write(
                    descriptor,
                    UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                    rest.count
                )
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno != EINTR && errno != EAGAIN {
                    exit(ExitStatus.success.rawValue)
                }
            }
        }
    }
}
