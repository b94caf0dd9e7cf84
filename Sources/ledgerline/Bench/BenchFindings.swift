/// What a measurement found, for people and for programs.
protocol BenchFindings {
    func lines(_ style: Style) -> [String]

    /// One line.
    var json: [UInt8] { get }
}
