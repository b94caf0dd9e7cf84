import ArgumentParser
import LineJSON

/// The workspace that a command is about.
struct WorkspaceOptions: ParsableArguments {
    @Option(name: .long, help: "The org.")
    var org: String

    @Option(name: .long, help: "The workspace.")
    var workspace: String

    func write(to params: inout JSONWriter) {
        params.member("org", org)
        params.member("workspace", workspace)
    }
}
