import Foundation

/// A value that another thread is going to give.
final class Expected<Value: Sendable>: @unchecked Sendable {
    struct NeverCame: Error {}

    private let condition = NSCondition()
    private var values: [Value] = []

    private static var secondsMax: Double { 20 }

    func give(_ value: Value) {
        condition.lock()
        values.append(value)
        condition.broadcast()
        condition.unlock()
    }

    /// How often it was given.
    var count: Int {
        condition.lock()
        defer { condition.unlock() }
        return values.count
    }

    /// Blocks until it is there.
    func get() throws -> Value {
        let deadline = Date(timeIntervalSinceNow: Self.secondsMax)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = values.first { return value }
            guard condition.wait(until: deadline) else { throw NeverCame() }
        }
    }
}
