"""How long a call may have to wait for what goes on behind the log: snapshots, backups, compaction.

The backups of a round pile up until it is over, see `backup`. For that the device needs room: each is about as large as
the ledger, and there are as many as are done within `--seconds`, and one more that was under way. So a round takes the
size of the ledger once, and once more for each of the `times_done` that the JSON has of its backups.
"""

import itertools
import threading

from common.processes import Failure

from .figures import Row, no_more_than, no_target
from .ledgerline import VARIED_FILL_LOAD, Ledgerline
from .rows import SPREAD_HOURS

# Far below what the server can do: a call that waits does so for the work, and not for other calls.
CONNECTIONS = 2
IN_FLIGHT = 1
CALLS_PER_SECOND = 1_500
STALL_MS_MAX = 50


class Again:
    """Has `work` done again and again, by a thread of its own, from `with` to its end, and at least once to its end."""

    def __init__(self, work):
        self.work = work
        self.done = 0
        self.failure = None
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def _run(self):
        try:
            for number in itertools.count(1):
                self.work(number)
                self.done = number
                if self.is_over.is_set():
                    return
        # What it came to is said by who waits for it, in the main thread.
        except Exception as error:
            self.failure = error

    def check(self):
        if self.failure:
            raise Failure(f"what was to go on beside the calls failed: {self.failure}")


def snapshot(server):
    return lambda _: server.call("log.snapshot")


def backup(server):
    """They stay until the ledger goes: where the filesystem discards what is freed, removing a large file holds up every
    `fdatasync` on the device for a tenth of a second and more, and would be measured in place of the backup.
    """
    return lambda number: server.call("log.backup", {"path": f"stalls-{number}.db"})


def compaction(server):
    """The first has the whole log before it; those that follow what came since."""
    return lambda _: server.call("log.compact", {"keep_events": 0})


# What goes on meanwhile, in the order in which a ledger is measured: compaction last, as it changes what the others copy.
BESIDE = {
    "alone": ("while nothing else goes on", None),
    "snapshot": ("while log.snapshot runs again and again", snapshot),
    "backup": ("while log.backup runs again and again", backup),
    "compact": ("while log.compact runs", compaction),
}


def new_rows():
    """For each: the longest call, and the 99.9th percentile, of the worst bench where it took several."""
    rows = {}
    for key, (words, work) in BESIDE.items():
        reached = no_more_than(STALL_MS_MAX) if work else no_target
        target = f"≤ {STALL_MS_MAX}" if work else "–"
        rows[key] = (
            Row(f"stalls-{key}", f"longest usage.record, {words}", "ms", target, reached),
            Row(f"stalls-{key}-p999", "the same, 99.9th percentile", "ms", "–", no_target),
        )
    return rows


def measure(plan):
    """A new ledger for each round, with calls of the whole day and the ids of all of them."""
    rows = new_rows()
    for index in range(plan.rounds):
        with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
            plan.note(f"stalls: round {index + 1} of {plan.rounds}: recording {plan.stall_events:,} events")
            server.fill(plan.stall_events, "--spread-hours", SPREAD_HOURS, load=VARIED_FILL_LOAD)
            server.wait_for_projections()
            for key, (words, work) in BESIDE.items():
                plan.note(f"stalls: round {index + 1} of {plan.rounds}: {words}")
                note(rows[key], *beside(server, plan, work and work(server)))
    return [row for pair in rows.values() for row in pair]


def beside(server, plan, work):
    """What the benches report that it took until the work was done at least once, and how often it was."""
    if not work:
        return [steady_load(server, plan)], 0
    with Again(work) as again:
        reports = [steady_load(server, plan)]
        while not again.done and not again.failure:
            reports.append(steady_load(server, plan))
    again.check()
    return reports, again.done


def steady_load(server, plan):
    return server.bench(
        "--seconds", plan.seconds, "--connections", CONNECTIONS, "--in-flight", IN_FLIGHT, "--rate", CALLS_PER_SECOND
    )


def note(pair, reports, done):
    longest, p999 = pair
    longest.ours.append(max(report["latency_ns"]["max"] for report in reports) / 1e6)
    p999.ours.append(max(report["latency_ns"]["p99.9"] for report in reports) / 1e6)
    longest.details.setdefault("calls_per_second", []).append([report["calls_per_second"] for report in reports])
    longest.details.setdefault("times_done", []).append(done)
