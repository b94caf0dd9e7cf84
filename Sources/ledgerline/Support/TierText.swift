/// The protocol's words as people read them.
enum TierText {
    /// `bulk_paused` → `bulk paused`.
    static func words(_ name: String) -> String { String(name.map { $0 == "_" ? " " : $0 }) }

    static func look(_ tier: String) -> Style.Look {
        switch tier {
        case "normal": .green
        case "bulk_paused": .yellow
        case "sync_paused": .magenta
        case "exhausted": .red
        default: .bold
        }
    }
}
