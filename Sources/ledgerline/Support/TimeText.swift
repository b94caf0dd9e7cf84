import ArgumentParser
import EventSourcing
import Foundation

extension Timestamp {
    /// Now, by this machine's clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// `2026-11-21 17:54`.
    var minuteText: String { String(description.prefix(16)).replacingOccurrences(of: "T", with: " ") }
}

/// An instant as people give it: RFC 3339, a day (its beginning, UTC), `now`, or how long ago: `90m`, `24h`, `7d`.
struct TimeArgument: ExpressibleByArgument, Hashable {
    private enum Form: Hashable {
        case instant(Timestamp)
        case ago(TimeSpan)
    }

    private var form: Form

    init?(argument: String) {
        if let instant = Timestamp(argument) ?? Timestamp("\(argument)T00:00:00Z") {
            form = .instant(instant)
        } else if argument == "now" {
            form = .ago(.seconds(0))
        } else if let span = TimeArgument.span(argument) {
            form = .ago(span)
        } else {
            return nil
        }
    }

    func timestamp(now: Timestamp) -> Timestamp {
        switch form {
        case .instant(let instant): instant
        case .ago(let span): now - span
        }
    }

    /// `90m`, `24h`, `7d`; nil for anything else.
    static func span(_ text: String) -> TimeSpan? {
        let countMax: Int64 = 1_000_000
        guard let count = Int64(text.dropLast()), (0...countMax).contains(count) else { return nil }
        switch text.last {
        case "s": return .seconds(count)
        case "m": return .minutes(count)
        case "h": return .hours(count)
        case "d": return .days(count)
        default: return nil
        }
    }
}
