import EventSourcing
import Testing

@testable import LedgerServer

@Suite struct ConnectionWatchTests {
    private typealias Sight = ConnectionWatch.Sight

    private func limits(idle: Int64 = 0, line: Int64 = 0, unread: Int64 = 0) -> ServerLimits {
        var limits = ServerLimits()
        limits.idleTimeout = .seconds(idle)
        limits.lineTimeout = .seconds(line)
        limits.unreadTimeout = .seconds(unread)
        return limits
    }

    /// What is found when the same is seen again and again, and at which look.
    private func finding(
        _ limits: ServerLimits,
        looks: Int = 50,
        _ sight: (Int) -> Sight
    ) -> (ConnectionWatch.Finding, look: Int)? {
        guard var watch = ConnectionWatch(limits) else { return nil }
        for look in 1...looks {
            if let found = watch.look(at: sight(look)) { return (found, look) }
        }
        return nil
    }

    @Test func whoSaysNothingIsFoundAfterTheTimeout() throws {
        #expect(try #require(ConnectionWatch(limits(idle: 40))).interval == .seconds(10))
        #expect(try #require(finding(limits(idle: 40)) { _ in Sight() }) == (.silent, 4))
        // From its last byte on.
        let found = try #require(finding(limits(idle: 40)) { look in Sight(receivedBytes: min(look, 3)) })
        #expect(found == (.silent, 7))
    }

    @Test func whoIsAtWorkOrSpeaksIsNotSilent() {
        #expect(finding(limits(idle: 40)) { _ in Sight(isBusy: true) } == nil)
        #expect(finding(limits(idle: 40)) { look in Sight(receivedBytes: look / 3) } == nil)
    }

    @Test func aLineThatGrowsAndDoesNotEndIsFound() throws {
        let found = finding(limits(line: 8)) { look in Sight(receivedBytes: look, isLineOpen: true, isBusy: true) }
        #expect(try #require(found) == (.openLine, 5))
        #expect(
            finding(limits(line: 8)) { look in Sight(receivedBytes: look, linesTaken: look / 3, isLineOpen: true) }
                == nil
        )
        #expect(finding(limits(line: 8)) { look in Sight(isLineOpen: !look.isMultiple(of: 4)) } == nil)
    }

    @Test func whoTakesNothingIsFoundAlsoWhileItAsks() throws {
        let found = finding(limits(unread: 8)) { look in
            Sight(receivedBytes: look, linesTaken: look, isBusy: true, unsentBytes: 1_000 + look, takenBytes: 7)
        }
        #expect(try #require(found) == (.unread, 5))
        // Slow, and never with less before it than at the last look, since a stream fills up what it takes.
        #expect(finding(limits(unread: 8)) { Sight(unsentBytes: 1_000 + $0, takenBytes: $0 / 4) } == nil)
        #expect(finding(limits(unread: 8)) { look in Sight(unsentBytes: look.isMultiple(of: 3) ? 0 : 1_000) } == nil)
    }

    @Test func zeroIsForEver() {
        #expect(ConnectionWatch(limits()) == nil)
        #expect(finding(limits(unread: 8)) { _ in Sight(isLineOpen: true) } == nil)
        #expect(finding(limits(line: 8)) { _ in Sight() } == nil)
    }
}
