import ArgumentParser

/// `ledgerline completions`
struct CompletionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print a completion script for a shell.",
        discussion: """
            EXAMPLES
              ledgerline completions bash > ~/.local/share/bash-completion/completions/ledgerline
              ledgerline completions zsh > ~/.zfunc/_ledgerline
              ledgerline completions fish > ~/.config/fish/completions/ledgerline.fish
            """
    )

    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish

        fileprivate var completionShell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }

        fileprivate var hint: String {
            switch self {
            case .bash:
                "bash: put it into ~/.local/share/bash-completion/completions/ledgerline (package bash-completion)"
            case .zsh:
                "zsh: put it into a directory of $fpath as _ledgerline, before `autoload -U compinit && compinit`"
            case .fish:
                "fish: put it into ~/.config/fish/completions/ledgerline.fish"
            }
        }
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() async throws {
        Terminal.output.writeLine(Ledgerline.completionScript(for: shell.completionShell))
        Terminal.errors.writeLine(shell.hint)
    }
}
