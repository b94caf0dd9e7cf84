import Foundation

/// Has long work rest between its steps, so that it leaves most of a core to what cannot wait, and has it end early when
/// it is not wanted any more.
///
/// `@unchecked` because the compiler cannot see that the condition guards `isCancelled`, and that only the one thread
/// which works touches `stepBegan`.
final class BackgroundPace: @unchecked Sendable {
    /// After each step it rests so many times as long as the step took.
    private let restPerWork: Double

    private let condition = NSCondition()
    private var isCancelled = false
    private var stepBegan = ContinuousClock.now

    /// Unless told otherwise, a quarter of one core is the most it uses.
    init(restPerWork: Double = 3) {
        self.restPerWork = restPerWork
    }

    /// Has the work end after the step it is at.
    func cancel() {
        condition.lock()
        isCancelled = true
        condition.broadcast()
        condition.unlock()
    }

    /// To be asked after each step: whether the work is to end. Rests before it answers, unless there is a hurry.
    func isCancelledAfterStep(isInHurry: Bool = false) -> Bool {
        defer { stepBegan = .now }
        let stepSeconds = (ContinuousClock.now - stepBegan) / .seconds(1)
        let end = Date(timeIntervalSinceNow: isInHurry ? 0 : stepSeconds * restPerWork)
        condition.lock()
        defer { condition.unlock() }
        while !isCancelled, condition.wait(until: end) {}
        return isCancelled
    }
}
