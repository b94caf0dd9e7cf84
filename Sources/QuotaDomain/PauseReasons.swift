/// The set of reasons for which a sync is paused (R16).
struct PauseReasons: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let quota = PauseReasons(rawValue: 1)
    static let allowance = PauseReasons(rawValue: 2)
    static let `operator` = PauseReasons(rawValue: 4)
    /// All that there are.
    static let all: PauseReasons = [.quota, .allowance, .operator]

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ reason: PauseReason) {
        switch reason {
        case .quota: self = .quota
        case .allowance: self = .allowance
        case .operator: self = .operator
        }
    }

    init(_ reasons: [PauseReason]) {
        self = reasons.reduce(into: []) { $0.formUnion(PauseReasons($1)) }
    }

    func contains(_ reason: PauseReason) -> Bool { contains(PauseReasons(reason)) }

    /// As they are reported: sorted by name.
    var list: [PauseReason] {
        isEmpty ? [] : PauseReason.allCases.filter(contains).sorted()
    }
}
