import EventSourcing

/// One bulk sync of a workspace, active until it has an outcome (R14–R16).
struct BulkSync: Hashable, Sendable {
    /// How it ended.
    enum Outcome: Hashable, Sendable {
        case stopped(StopCause)
        case completed
        case failed(Failure)
    }

    /// Counted from 1 in each workspace.
    var number: Int64
    /// Where its `bulk_sync.started` is.
    var position: LogPosition
    var pauses: PauseReasons
    var startedAt: Timestamp
    var progress: BulkSyncProgress?
    var end: End?

    struct End: Hashable, Sendable {
        var at: Timestamp
        var outcome: Outcome
    }

    var isActive: Bool { end == nil }

    var state: BulkSyncState {
        switch end?.outcome {
        case nil: pauses.isEmpty ? .running : .paused
        case .stopped: .stopped
        case .completed: .completed
        case .failed: .failed
        }
    }

    var report: BulkSyncReport {
        var report = BulkSyncReport(
            sync: number,
            position: position,
            state: state,
            pauses: isActive ? pauses.list : [],
            startedAt: startedAt,
            endedAt: end?.at,
            progress: progress,
            cause: nil,
            failure: nil
        )
        switch end?.outcome {
        case .stopped(let cause): report.cause = cause
        case .failed(let failure): report.failure = failure
        case .completed, nil: break
        }
        return report
    }
}

/// The bulk syncs of a workspace, oldest first; the newest alone can be active.
struct BulkSyncHistory: Sendable {
    private(set) var syncs: [BulkSync] = []
    /// The number of the latest one; 0 before the first.
    private(set) var lastNumber: Int64 = 0

    init() {}

    init(syncs: [BulkSync], lastNumber: Int64) {
        self.syncs = syncs
        self.lastNumber = lastNumber
    }

    var latest: BulkSync? { syncs.last }

    var active: BulkSync? {
        guard let last = syncs.last, last.isActive else { return nil }
        return last
    }

    /// Why the active one is paused; nil when none is active.
    var activePauses: PauseReasons? {
        guard let last = syncs.indices.last, syncs[last].end == nil else { return nil }
        return syncs[last].pauses
    }

    func find(_ number: Int64) -> BulkSync? { index(of: number).map { syncs[$0] } }

    mutating func start(_ number: Int64, at position: LogPosition, pauses: PauseReasons, time: Timestamp) {
        guard number > lastNumber, number < .max else { return }
        syncs.append(BulkSync(number: number, position: position, pauses: pauses, startedAt: time))
        lastNumber = number
        if syncs.count > Policy.bulkSyncsKeptMax { syncs.removeFirst() }
    }

    /// Changes one that is held and active; others are over and stay as they are.
    mutating func update(_ number: Int64, _ change: (inout BulkSync) -> Void) {
        guard let index = index(of: number), syncs[index].isActive else { return }
        change(&syncs[index])
    }

    private func index(of number: Int64) -> Int? {
        if syncs.last?.number == number { return syncs.count - 1 }
        return syncs.firstIndex { $0.number == number }
    }
}
