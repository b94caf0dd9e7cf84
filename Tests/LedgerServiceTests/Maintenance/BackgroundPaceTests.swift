import Testing

@testable import LedgerService

@Suite struct BackgroundPaceTests {
    @Test func itGoesOnUntilItIsCancelled() {
        let pace = BackgroundPace()
        #expect(!pace.isCancelledAfterStep())
        #expect(!pace.isCancelledAfterStep(isInHurry: true))
        pace.cancel()
        #expect(pace.isCancelledAfterStep())
        #expect(pace.isCancelledAfterStep(isInHurry: true))
    }
}
