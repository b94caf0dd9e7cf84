import EventSourcing

/// The org and the workspaces of the demo.
struct DemoWorld: Sendable {
    struct Workspace: Sendable {
        var name: String
        /// Calls in 24 hours.
        var limit: Int64
    }

    static let allowance: Int64 = 1_200
    static let support = Workspace(name: "support", limit: 400)
    static let sales = Workspace(name: "sales", limit: 300)
    static let marketing = Workspace(name: "marketing", limit: 250)
    static let workspaces = [support, sales, marketing]
    static let dataLoader = "Dataloader"
    static let hubSpot = "HubSpot Integration"

    /// A new one each time, so that the demo can be played on any server.
    let org = "demo-\(String(UInt32.random(in: .min ... .max), radix: 36))"
}

/// The day that is played: how far it is, what its clock shows.
struct DemoDay: Sendable {
    private let clock = ContinuousClock()
    private let begun: ContinuousClock.Instant
    /// How long it takes to play.
    let length: Duration

    init(seconds: Int) {
        length = .seconds(seconds)
        begun = clock.now
    }

    /// 0 at its beginning, 1 at its end.
    var fraction: Double { min(1, (clock.now - begun) / length) }

    /// The instant at which the day will be so far, by the wall clock.
    func instant(_ fraction: Double) -> Timestamp {
        let ahead = (length * fraction - (clock.now - begun)) / .milliseconds(1)
        return .now + TimeSpan(milliseconds: Int64(ahead))
    }

    func wait(until fraction: Double) async throws {
        try await clock.sleep(until: begun + length * fraction)
    }

    /// `09:24`
    var clockText: String { DemoDay.clockText(fraction) }

    static func clockText(_ fraction: Double) -> String {
        let minutes = min(24 * 60 - 1, Int(fraction * 24 * 60))
        return "\(minutes / 600)\(minutes / 60 % 10):\(minutes % 60 / 10)\(minutes % 10)"
    }
}
