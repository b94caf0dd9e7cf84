import AccessControl
import EventSourcing
import LineJSON
import Logging
import SQLiteEventLog

/// The log of access control: its own file and chain, in a directory beside the ledger, so that a copy of the ledger gives
/// away nothing about tokens. It comes to be with the first event: a server that nobody gave a token for has none.
///
/// Used by one thread at a time.
struct AccessLog {
    private let directory: String
    private let witness: AccessWitness
    private let logger: Logger
    /// Told what an append failed with.
    private let onFailure: @Sendable (any Error) -> Void
    /// Nil until there is one.
    private var log: SQLiteEventLog?
    private var isClosed = false
    /// What an append failed with.
    private var failure: (any Error)?
    private(set) var head = LogHead.empty
    private var lastTime = Timestamp(milliseconds: 0)

    /// Lines read at a time, in bytes.
    private static let readBytes = 1 << 20

    /// Opens the log where there is one, and hands every event in it to `replay`. Throws when another process uses it, and
    /// when it is damaged: without knowing the tokens nobody is let in.
    ///
    /// `onFailure` gets what an append failed with. The log takes no more then, and what it holds is not known: whoever runs
    /// the server has to end it, or it would serve on, and no token could be revoked.
    static func open(
        in directory: String,
        logger: Logger,
        onFailure: @escaping @Sendable (any Error) -> Void,
        replay: (AccessEvent, LogPosition, Timestamp) -> Void
    ) throws -> AccessLog {
        var log = AccessLog(directory: directory, logger: logger, onFailure: onFailure)
        guard PrivateFiles.exists("\(directory)/\(LedgerFile.log)") else { return log }
        _ = try log.openedFile()
        try log.forEachLine(from: .beforeFirst.next) { line, tape in
            let (event, position, time) = try AccessEventCodec.read(line, &tape)
            log.lastTime = time
            replay(event, position, time)
            return true
        }
        return log
    }

    private init(directory: String, logger: Logger, onFailure: @escaping @Sendable (any Error) -> Void) {
        (self.directory, self.logger, self.onFailure) = (directory, logger, onFailure)
        witness = AccessWitness(of: directory)
    }

    /// What the log lacks of what was noted of it; nil when that is nothing. Asked before it is opened for writing, by which
    /// SQLite throws away what stands behind a damaged frame of the -wal file.
    static func lostEnd(in directory: String) throws -> LostAccessEvents? {
        // First: a server that is running notes a head once it is there.
        guard let known = try AccessWitness(of: directory).head() else { return nil }
        let file = "\(directory)/\(LedgerFile.log)"
        guard PrivateFiles.size(file) > 0 else {
            return LostAccessEvents(history: UnexpectedHistory(expected: known, found: nil, head: .beforeFirst))
        }
        let log = try SQLiteEventLog.openReadOnly(file: file)
        defer { try? log.close() }
        let (head, found) = (try log.head().position, try log.hash(after: known.position))
        guard found != known.hash else { return nil }
        return LostAccessEvents(history: UnexpectedHistory(expected: known, found: found, head: head))
    }

    /// The log, which is made where there is none yet.
    private mutating func openedFile() throws -> SQLiteEventLog {
        if isClosed { throw EventLogError.storage("the access log is closed") }
        if let log { return log }
        let opened = try SQLiteEventLog.open(directory: directory)
        log = opened
        head = try opened.head()
        return opened
    }

    /// Makes events durable, as one block. Returns the position of the first and their time: `now`, or the last event's when
    /// the clock was set back. Throws `LogFailure` once an append has failed, and `.storage`, with nothing done, where the log
    /// cannot be made or opened.
    mutating func append(_ events: [AccessEvent], at now: Timestamp) throws -> (first: LogPosition, time: Timestamp) {
        if let failure { throw LogFailure(failure, mayBeDone: false) }
        let log = try openedFile()
        let (first, time) = (head.position.next, max(now, lastTime))
        var writer = JSONWriter()
        for (index, event) in events.enumerated() {
            AccessEventCodec.append(event, position: first.advanced(by: index), time: time, to: &writer)
        }
        let block = Block(first: first, count: events.count, timeFirst: time, timeLast: time, lines: writer.take())
        do {
            let committed = try log.append(block, expecting: head)
            head = LogHead(position: committed.block.last, hash: committed.hash)
        } catch {
            failure = error
            onFailure(error)
            throw LogFailure(error, mayBeDone: true)
        }
        lastTime = time
        noteHead()
        log.checkpointIfDue(telling: logger)
        return (first, time)
    }

    /// Notes the head beside the log. The event is durable already: that it is not noted would only show if it were lost.
    func noteHead() {
        do {
            if head != .empty, try witness.head() != head { try witness.note(head) }
        } catch {
            logger.error("the head of the access log was not noted: \(error)")
        }
    }

    /// Lends the lines from a position on, until `body` says that it has enough.
    func forEachLine(
        from position: LogPosition,
        _ body: (UnsafeRawBufferPointer, inout JSONTape) throws -> Bool
    ) throws {
        guard let log else { return }
        var tape = JSONTape()
        var (next, isEnough) = (position, false)
        while next <= head.position, !isEnough {
            let blocks = try log.read(from: next, byteLimit: AccessLog.readBytes)
            guard let last = blocks.last?.block.last else { return }
            for block in blocks.map(\.block) {
                var current = block.first
                try block.forEachLine { line in
                    defer { current = current.next }
                    guard current >= next, !isEnough else { return }
                    isEnough = try !body(line, &tape)
                }
            }
            next = last.next
        }
    }

    /// Nothing is appended afterwards.
    mutating func close() throws {
        isClosed = true
        try log.take()?.close()
    }
}
