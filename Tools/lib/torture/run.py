"""A run: ledgers one after the other, until there were so many kills."""

import random
import shutil
import tempfile
import time
from collections import Counter

from .moments import Deck, Durations
from .report import Progress
from .trial import Trial
from .violation import Violation

# A new ledger after so many: the log is read anew after every start, and must not grow without end.
KILLS_PER_LEDGER = 25


class Run:
    """What was done so far, and what is left of it when a promise was broken."""

    def __init__(self, program, parent, seed, kills, seconds=None, mutate=None):
        self.program, self.parent, self.kills, self.mutate = program, parent, kills, mutate
        self.random = random.Random(seed)
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.deck = Deck(self.random)
        self.tallies, self.durations, self.counts = {}, Durations(), Counter()
        self.begun = time.monotonic()
        self.progress = Progress(kills)
        self.done = 0
        # The ledger that the run is at; it is kept when something is wrong.
        self.directory = None

    async def go_on(self):
        """Throws `Violation` when a promise is broken."""
        while self.done < self.kills and not self._is_over():
            self.directory = tempfile.mkdtemp(prefix="torture-", dir=self.parent)
            await self._trial()
            shutil.rmtree(self.directory)
        self.progress.end()

    def _is_over(self):
        return self.deadline is not None and time.monotonic() >= self.deadline

    async def _trial(self):
        trial = Trial(
            self.program, self.directory, self.random.random(), self.tallies, self.durations, self.mutate
        )
        try:
            await _telling(trial.prepare(), "while a ledger was made")
            for _ in range(min(KILLS_PER_LEDGER, self.kills - self.done)):
                moment = self.deck.draw()
                await _telling(trial.kill_once(moment), f"around kill {self.done + 1}, aimed at {moment}")
                self.done += 1
                acknowledged = sum(bool(operation.acknowledgements) for operation in trial.history.operations)
                self.progress.show(self.done, moment, self.counts["acknowledged"] + acknowledged)
                if self._is_over():
                    break
            await _telling(trial.finish(), f"at the end of a ledger, behind kill {self.done}")
        finally:
            self._count(trial)

    def _count(self, trial):
        operations = trial.history.operations
        versions = {(operation.workspace, operation.expected_version) for operation in operations}
        self.counts.update(
            ledgers=1, operations=len(operations), events=trial.audit.head, questions=len(trial.history.readings),
            acknowledged=sum(bool(operation.acknowledgements) for operation in operations),
            refused=sum(attempt.error is not None for operation in operations for attempt in operation.attempts),
            unanswered=sum(len(operation.unanswered) for operation in operations),
            unanswered_found=trial.inspection.unanswered_found,
            streamed=trial.streamed,
            shared_ids=sum(len({attempt.client for attempt in operation.attempts}) > 1 for operation in operations),
            contested_versions=sum(version is not None for _, version in versions),
        )

    def found(self):
        """For programs: everything that was counted."""
        return {
            "kills": self.done, "seconds": round(time.monotonic() - self.begun, 1), **self.counts,
            "moments": {moment: vars(tally) for moment, tally in sorted(self.tallies.items())},
        }


async def _telling(work, where):
    """Adds to a violation where it was found."""
    try:
        await work
    except Violation as violation:
        raise Violation(f"{violation}\n  found {where}") from violation
