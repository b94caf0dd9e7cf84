/// Writes calls as the mix has them: made of prepared texts, with random parts in between. All connections share one.
final class CallWriter: Sendable {
    /// Bytes of one call's members at most.
    let bytesMax: Int

    private let usesIDs: Bool
    /// nil: calls are dated when they are recorded.
    private let instants: RandomInstants?
    private let verbChoice = WeightedChoice(CallMix.verbs.map(\.share))
    private let resourceChoice = WeightedChoice(CallMix.resources.map(\.share))
    private let statusChoice = WeightedChoice(CallMix.statuses.map(\.share))
    private let verbs = PreparedTexts(CallMix.verbs.map { #""verb":"\#($0.name)","resource":""# })
    private let resources = PreparedTexts(CallMix.resources.map(\.path))
    private let recordPairs = CallMix.resources.map(\.randomPairs)
    private let statuses = PreparedTexts(CallMix.statuses.map { #"","status":\#($0.code)"# })

    /// Random ids have 26 characters, as those of ULIDs.
    private static let idPairs = 13
    private static let idOpening: StaticString = #","id":""#
    private static let idClosing: StaticString = "\""

    init(usesIDs: Bool, instants: RandomInstants? = nil) {
        self.usesIDs = usesIDs
        self.instants = instants
        let randomPairs = CallWriter.idPairs + (recordPairs.max() ?? 0)
        bytesMax =
            verbs.longest + resources.longest + statuses.longest + 2 * randomPairs
            + CallWriter.idOpening.utf8CodeUnitCount + CallWriter.idClosing.utf8CodeUnitCount
            + (instants?.bytesMax ?? 0)
    }

    /// Appends verb, resource, status and, where calls have them, instant and id: the members without braces.
    @inline(__always)
    func write(to text: inout TextCursor, using random: inout SplitMix64) {
        var bits = random.next()
        verbs.write(verbChoice.draw(&bits), to: &text)
        let resource = resourceChoice.draw(&bits)
        resources.write(resource, to: &text)
        RandomText.base62.write(pairs: recordPairs[resource], to: &text, using: &random)
        statuses.write(statusChoice.draw(&bits), to: &text)
        instants?.write(to: &text, using: &random)
        guard usesIDs else { return }
        text.write(CallWriter.idOpening)
        RandomText.base32.write(pairs: CallWriter.idPairs, to: &text, using: &random)
        text.write(CallWriter.idClosing)
    }
}
