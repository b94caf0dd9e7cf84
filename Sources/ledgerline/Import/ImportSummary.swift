import LineJSON

/// What an import did, app by app.
struct ImportSummary {
    struct App {
        var rows: Int64 = 0
        var counted: Int64 = 0
        /// Rows that the ledger did not know yet.
        var recorded: Int64 = 0
        var duplicates: Int64 = 0

        var uncounted: Int64 { rows - counted }

        mutating func add(_ other: App) {
            rows += other.rows
            counted += other.counted
            recorded += other.recorded
            duplicates += other.duplicates
        }
    }

    var apps: [String: App] = [:]
    let attribution: ImportAttribution

    var table: Table {
        var table = Table(
            .left("APP"),
            .left("WORKSPACE"),
            .right("ROWS"),
            .right("COUNTED"),
            .right("UNCOUNTED"),
            .right("NEW"),
            .right("ALREADY KNOWN")
        )
        for (name, app) in sorted {
            table.add([Table.Cell(name, .bold), Table.Cell(workspace(of: name) ?? "—")] + cells(app))
        }
        table.add([Table.Cell("all", .bold), ""] + cells(total))
        return table
    }

    func json(badRows: Int64) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { result in
            result.member("org", attribution.org)
            write(total, to: &result)
            result.member("bad_rows", badRows)
            result.array("apps") { apps in
                for (name, app) in sorted {
                    apps.object { member in
                        member.member("app", name)
                        member.member("workspace", workspace(of: name))
                        write(app, to: &member)
                    }
                }
            }
        }
        writer.endLine()
        return writer.take()
    }

    private var sorted: [(String, App)] {
        apps.sorted { ($1.value.rows, $0.key) < ($0.value.rows, $1.key) }.map { ($0.key, $0.value) }
    }

    private var total: App { apps.values.reduce(into: App()) { $0.add($1) } }

    private func workspace(of app: String) -> String? { attribution.apps.contains(app) ? attribution.workspace : nil }

    private func cells(_ app: App) -> [Table.Cell] {
        [app.rows, app.counted, app.uncounted, app.recorded, app.duplicates].map { Table.Cell(Numbers.grouped($0)) }
    }

    private func write(_ app: App, to writer: inout JSONWriter) {
        writer.member("rows", app.rows)
        writer.member("counted", app.counted)
        writer.member("uncounted", app.uncounted)
        writer.member("recorded", app.recorded)
        writer.member("duplicates", app.duplicates)
    }
}
