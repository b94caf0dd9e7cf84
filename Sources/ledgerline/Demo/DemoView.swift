/// Shows the demo.
protocol DemoView: Sendable {
    /// Whether the view needs to know where usage stands, besides what happens.
    var showsUsage: Bool { get }
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

    let showsUsage = false

    func open() {}

    func show(_ board: DemoBoard, _ day: DemoDay) async throws {
        var shown = 0
        while !Task.isCancelled {
            let state = board.state
            for message in state.messages.suffix(state.messageCount - shown) {
                let style = Terminal.output.style
                Terminal.output.writeLine("\(style(message.clock, .dim))  \(style(message.text, message.look))")
            }
            shown = state.messageCount
            try? await Task.sleep(for: PlainView.interval)
        }
    }

    func close() {}
}
