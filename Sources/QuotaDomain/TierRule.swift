/// The percentages of its limit at which a workspace is warned and its syncs pause and resume (R6, R7, R10).
struct PausePercents: Hashable, Sendable {
    var bulkPause = Policy.bulkPausePercent
    var eventPause = Policy.eventPausePercent
    var warn = Policy.warnPercent
    var resumeHysteresis = Policy.resumeHysteresisPercent
}

/// On which side of the two pause lines a workspace is, or was when the log last said so.
struct LinesReached: Hashable, Sendable {
    var bulk = false
    var event = false
}

/// The tier of a workspace as a function of its usage (R5–R8), exact on integers: a line at `percent` is reached when
/// `used * 100 >= limit * percent`, and left when `used * 100 < limit * (percent - resume_hysteresis_percent)`.
struct TierRule {
    let limit: Int64
    let percents: PausePercents

    /// What usage means where `before` was the case until now.
    struct Standing: Hashable {
        var lines: LinesReached
        var isLimitReached: Bool

        var tier: Tier {
            if isLimitReached { return .exhausted }
            if lines.event { return .syncPaused }
            return lines.bulk ? .bulkPaused : .normal
        }
    }

    func standing(used: Int64, before: LinesReached) -> Standing {
        Standing(
            lines: LinesReached(
                bulk: used >= (before.bulk ? bulkLineLeft : calls(at: percents.bulkPause)),
                event: used >= (before.event ? eventLineLeft : calls(at: percents.eventPause))
            ),
            isLimitReached: used >= limit
        )
    }

    /// With fewer calls than this the bulk line is left. Never 0 unless the limit is.
    var bulkLineLeft: Int64 { calls(at: percents.bulkPause - percents.resumeHysteresis) }
    /// With fewer calls than this the event line is left.
    var eventLineLeft: Int64 { calls(at: percents.eventPause - percents.resumeHysteresis) }

    /// The indicator's warning, by the limit alone and without hysteresis (R7–R9).
    func warning(used: Int64) -> String? {
        if used >= limit { return Policy.hitWarning }
        return used >= calls(at: percents.warn) ? Policy.soonWarning : nil
    }

    /// The fewest calls that are at least `percent` of the limit.
    private func calls(at percent: Int64) -> Int64 { (limit * percent + 99) / 100 }
}

extension Tier {
    /// What is paused in this tier (R5–R8); settings calls pass the limit, but not the allowance (R11, R12).
    func paused(allowanceExhausted: Bool) -> [Purpose] {
        if allowanceExhausted { return [.settings, .inbox, .eventSync, .bulkSync, .other] }
        switch self {
        case .normal: return []
        case .bulkPaused: return [.bulkSync]
        case .syncPaused: return [.eventSync, .bulkSync]
        case .exhausted: return [.inbox, .eventSync, .bulkSync, .other]
        }
    }
}
