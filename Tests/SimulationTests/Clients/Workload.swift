import TestSupport

/// Thinks of requests; many of them compete with others.
struct Workload {
    /// Ids that several clients send, some with other content.
    private struct Contest {
        var contents: [SentCall]
        var requestsLeft: Int
    }

    private var contests: [Contest] = []
    private var nextTag = 0
    private var nextID = 0
    private var setNumbers: Set<Int64> = []
    /// The newest version that anybody was told, by workspace.
    var versions: [String: Int64] = [:]

    mutating func next(using random: inout SeededRandom) -> Request {
        let workspace = random.pick(Request.workspaces)
        switch random.below(20) {
        case 0..<6: return .record([call(using: &random)])
        case 6..<9: return .record([contested(using: &random)])
        case 9: return .record((0..<random.number(in: 2...3)).map { _ in call(using: &random) })
        case 10..<14: return .update(update(of: workspace, using: &random))
        case 14: return .configure(allowance: unused(50...500, using: &random), id: id(0.7, using: &random))
        case 15..<17: return .usage(workspace: workspace)
        case 17..<19: return .settings(workspace: workspace)
        default: return .ping
        }
    }

    private mutating func call(using random: inout SeededRandom) -> SentCall {
        nextTag += 1
        return SentCall(
            tag: nextTag,
            workspace: random.chance(0.85) ? random.pick(Request.workspaces) : nil,
            calls: Int64(random.number(in: 1...9)),
            id: id(0.6, using: &random)
        )
    }

    private mutating func contested(using random: inout SeededRandom) -> SentCall {
        if contests.isEmpty || random.chance(0.3) {
            var first = call(using: &random)
            nextID += 1
            first.id = "contest-\(nextID)"
            nextTag += 1
            var second = first
            second.tag = nextTag
            contests.append(Contest(contents: [first, first, first, second], requestsLeft: random.number(in: 2...5)))
        }
        let index = random.below(contests.count)
        let content = random.pick(contests[index].contents)
        contests[index].requestsLeft -= 1
        if contests[index].requestsLeft == 0 { contests.remove(at: index) }
        return content
    }

    private mutating func update(of workspace: String, using random: inout SeededRandom) -> SettingsUpdate {
        SettingsUpdate(
            workspace: workspace,
            limit: unused(5...200, using: &random),
            bulkPausePercent: random.chance(0.3) ? Int64(random.number(in: 1...80)) : nil,
            expectedVersion: random.chance(0.75) ? versions[workspace] ?? 0 : nil,
            id: id(0.6, using: &random)
        )
    }

    /// A number by which a change is told from all others.
    private mutating func unused(_ range: ClosedRange<Int>, using random: inout SeededRandom) -> Int64 {
        var number = Int64(random.number(in: range))
        while !setNumbers.insert(number).inserted { number += 1 }
        return number
    }

    private mutating func id(_ probability: Double, using random: inout SeededRandom) -> String? {
        guard random.chance(probability) else { return nil }
        nextID += 1
        return "id-\(nextID)"
    }
}
