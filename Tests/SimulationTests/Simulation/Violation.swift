/// A promise that was broken.
struct Violation: Error, CustomStringConvertible {
    let description: String
}

func demand(_ isKept: Bool, _ complaint: @autoclosure () -> String) throws {
    guard isKept else { throw Violation(description: complaint()) }
}
