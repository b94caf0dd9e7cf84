"""When a server is killed, and inside of what."""

import time
from dataclasses import dataclass

from .violation import demand

# Traffic before a piece of work begins, and before a kill that is aimed at nothing but traffic.
WARM_UP_SECONDS_MAX = 0.2
TRAFFIC_SECONDS_MAX = 0.5
STOPPING_SECONDS_MAX = 0.1
# How long a piece of work is taken to last before one was seen to end.
FIRST_GUESS_SECONDS = 0.05
# Of the last duration in the guess at the next one, and how the guess grows with each kill that came before the end.
WEIGHT = 0.5
GROWTH = 1.15
NOTHING_PACKED = 1_000_000_000
# A kill may come a little after the work would have ended.
OVERSHOOT = 1.2


@dataclass
class Tally:
    """What kills aimed at one moment met."""

    kills: int = 0
    # While the work was under way: asked for and not answered, or starting and not yet answering.
    inside: int = 0
    # How many pieces of such work ended before a kill.
    finished: int = 0


class Durations:
    """How long work of each kind lasts, by what was seen."""

    def __init__(self):
        self.seconds = {}

    def ended(self, name, seconds):
        self.seconds[name] = (1 - WEIGHT) * self._guess(name) + WEIGHT * seconds

    def interrupted(self, name):
        """It may last longer than was thought."""
        self.seconds[name] = GROWTH * self._guess(name)

    def moment(self, name, random):
        """So long after the work's begin, at random."""
        return random.uniform(0, OVERSHOOT * self._guess(name))

    def _guess(self, name):
        return self.seconds.get(name, FIRST_GUESS_SECONDS)


class Maintenance:
    """Asks for one kind of work, again and again, until the connection breaks."""

    def __init__(self, name, retention, backups):
        self.name, self.retention, self.backups = name, retention, backups
        self.is_under_way = False

    async def keep_going(self, requests, tally, durations):
        while requests.is_open and (request := self._request()):
            begun = time.perf_counter()
            self.is_under_way = True
            result = await requests.try_to_ask(*request)
            if result is None:
                durations.interrupted(self.name)
                return
            self.is_under_way = False
            durations.ended(self.name, time.perf_counter() - begun)
            tally.finished += 1
            self._check(request[1], result)

    def _request(self):
        """None when there is nothing left to do."""
        if self.name == "retention":
            if not self.retention:
                return None
            return "log.compact", {"keep_events": NOTHING_PACKED, "retain_days": self.retention.pop(0)}
        if self.name == "log.compact":
            return "log.compact", {"keep_events": 0}
        if self.name == "log.backup":
            return "log.backup", {"path": self.backups.next()}
        return self.name, {}

    def _check(self, params, result):
        if self.name == "log.backup":
            self.backups.made(params["path"], result)
        elif self.name == "projections.verify":
            demand(result["equal"], "the live state is not what the log gives", result)


# Work that is interrupted, and how often in comparison.
WORK = {
    "log.snapshot": 2, "log.compact": 2, "log.backup": 2, "projections.rebuild": 2, "retention": 2, "log.verify": 1,
    "projections.verify": 1,
}
START_UP, TRAFFIC, STOPPING = "start-up", "traffic", "stopping (SIGTERM before)"
# Twenty, so that as many kills meet each kind.
MOMENTS = {TRAFFIC: 3, START_UP: 3, **WORK, STOPPING: 2}


class Deck:
    """Draws moments as from a shuffled deck: none stays away for long."""

    def __init__(self, random):
        self.random, self.cards = random, []

    def draw(self):
        if not self.cards:
            self.cards = [moment for moment, count in MOMENTS.items() for _ in range(count)]
            self.random.shuffle(self.cards)
        return self.cards.pop()
