/// Writes who made calls: org, workspace, integration and purpose. All connections share one.
final class CallerWriter: Sendable {
    /// The text's bytes at most.
    let bytesMax: Int

    private let callerChoice = WeightedChoice(CallMix.callers.map(\.share))
    private let areOfWorkspace = CallMix.callers.map(\.isOfWorkspace)
    private let callers: PreparedTexts
    private let orgTexts: PreparedTexts
    private let workspaceTexts: PreparedTexts

    init(orgs: Int, workspaces: Int) {
        orgTexts = PreparedTexts((1...orgs).map { #""org":"\#(BenchNames.org($0))""# })
        workspaceTexts = PreparedTexts((1...workspaces).map { #","workspace":"\#(BenchNames.workspace($0))""# })
        callers = PreparedTexts(
            CallMix.callers.map { caller in
                let integration = caller.integration.map { #","integration":"\#($0)""# } ?? ""
                return #"\#(integration),"purpose":"\#(caller.purpose)""#
            }
        )
        bytesMax = orgTexts.longest + workspaceTexts.longest + callers.longest
    }

    /// Appends the members of a caller, without braces; every workspace is as likely as the others.
    @inline(__always)
    func writeCaller(to text: inout TextCursor, using random: inout SplitMix64) {
        var bits = random.next()
        let caller = callerChoice.draw(&bits)
        orgTexts.write(random.next(below: orgTexts.count), to: &text)
        if areOfWorkspace[caller] { workspaceTexts.write(random.next(below: workspaceTexts.count), to: &text) }
        callers.write(caller, to: &text)
    }

    /// Appends org and workspace alone.
    func writeWorkspace(to text: inout TextCursor, using random: inout SplitMix64) {
        orgTexts.write(random.next(below: orgTexts.count), to: &text)
        workspaceTexts.write(random.next(below: workspaceTexts.count), to: &text)
    }
}
