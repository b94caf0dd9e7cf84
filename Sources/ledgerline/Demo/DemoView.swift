/// Shows the demo.
protocol DemoView: Sendable {
    /// Prepares the terminal.
    func open()
    /// Shows the board until the task is cancelled.
    func show(_ board: DemoBoard, _ day: DemoDay) async throws
    /// Leaves the terminal as it was.
    func close()
}

/// One line for everything that happens.
struct PlainView: DemoView {
    private static let interval = Duration.milliseconds(100)

    func open() {}

    func show(_ board: DemoBoard, _ day: DemoDay) async throws {
        var shown = 0
        while !Task.isCancelled {
            let state = board.state
            for message in state.messages.suffix(state.messageCount - shown) {
                let style = Terminal.output.style
                Terminal.output.writeLine("\(style(day.clockText, .dim))  \(style(message.text, message.look))")
            }
            shown = state.messageCount
            try? await Task.sleep(for: PlainView.interval)
        }
    }

    func close() {}
}
