import EventSourcing
import Foundation

@testable import QuotaDomain

/// The log once more, as plain arrays that are searched from end to end for every question. Read by Foundation's JSON
/// parser from the lines, written from the design, sharing no code with what it checks.
struct NaiveLedger {
    struct MadeCall {
        var position: Int64
        var time: Timestamp
        var org: String
        var workspace: String?
        var integration: String
        var purpose: String
        var verb: String
        var resource: String
        var status: String
        var calls: Int64
        var counted: Bool
        /// From when it counts.
        var at: Timestamp
    }

    struct Happening {
        var position: Int64
        var time: Timestamp
        var type: String
        var org: String
        var workspace: String?
        var data: [String: Any]
    }

    private(set) var calls: [MadeCall] = []
    private(set) var happenings: [Happening] = []
    private(set) var times: [Timestamp] = []

    init(_ lines: [String]) throws {
        for line in lines { try take(line) }
    }

    private mutating func take(_ line: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as! [String: Any]
        let data = object["data"] as! [String: Any]
        let position = object["position"] as! Int64
        let time = Timestamp(object["time"] as! String)!
        let (org, workspace) = (object["org"] as! String, object["workspace"] as? String)
        times.append(time)
        guard object["type"] as! String == "api.called" else {
            let happening = Happening(
                position: position,
                time: time,
                type: object["type"] as! String,
                org: org,
                workspace: workspace,
                data: data
            )
            return happenings.append(happening)
        }
        calls.append(
            MadeCall(
                position: position,
                time: time,
                org: org,
                workspace: workspace,
                integration: data["integration"] as? String ?? "",
                purpose: data["purpose"] as! String,
                verb: data["verb"] as? String ?? "",
                resource: data["resource"] as? String ?? "",
                status: (data["status"] as? Int).map(String.init) ?? "",
                calls: data["calls"] as! Int64,
                counted: data["counted"] as? Bool ?? true,
                at: min((data["at"] as? String).map { Timestamp($0)! } ?? time, time)
            )
        )
    }
}

// MARK: - The indicator, at any time

extension NaiveLedger {
    /// What is known by position `known` of the 24 hours up to `instant`. Settings are those of events until then.
    /// Knows no hysteresis.
    func usage(org: String, workspace: String, at instant: Timestamp, known: Int64) -> UsageReport {
        let past = happenings.filter { $0.org == org && $0.position <= known && $0.time <= instant }
        let (allowance, observation) = allotment(past, at: instant)
        func count(endingAt end: Timestamp, _ isIncluded: (MadeCall) -> Bool = { _ in true }) -> Int64 {
            calls.filter { call in
                call.org == org && call.position <= known && call.counted && isIncluded(call) && call.at <= end
                    && call.at > end - .hours(24)
            }.reduce(0) { $0 + $1.calls }
        }
        let used = count(endingAt: instant) { $0.workspace == workspace }
        let otherWorkspaces = count(endingAt: instant) { $0.workspace != nil && $0.workspace != workspace }
        let integrations = count(endingAt: instant) { $0.workspace == nil }
        let residual = observation.map { $0.used - count(endingAt: $0.at) }
        let unattributed = residual.map { max($0, 0) }
        let others = otherWorkspaces + integrations + (unattributed ?? 0)
        let settings = Settings(past.filter { $0.workspace == workspace }, allowance: allowance)
        let isExhausted = used + others >= allowance
        let tier = isExhausted ? .exhausted : settings.tier(used: used)
        return UsageReport(
            org: org,
            workspace: workspace,
            asOf: instant,
            allowance: allowance,
            limit: settings.limit,
            usedByWorkspace: used,
            usedByOthers: others,
            otherWorkspaces: otherWorkspaces,
            integrations: integrations,
            unattributed: unattributed,
            drift: residual.map { max(-$0, 0) },
            orgUsed: used + others,
            tier: tier,
            paused: NaiveLedger.paused(tier, isAllowanceExhausted: isExhausted),
            warning: settings.warning(used: used),
            allowanceExhausted: isExhausted,
            nextChangeAt: nil,
            observation: observation
        )
    }

    /// The latest of configuration and observation gives the allowance; an observation older than one in force is
    /// passed over.
    private func allotment(_ past: [Happening], at instant: Timestamp) -> (Int64, ObservationReport?) {
        var allowance: Int64 = 15_000
        var current: ObservationReport?
        for happening in past {
            if happening.type == "org.configured" { allowance = happening.data["allowance"] as? Int64 ?? allowance }
            guard happening.type == "org.observed" else { continue }
            let at = Timestamp(happening.data["at"] as! String)!
            if let inForce = current, happening.time < inForce.at + .hours(24), at < inForce.at { continue }
            allowance = happening.data["allowance"] as! Int64
            current = ObservationReport(
                used: happening.data["used"] as! Int64,
                allowance: allowance,
                at: at,
                source: ObservationSource(rawValue: happening.data["source"] as! String)!,
                age: instant - at
            )
        }
        guard let last = current, last.at <= instant, instant < last.at + .hours(24) else { return (allowance, nil) }
        return (allowance, last)
    }

    private struct Settings {
        var limit: Int64
        var bulk: Int64 = 40
        var event: Int64 = 80
        var warn: Int64 = 80

        init(_ past: [Happening], allowance: Int64) {
            var limit: Int64?
            for change in past.filter({ $0.type == "settings.changed" }).map(\.data) {
                if let value = change["limit"] { limit = value as? Int64 }
                bulk = change["bulk_pause_percent"] as? Int64 ?? bulk
                event = change["event_pause_percent"] as? Int64 ?? event
                warn = change["warn_percent"] as? Int64 ?? warn
            }
            self.limit = limit ?? allowance
        }

        func tier(used: Int64) -> Tier {
            if used >= limit { return .exhausted }
            if used * 100 >= limit * event { return .syncPaused }
            return used * 100 >= limit * bulk ? .bulkPaused : .normal
        }

        func warning(used: Int64) -> String? {
            if used >= limit { return Policy.hitWarning }
            return used * 100 >= limit * warn ? Policy.soonWarning : nil
        }
    }

    private static func paused(_ tier: Tier, isAllowanceExhausted: Bool) -> [Purpose] {
        if isAllowanceExhausted { return [.settings, .inbox, .eventSync, .bulkSync, .other] }
        switch tier {
        case .normal: return []
        case .bulkPaused: return [.bulkSync]
        case .syncPaused: return [.eventSync, .bulkSync]
        case .exhausted: return [.inbox, .eventSync, .bulkSync, .other]
        }
    }
}
