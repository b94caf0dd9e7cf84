/// The names of what a measurement records into.
enum BenchNames {
    /// Of org 1, 2, 3 …
    static func org(_ number: Int) -> String { "bench-\(number)" }

    /// Of workspace 1, 2, 3 … of an org.
    static func workspace(_ number: Int) -> String { "workspace-\(number)" }
}
