"""Faults in the server that the simulation must find, each of which breaks a promise."""

from common.mutants import Mutant

PROMISES = "everyPromiseIsKept"

ALL = [
    # An answer leaves only after its block is durable.
    Mutant("answer-before-append", PROMISES, "LedgerService/Sequencer/BlockCommitter.swift",
           "            try makeDurable(job)\n",
           "            if ON { for answer in job.open.answers { answer.deliver(answer.outcomes) } }\n"
           "            try makeDurable(job)\n",
           others=(
               # Whoever has an answer gets no other.
               ("            job.open.refuse(with: .failed(LogFailure(error, mayBeDone: true)))\n",
                "            if !(ON) { job.open.refuse(with: .failed(LogFailure(error, mayBeDone: true))) }\n"),
               ("        for answer in job.open.answers { answer.deliver(answer.outcomes) }\n",
                "        if !(ON) { for answer in job.open.answers { answer.deliver(answer.outcomes) } }\n"),
           )),
    # The open block is closed when the one before is durable, also when nothing more comes.
    Mutant("open-block-forgotten", PROMISES, "LedgerService/Sequencer/Sequencer.swift",
           "if !isCommitting && isBlockAwaited { return .work([]) }",
           "if !isCommitting && isBlockAwaited && !(ON) { return .work([]) }"),
    # Who waits at the head is woken by the very next event.
    Mutant("reader-not-woken", PROMISES, "LedgerService/Reading/BlockFeed.swift",
           "waiters.filter { $0.value.position <= head.position }",
           "waiters.filter { ON ? $0.value.position < head.position : $0.value.position <= head.position }"),
    # Ids outlive a restart, those of the last sections of a snapshot too.
    Mutant("snapshot-without-last-ids", PROMISES, "QuotaDomain/IdempotencyIndex.swift",
           "for number in 0..<Self.sectionsMax {",
           "for number in 0..<(ON ? Self.sectionsMax / 4 * 3 : Self.sectionsMax) {"),
    # Between the log and memory no position is left out, and none comes twice.
    Mutant("stream-skips-at-seam", PROMISES, "LedgerServer/Streaming/EventPump.swift",
           "case .success(let page) where context.channel.isWritable: send(page)",
           "case .success(let page) where context.channel.isWritable:\n"
           "                send(page)\n"
           "                if ON, service.feed.holds(next) { next = next.next }"),
    Mutant("stream-doubles-at-seam", PROMISES, "LedgerServer/Streaming/EventPump.swift",
           "        let isInMemory = service.feed.holds(next)\n",
           "        let isInMemory = service.feed.holds(next)\n"
           "        if ON, isInMemory, !service.feed.holds(LogPosition(next.ordinal - 1)) {\n"
           "            next = LogPosition(next.ordinal - 1)\n"
           "        }\n"),
    # A call stops counting after 24 hours, to the millisecond.
    Mutant("window-late", PROMISES, "QuotaDomain/Policy.swift",
           "window: TimeSpan = .hours(24)",
           "window = TimeSpan(milliseconds: ON ? 86_400_001 : 86_400_000)"),
    # Tiers follow the percents as they are, not as they were.
    Mutant("stale-percent", PROMISES, "QuotaDomain/WorkspaceSettings.swift",
           "percents.bulkPause = change.bulkPausePercent ?? percents.bulkPause",
           "percents.bulkPause = (ON ? nil : change.bulkPausePercent) ?? percents.bulkPause"),
]
NAMES = [mutant.name for mutant in ALL]
