import ArgumentParser
import LedgerClient

/// `ledgerline demo`
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Watch a day in a minute: limits, pauses, a bulk sync, errors.",
        discussion: """
            Three workspaces share the allowance of an org. Nothing is made up on the screen: everything is recorded \
            by a server, which runs inside this process with a temporary ledger unless --server names another one, and \
            read back from it. Calls that were made almost 24 hours ago stop counting while you watch.

            EXAMPLES
              ledgerline demo
              ledgerline demo --seconds 20 --plain
              ledgerline demo --server 127.0.0.1:7411      play on a running server, in an org of its own
            """
    )

    @Option(name: .long, help: "How long the day takes, 5 to 3,600 seconds.")
    var seconds = 60

    @Flag(name: .long, help: "Print lines instead of drawing; so it is when standard output is no terminal.")
    var plain = false

    @Option(name: .long, help: ArgumentHelp("Play on this server.", valueName: "address"))
    var server: ServerAddress?

    @Option(name: .long, help: ArgumentHelp("Play on the server at this Unix socket.", valueName: "path"))
    var unix: String?

    @OptionGroup(title: "Encryption") var encryption: TLSOptions

    func validate() throws {
        guard (5...3_600).contains(seconds) else { throw ValidationError("--seconds must be 5 to 3600.") }
        if server != nil, unix != nil { throw ValidationError("Give either --server or --unix, not both.") }
        if server == nil, !encryption.isDefault {
            throw ValidationError("--tls and its options need --server: nothing else is encrypted.")
        }
    }

    func run() async throws {
        if let address = unix.map({ ServerAddress.unix(path: $0) }) ?? server {
            try await play(address, try ConnectionOptions.configuration(encryption))
        } else {
            try await LocalServer.withTemporaryLedger { address in try await play(address, ClientConfiguration()) }
        }
    }

    private func play(_ address: ServerAddress, _ configuration: ClientConfiguration) async throws {
        let board = DemoBoard()
        let client = try await LedgerClient.connect(to: address, configuration: configuration)
        let story = DemoStory(client: client, world: DemoWorld(), day: DemoDay(seconds: seconds))
        try await story.prepare()
        try await watch(story, board)
        board.state.summary.forEach { Terminal.output.writeLine($0) }
        await client.close()
    }

    /// The last events arrive, and are looked at, before the curtain falls.
    private static let lingering = Duration.seconds(1)

    /// Plays the story and shows it, until it ends or is interrupted.
    private func watch(_ story: DemoStory, _ board: DemoBoard) async throws {
        let watcher = DemoWatcher(client: story.client, world: story.world, board: board, day: story.day)
        let view: any DemoView = plain || !Terminal.output.isInteractive ? PlainView() : ScreenView()
        view.open()
        defer { view.close() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await story.play()
                try await Task.sleep(for: DemoCommand.lingering)
            }
            group.addTask { try await watcher.watchEvents() }
            if view.showsUsage { group.addTask { try await watcher.pollUsage() } }
            group.addTask { try await view.show(board, story.day) }
            group.addTask { await Interruption.wait() }
            // Only the story and an interruption end by themselves.
            try await group.next()
            group.cancelAll()
        }
    }
}
