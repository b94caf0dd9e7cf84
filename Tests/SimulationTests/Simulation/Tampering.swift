import TestSupport

/// What a mutant does to the lines between clients and server. One of them sees all connections.
final class Tampering {
    private let mutant: Mutant
    private var random: SeededRandom
    /// Results of `usage.get` by workspace.
    private var olderResults: [String: String] = [:]

    init(_ mutant: Mutant, seed: UInt64) {
        self.mutant = mutant
        random = SeededRandom(seed: ~seed)
    }

    /// A half-close comes before what was sent is read.
    var dropsUnreadAtHalfClose: Bool { mutant == .closeTooEarly }

    // MARK: On the way to the server

    func request(_ line: String) -> [String] {
        switch mutant {
        case .ignoreExpectedVersion:
            return [line.replacing(/,"expected_version":[0-9]+/, with: "")]
        case .carryOutTwice:
            guard let id = line.firstMatch(of: /^{"jsonrpc":"2.0","id":[0-9]+,/), line.contains(#""usage.record""#)
            else { return [line] }
            return [line, #"{"jsonrpc":"2.0","# + line[id.range.upperBound...]]
        case .recordOtherCalls:
            return [random.chance(0.2) ? line.replacing(#""calls":1"#, with: #""calls":2"#) : line]
        default:
            return [line]
        }
    }

    // MARK: On the way back

    func answers(_ lines: [String], isNetcat: Bool) -> [String] {
        guard random.chance(0.3) else { return lines.map(noted) }
        switch mutant {
        case .denyDuplicates: return lines.map { $0.replacing(#""duplicate":true"#, with: #""duplicate":false"#) }
        case .answerFromThePast: return lines.map(older)
        case .denyWhatWasDone: return lines.map(denied)
        case .dropAnAnswer: return changingOne(of: lines, if: Tampering.isAnswer) { _ in [] }
        case .answerTwice: return changingOne(of: lines, if: Tampering.isAnswer) { [$0, $0] }
        case .swapAnswers: return isNetcat ? swappingTwo(of: lines, if: Tampering.isAnswer) : lines
        case .deliverTwice: return changingOne(of: lines, if: Tampering.isEvent) { [$0, $0] }
        case .skipAnEvent: return changingOne(of: lines, if: Tampering.isEvent) { _ in [] }
        case .reorderEvents: return swappingTwo(of: lines, if: Tampering.isEvent)
        case .changeEventBytes:
            return changingOne(of: lines, if: Tampering.isEvent) { [$0.replacing(#""data":"#, with: #""data": "#)] }
        default: return lines
        }
    }

    private static func isAnswer(_ line: String) -> Bool {
        line.contains(#""result":"#) && !line.contains(#""subscription":"#)
    }

    private static func isEvent(_ line: String) -> Bool { line.hasPrefix(#"{"position":"#) }

    private func changingOne(
        of lines: [String],
        if isCandidate: (String) -> Bool,
        _ change: (String) -> [String]
    ) -> [String] {
        let candidates = lines.indices.filter { isCandidate(lines[$0]) }
        guard !candidates.isEmpty else { return lines }
        let chosen = random.pick(candidates)
        return lines.indices.flatMap { $0 == chosen ? change(lines[$0]) : [lines[$0]] }
    }

    private func swappingTwo(of lines: [String], if isCandidate: (String) -> Bool) -> [String] {
        let candidates = lines.indices.filter { isCandidate(lines[$0]) }
        guard candidates.count > 1 else { return lines }
        var swapped = lines
        swapped.swapAt(candidates[0], candidates[1])
        return swapped
    }

    private func noted(_ line: String) -> String {
        if let result = usage(in: line), olderResults[result.workspace] == nil {
            olderResults[result.workspace] = result.text
        }
        return line
    }

    private func older(_ line: String) -> String {
        guard let result = usage(in: line), let older = olderResults[result.workspace] else { return noted(line) }
        return line.replacing(result.text, with: older)
    }

    private func usage(in line: String) -> (workspace: String, text: String)? {
        guard let match = line.firstMatch(of: /"result":({"org":"[a-z]+","workspace":"([a-z]+)","as_of".*})}/) else {
            return nil
        }
        return (String(match.output.2), String(match.output.1))
    }

    private func denied(_ line: String) -> String {
        guard line.contains(#""duplicate":false"#), let start = line.firstRange(of: #""result":"#) else { return line }
        return line[..<start.lowerBound]
            + #""error":{"code":4,"message":"","data":{"status":"DEADLINE_EXCEEDED","outcome":"not_done"}}}"#
    }
}
