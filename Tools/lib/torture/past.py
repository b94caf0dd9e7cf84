"""A ledger that is some weeks old, so that retention has something to drop: written, not recorded."""

from . import instants, ledgerfile

ORG = "past"
WORKSPACES = ["north", "south"]
# Well over what stays recorded: no tier changes in the past.
ALLOWANCE = 1_000_000
OLDEST_DAYS = 12
# Retention of the window may not drop less than this, and takes whole blocks.
NEWEST_DAYS = 3
CALLS_PER_DAY = 4_000
CALLS_PER_BLOCK = 400


def write(path, now):
    """Fills the empty ledger at `path`, whose server has ended, and gives it: day after day somebody made calls."""
    ledger = ledgerfile.empty()
    ledgerfile.append(path, ledger, _blocks(now))
    return ledger


def _blocks(now):
    """Blocks as `ledgerfile.append` takes them."""
    position = 1
    for events in _events(now):
        lines = [
            ledgerfile.line(position + index, instants.text(time), *event) for index, (time, event) in enumerate(events)
        ]
        yield lines, events[0][0], events[-1][0]
        position += len(lines)


def _events(now):
    """The events of each block with their times: the org, then calls."""
    yield [(now - OLDEST_DAYS * instants.DAY, ("org.configured", ORG, None, {"allowance": ALLOWANCE}))]
    for day in range(OLDEST_DAYS, NEWEST_DAYS - 1, -1):
        begin = now - day * instants.DAY
        for first in range(0, CALLS_PER_DAY, CALLS_PER_BLOCK):
            yield [
                (begin + number * instants.DAY // CALLS_PER_DAY, _call(number))
                for number in range(first, first + CALLS_PER_BLOCK)
            ]


def _call(number):
    data = {"purpose": "inbox", "calls": 1 + number % 3, "verb": "GET", "resource": f"/past/{number % 7}"}
    return "api.called", ORG, WORKSPACES[number % len(WORKSPACES)], data


def retention_days():
    """What retention may be asked to leave, step by step: each drops about a day."""
    return list(range(OLDEST_DAYS - 1, NEWEST_DAYS - 2, -1))
