"""How far a run is, and what it came to."""

import sys
import time

PROGRESS_SECONDS = 5


class Progress:
    """A line on standard error: rewritten at a terminal, else a new one now and then."""

    def __init__(self, kills):
        self.kills, self.begun, self.shown = kills, time.monotonic(), 0

    def show(self, done, moment, acknowledged):
        now = time.monotonic()
        if not sys.stderr.isatty() and now - self.shown < PROGRESS_SECONDS and done < self.kills:
            return
        self.shown = now
        line = f"{done:,} of {self.kills:,} kills, {acknowledged:,} acknowledged, {now - self.begun:.0f} s; {moment}"
        line, end = (f"\r{line:<78}", "") if sys.stderr.isatty() else (line, "\n")
        print(line, end=end, file=sys.stderr, flush=True)

    def end(self):
        if sys.stderr.isatty():
            print(file=sys.stderr)


def table(tallies):
    """Aligned lines, one for each kind of moment."""
    rows = [["killed during", "kills", "inside", "ended before"]]
    rows += [[moment, f"{tally.kills:,}", f"{tally.inside:,}", f"{tally.finished:,}"]
             for moment, tally in sorted(tallies.items())]
    rows.append(["all", *(f"{sum(getattr(tally, name) for tally in tallies.values()):,}"
                          for name in ("kills", "inside", "finished"))])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])


def totals(found):
    """What all clients of a run did, for people."""
    yield f"{found['operations']:,} operations: {found['acknowledged']:,} acknowledged, {found['refused']:,} refusals"
    yield (f"{found['unanswered']:,} requests were not answered before a kill, {found['unanswered_found']:,} of them "
           "are in the log")
    yield (f"{found['shared_ids']:,} ids that several clients sent, {found['contested_versions']:,} versions that all "
           f"tried to change; {found['questions']:,} questions")
    yield (f"{found['events']:,} events in {found['ledgers']:,} ledgers, each read anew after every start; "
           f"{found['streamed']:,} positions streamed; {found['seconds']:.0f} s")
