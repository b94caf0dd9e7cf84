import EventSourcing

/// The unresolved sync errors of a workspace, oldest first (R20–R22).
struct SyncErrorList: Sendable {
    private(set) var rows: [SyncErrorRow] = []
    /// The number of the latest one; 0 before the first. Counted from 1 in each workspace.
    private(set) var lastNumber: Int64 = 0

    init() {}

    init(rows: [SyncErrorRow], lastNumber: Int64) {
        self.rows = rows
        self.lastNumber = lastNumber
    }

    func find(_ number: Int64) -> SyncErrorRow? { index(of: number).map { rows[$0] } }

    mutating func add(_ number: Int64, _ report: SyncErrorReport, at instant: Timestamp, position: LogPosition) {
        guard number > lastNumber, number < .max else { return }
        rows.append(
            SyncErrorRow(
                error: number,
                position: position,
                at: instant,
                report: report,
                attempt: 1,
                isRetrying: false
            )
        )
        lastNumber = number
    }

    mutating func update(_ number: Int64, _ change: (inout SyncErrorRow) -> Void) {
        guard let index = index(of: number) else { return }
        change(&rows[index])
    }

    mutating func remove(_ number: Int64) {
        guard let index = index(of: number) else { return }
        rows.remove(at: index)
    }

    /// Up to `limit` of those of one direction (nil: both) with a number below `before`, newest first, and the number to
    /// go on before when there are more.
    func page(direction: SyncDirection?, limit: Int, before: Int64?) -> (rows: [SyncErrorRow], next: Int64?) {
        let candidates = rows[..<end(before: before)].reversed().lazy.filter { row in
            direction.map { $0 == row.report.direction } ?? true
        }
        let page = Array(candidates.prefix(limit + 1))
        guard page.count > limit, limit > 0 else { return (page, nil) }
        return (Array(page.prefix(limit)), page[limit - 1].error)
    }

    /// How many rows have a number below `before`.
    private func end(before: Int64?) -> Int {
        guard let before else { return rows.count }
        return rows.indices.partitionPoint { rows[$0].error < before }
    }

    private func index(of number: Int64) -> Int? {
        let index = end(before: number)
        return index < rows.count && rows[index].error == number ? index : nil
    }
}
