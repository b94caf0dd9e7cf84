/// Draws the board over the whole terminal, ten times a second.
struct ScreenView: DemoView {
    private static let interval = Duration.milliseconds(100)

    let showsUsage = true

    /// Takes the alternate screen and hides the cursor.
    func open() {
        Terminal.output.write("\u{1B}[?1049h\u{1B}[?25l")
    }

    func close() {
        Terminal.output.write("\u{1B}[?25h\u{1B}[?1049l")
    }

    func show(_ board: DemoBoard, _ day: DemoDay) async throws {
        while !Task.isCancelled {
            draw(DemoScreen(state: board.state, fraction: day.fraction, size: Terminal.output.size))
            try? await Task.sleep(for: ScreenView.interval)
        }
    }

    /// The cursor goes home and every line is cleared behind its text: nothing flickers.
    private func draw(_ screen: DemoScreen) {
        let lines = screen.lines(Terminal.output.style).map { "\($0)\u{1B}[K" }
        Terminal.output.write("\u{1B}[H\(lines.joined(separator: "\n"))\u{1B}[J")
    }
}
