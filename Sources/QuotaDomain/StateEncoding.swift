import EventSourcing

// MARK: - The state as bytes

/// Canonical: states that the same log led to give the same bytes, however they came about. Names are sorted, and what can
/// no longer matter at the time of the last event is left out.
extension QuotaState {
    /// Raised with every change of the encoding or of what events mean; a snapshot of another version is not read.
    package static let encodingVersion = 5

    /// The whole encoding at once.
    package func encode() -> [UInt8] {
        var whole: [UInt8] = []
        var writer = ByteWriter(partBytes: .max, room: roomForEncoding) { whole = $0 }
        var rest = self
        rest.encodeAndLetGo(to: &writer)
        return whole
    }

    /// The encoding in parts of `partBytes` or little more, so that no more than one is in memory; `self` is the empty state
    /// then. Throws what `take` throws.
    package mutating func encodeAndLetGo(inPartsOf partBytes: Int, _ take: ([UInt8]) throws -> Void) throws {
        let result = withoutActuallyEscaping(take) { take in
            var result = Result<Void, any Error>.success(())
            var writer = ByteWriter(partBytes: partBytes, room: roomForEncoding) { part in
                result = result.flatMap { Result { try take(part) } }
            }
            encodeAndLetGo(to: &writer)
            return result
        }
        try result.get()
    }

    package init(decoding bytes: [UInt8]) throws(StateDamage) {
        var rest: [UInt8]? = bytes
        var reader = ByteReader { rest.take() }
        try self.init(from: &reader)
    }

    /// Decodes the parts that `next` gives until it gives nil, wherever they are cut. Throws what `next` throws, and else
    /// `StateDamage`.
    package init(decodingParts next: () throws -> [UInt8]?) throws {
        self = try withoutActuallyEscaping(next) { next in
            var failure: (any Error)?
            var reader = ByteReader {
                do {
                    return try next()
                } catch {
                    failure = error
                    return nil
                }
            }
            let decoded = Result { () throws(StateDamage) in try QuotaState(from: &reader) }
            if let failure { throw failure }
            return try decoded.get()
        }
    }

    /// What the live state changes all over comes first and is let go of piece by piece: until then it is in memory twice,
    /// a third of a large state. The records of ids, which are the rest, are shared with it to the end.
    private mutating func encodeAndLetGo(to writer: inout ByteWriter) {
        writer.integer(position.ordinal)
        writer.instant(time)
        var falling = orgs.sorted { $0.name > $1.name }
        orgs = []
        writer.integer(Int64(falling.count))
        while let org = falling.popLast() {
            org.encode(to: &writer, at: time)
            writer.endPartIfFull()
        }
        ids.encodeAndLetGo(to: &writer, at: time)
        writer.finish()
        self = .initial
    }

    private init(from reader: inout ByteReader) throws(StateDamage) {
        self.init()
        position = try reader.position()
        time = try reader.instant()
        let time = time
        orgs = try reader.list { reader throws(StateDamage) in try OrgState(from: &reader, at: time) }
        let ids = try IdempotencyRegister.Encoded(from: &reader, at: position)
        try reader.requireEnd()
        for (index, org) in orgs.enumerated() {
            guard index == 0 || orgs[index - 1].name < org.name else { throw reader.damage("orgs out of order") }
            orgIndex[org.name] = index
        }
        self.ids = ids.register(horizons: orgs.map(\.horizon), position: position, time: time)
        for org in orgs.indices { disturbAll(in: org) }
    }

    /// Bytes to set aside for the encoding, so that a large one is not moved again and again: those of ids and windows,
    /// and some for the rest.
    private var roomForEncoding: Int {
        let windows = orgs.reduce(0) { sum, org in
            org.workspaces.reduce(sum + org.window.bytes + org.integrationsWindow.bytes) { $0 + $1.window.bytes }
        }
        return ids.recent.bytes + ids.imports.bytes + windows + 64 << 10
    }
}

// MARK: - Ids

extension IdempotencyRegister {
    fileprivate mutating func encodeAndLetGo(to writer: inout ByteWriter, at time: Timestamp) {
        writer.integer(floorAtChange.ordinal)
        writer.list(calendar.kept(at: time)) { writer, mark in
            writer.integer(mark.hour)
            writer.integer(mark.first.ordinal)
        }
        let floor = forgotten(at: time)
        takeTables { recent, imports in
            writer.index(&recent.index, from: floor)
            writer.index(&imports.index, from: .beforeFirst)
            writer.records(recent.records, from: floor)
            writer.records(imports.records, from: .beforeFirst)
        }
    }

    /// The encoded parts; the rest follows from the orgs.
    fileprivate struct Encoded {
        var floorAtChange: LogPosition
        var calendar: PositionCalendar
        var recent: IdempotencyTable
        var imports: IdempotencyTable

        init(from reader: inout ByteReader, at position: LogPosition) throws(StateDamage) {
            floorAtChange = try reader.position()
            let marks = try reader.list { reader throws(StateDamage) in
                PositionCalendar.Mark(hour: try reader.integer(), first: try reader.position())
            }
            guard zip(marks, marks.dropFirst()).allSatisfy({ $0.hour < $1.hour && $0.first < $1.first }) else {
                throw reader.damage("hours out of order")
            }
            calendar = PositionCalendar(marks: marks)
            let (recentIndex, importIndex) = (try reader.index(), try reader.index())
            recent = IdempotencyTable(records: try reader.records(upTo: position), index: recentIndex)
            imports = IdempotencyTable(records: try reader.records(upTo: position), index: importIndex)
        }

        func register(horizons: [IdempotencyHorizon], position: LogPosition, time: Timestamp) -> IdempotencyRegister {
            IdempotencyRegister(
                recent: recent,
                imports: imports,
                calendar: calendar,
                floorAtChange: floorAtChange,
                daysMax: IdempotencyRegister.longest(of: horizons),
                next: position.next,
                time: time
            )
        }
    }
}

extension ByteWriter {
    fileprivate mutating func instant(_ value: Timestamp) { integer(value.milliseconds) }

    /// The sections of an index, each with the number of its entries and how many sections it comes behind the last one, and
    /// a 0 behind them.
    fileprivate mutating func index(_ index: inout IdempotencyIndex, from floor: LogPosition) {
        var last = -1
        index.takeSections(from: floor) { section, entries in
            integer(Int64(entries.count))
            integer(Int64(section - last))
            words(entries)
            last = section
        }
        integer(0)
    }

    /// The chunks of records, each with the number of its records and how many chunks it comes behind the last one, and a 0
    /// behind them.
    fileprivate mutating func records(_ records: IdempotencyRecords, from floor: LogPosition) {
        var lastChunk: Int64 = -1
        records.forEachChunk(from: floor) { chunk in
            integer(Int64(chunk.count))
            integer(chunk.number - lastChunk)
            words(chunk.words)
            lastChunk = chunk.number
        }
        integer(0)
    }

    /// The calls dated after `start` in runs, each with the number of its instants, its packing and how many milliseconds
    /// its base lies behind the last one, and a 0 behind them.
    fileprivate mutating func window(_ window: RollingWindow, after start: Timestamp) {
        var last = WindowChunk.cell(of: start.milliseconds)
        window.forEachRun(after: start) { run in
            integer(Int64(run.count))
            integer(Int64(run.packing.rawValue))
            integer(run.base - last)
            run.withEncoded { raw($0) }
            last = run.base
        }
        integer(0)
    }
}

extension ByteReader {
    fileprivate mutating func position() throws(StateDamage) -> LogPosition {
        LogPosition(try integer(in: 0...Self.positionMax))
    }

    private static let positionMax: Int64 = 1 << 48 - 1

    fileprivate mutating func instant() throws(StateDamage) -> Timestamp {
        let bounds = Timestamp.representable
        return Timestamp(
            milliseconds: try integer(in: bounds.lowerBound.milliseconds...bounds.upperBound.milliseconds)
        )
    }

    fileprivate mutating func index() throws(StateDamage) -> IdempotencyIndex {
        var index = IdempotencyIndex()
        var section = -1
        while true {
            let count = try length()
            if count == 0 { return index }
            section += Int(try integer(in: 1...Int64(IdempotencyIndex.sectionsMax)))
            guard section < IdempotencyIndex.sectionsMax else { throw damage("no such section") }
            guard index.fill(section, with: try words(count)) else { throw damage("entries out of order") }
        }
    }

    fileprivate mutating func records(upTo last: LogPosition) throws(StateDamage) -> IdempotencyRecords {
        var records = IdempotencyRecords()
        var number: Int64 = -1
        while true {
            let count = try length()
            if count == 0 { return records }
            number += try integer(in: 1...Self.positionMax)
            guard number <= Self.positionMax else { throw damage("no such chunk") }
            let chunk = IdempotencyChunk(number: number, decoding: try words(count * 2))
            guard let chunk, chunk.last <= last else { throw damage("ids out of order") }
            records.append(chunk)
        }
    }

    /// Few enough calls that totals do not overflow.
    private static let callsInWindowMax: Int64 = 1 << 60

    fileprivate mutating func window(into window: inout RollingWindow, after start: Timestamp) throws(StateDamage) {
        var calls: Int64 = 0
        var last = start.milliseconds + 1
        var run = PackedRun(base: WindowChunk.cell(of: start.milliseconds), packing: .single)
        while true {
            let count = try length()
            if count == 0 { return }
            try next(&run, of: count)
            let end = run.instant(count - 1)
            guard run.instant(0) >= last, end <= window.clock.milliseconds, end < run.base + WindowChunk.cell else {
                throw damage("calls out of order")
            }
            last = end
            calls += run.calls
            guard calls <= Self.callsInWindowMax else { throw damage("too many calls") }
            window.append(run)
        }
    }

    /// Puts the next run of a window in place of the one before it.
    private mutating func next(_ run: inout PackedRun, of count: Int) throws(StateDamage) {
        guard let packing = PackedRun.Packing(rawValue: Int(try integer(in: 0...2))) else { throw damage("no packing") }
        let base = run.base + (try integer(in: 0...Timestamp.representable.upperBound.milliseconds - run.base))
        guard count * packing.bytesPerInstant <= PackedRun.encodedBytesMax else { throw damage("run too long") }
        let isInOrder = try raw(count * packing.bytesPerInstant) {
            run.restart(base: base, packing: packing, decoding: $0)
        }
        guard isInOrder else { throw damage("calls out of order") }
    }
}

// MARK: - Orgs

extension OrgState {
    fileprivate func encode(to writer: inout ByteWriter, at time: Timestamp) {
        writer.string(name)
        writer.integer(allowance)
        writer.name(allowanceSource)
        writer.integer(Int64(horizon.days))
        writer.integer(horizon.floor.ordinal)
        writer.instant(horizon.floorInstant)
        writer.optional(freshObservation(at: time)) { writer, observation in observation.encode(to: &writer) }
        writer.window(window, after: time - Self.retention)
        writer.window(integrationsWindow, after: time - Policy.window)
        writer.list(workspaces.sorted { $0.name < $1.name }) { writer, workspace in
            workspace.encode(to: &writer, at: time)
        }
    }

    fileprivate init(from reader: inout ByteReader, at time: Timestamp) throws(StateDamage) {
        self.init(name: try reader.string(), clock: time)
        allowance = try reader.integer(in: 0...Policy.callsPerWindowMax)
        allowanceSource = try reader.name()
        horizon.days = Int(try reader.integer(in: 1...Int64(Policy.idempotencyDaysMax)))
        horizon.floor = try reader.position()
        horizon.floorInstant = try reader.instant()
        observation = try reader.optional { reader throws(StateDamage) in try Observation(from: &reader) }
        try reader.window(into: &window, after: time - Self.retention)
        try reader.window(into: &integrationsWindow, after: time - Policy.window)
        workspaces = try reader.list { reader throws(StateDamage) in try WorkspaceState(from: &reader, at: time) }
        for (index, workspace) in workspaces.enumerated() {
            guard index == 0 || workspaces[index - 1].name < workspace.name else {
                throw reader.damage("workspaces out of order")
            }
            workspaceIndex[workspace.name] = index
            if workspace.announced.eventSync.pauses.contains(.allowance) { pausedByAllowance += 1 }
        }
    }
}

extension OrgState.Observation {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.integer(used)
        writer.integer(allowance)
        writer.instant(at)
        writer.name(source)
        writer.integer(recorded)
    }

    fileprivate init(from reader: inout ByteReader) throws(StateDamage) {
        used = try reader.integer(in: 0...Policy.callsPerWindowMax)
        allowance = try reader.integer(in: 0...Policy.callsPerWindowMax)
        at = try reader.instant()
        source = try reader.name()
        recorded = try reader.integer(in: 0...(1 << 60))
    }
}

// MARK: - Workspaces

extension WorkspaceState {
    fileprivate func encode(to writer: inout ByteWriter, at time: Timestamp) {
        writer.string(name)
        settings.encode(to: &writer)
        writer.integer(version.ordinal)
        writer.name(announced.tier)
        writer.flag(announced.lines.bulk)
        writer.flag(announced.lines.event)
        writer.integer(Int64(announced.eventSync.pauses.rawValue))
        writer.optional(announced.eventSync.since) { writer, since in writer.instant(since) }
        writer.window(window, after: time - Policy.window)
        writer.list(mappings) { writer, report in report.encode(to: &writer) }
        writer.integer(bulkSyncs.lastNumber)
        writer.list(bulkSyncs.syncs) { writer, sync in sync.encode(to: &writer) }
        writer.integer(syncErrors.lastNumber)
        writer.list(syncErrors.rows) { writer, row in row.encode(to: &writer) }
    }

    fileprivate init(from reader: inout ByteReader, at time: Timestamp) throws(StateDamage) {
        self.init(name: try reader.string(), clock: time)
        settings = try WorkspaceSettings(from: &reader)
        version = try reader.position()
        announced.tier = try reader.name()
        announced.lines = LinesReached(bulk: try reader.flag(), event: try reader.flag())
        announced.eventSync.pauses = try reader.pauses()
        announced.eventSync.since = try reader.optional { reader throws(StateDamage) in try reader.instant() }
        try reader.window(into: &window, after: time - Policy.window)
        mappings = try reader.list { reader throws(StateDamage) in try MappingReport(from: &reader) }
        let lastSync = try reader.integer(in: 0...Int64.max - 1)
        bulkSyncs = BulkSyncHistory(
            syncs: try reader.list { reader throws(StateDamage) in try BulkSync(from: &reader) },
            lastNumber: lastSync
        )
        let lastError = try reader.integer(in: 0...Int64.max - 1)
        syncErrors = SyncErrorList(
            rows: try reader.list { reader throws(StateDamage) in try SyncErrorRow(from: &reader) },
            lastNumber: lastError
        )
    }
}

extension WorkspaceSettings {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.optional(limit) { writer, limit in writer.integer(limit) }
        writer.optional(installerEmail) { writer, email in writer.string(email) }
        writer.integer(percents.bulkPause)
        writer.integer(percents.eventPause)
        writer.integer(percents.warn)
        writer.integer(percents.resumeHysteresis)
    }

    fileprivate init(from reader: inout ByteReader) throws(StateDamage) {
        limit = try reader.optional { reader throws(StateDamage) in
            try reader.integer(in: 0...Policy.callsPerWindowMax)
        }
        installerEmail = try reader.optional { reader throws(StateDamage) in try reader.string() }
        percents.bulkPause = try reader.integer(in: 0...100)
        percents.eventPause = try reader.integer(in: 0...100)
        percents.warn = try reader.integer(in: 0...100)
        percents.resumeHysteresis = try reader.integer(in: 0...100)
    }
}

extension MappingReport {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.name(mapping.key.object)
        writer.string(mapping.key.intercom)
        writer.string(mapping.salesforce)
        writer.name(mapping.direction)
        writer.integer(position.ordinal)
    }

    fileprivate init(from reader: inout ByteReader) throws(StateDamage) {
        let key = MappingKey(object: try reader.name(), intercom: try reader.string())
        mapping = Mapping(key: key, salesforce: try reader.string(), direction: try reader.name())
        position = try reader.position()
    }
}

// MARK: - Bulk syncs

extension BulkSync {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.integer(number)
        writer.integer(position.ordinal)
        writer.integer(Int64(pauses.rawValue))
        writer.instant(startedAt)
        writer.optional(progress) { writer, progress in progress.encode(to: &writer) }
        writer.optional(end) { writer, end in
            writer.instant(end.at)
            end.outcome.encode(to: &writer)
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(StateDamage) {
        number = try reader.integer()
        position = try reader.position()
        pauses = try reader.pauses()
        startedAt = try reader.instant()
        progress = try reader.optional { reader throws(StateDamage) in try BulkSyncProgress(from: &reader) }
        end = try reader.optional { reader throws(StateDamage) in
            End(at: try reader.instant(), outcome: try Outcome(from: &reader))
        }
    }
}

extension BulkSync.Outcome {
    fileprivate func encode(to writer: inout ByteWriter) {
        switch self {
        case .completed:
            writer.integer(0)
        case .stopped(let cause):
            writer.integer(1)
            writer.name(cause)
        case .failed(let failure):
            writer.integer(2)
            failure.encode(to: &writer)
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(StateDamage) {
        switch try reader.integer(in: 0...2) {
        case 0: self = .completed
        case 1: self = .stopped(try reader.name())
        default: self = .failed(try Failure(from: &reader))
        }
    }
}

extension BulkSyncProgress {
    fileprivate func encode(to writer: inout ByteWriter) {
        for number in [total, processed, updated, unchanged, skipped, failed] { writer.integer(number) }
    }

    fileprivate init(from reader: inout ByteReader) throws(StateDamage) {
        self.init(
            total: try reader.integer(),
            processed: try reader.integer(),
            updated: try reader.integer(),
            unchanged: try reader.integer(),
            skipped: try reader.integer(),
            failed: try reader.integer()
        )
    }
}

extension Failure {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.string(code)
        writer.string(message)
    }

    fileprivate init(from reader: inout ByteReader) throws(StateDamage) {
        self.init(code: try reader.string(), message: try reader.string())
    }
}

extension ByteReader {
    fileprivate mutating func pauses() throws(StateDamage) -> PauseReasons {
        PauseReasons(rawValue: UInt8(try integer(in: 0...Int64(PauseReasons.all.rawValue))))
    }
}

// MARK: - Sync errors

extension SyncErrorRow {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.integer(error)
        writer.integer(position.ordinal)
        writer.instant(at)
        writer.name(report.direction)
        writer.name(report.syncType)
        writer.name(report.object)
        writer.string(report.record)
        writer.optional(report.attribute) { writer, attribute in writer.string(attribute) }
        report.failure.encode(to: &writer)
        writer.integer(attempt)
        writer.flag(isRetrying)
    }

    fileprivate init(from reader: inout ByteReader) throws(StateDamage) {
        error = try reader.integer()
        position = try reader.position()
        at = try reader.instant()
        report = SyncErrorReport(
            direction: try reader.name(),
            syncType: try reader.name(),
            object: try reader.name(),
            record: try reader.string(),
            attribute: try reader.optional { reader throws(StateDamage) in try reader.string() },
            failure: try Failure(from: &reader)
        )
        attempt = try reader.integer(in: 0...Int64.max - 1)
        isRetrying = try reader.flag()
    }
}
