"""Readers that go on where they broke off, and hold the server to sending each position once."""

import asyncio
import json
import random

from . import ledgerfile
from .connection import Lines
from .violation import demand

HEARTBEAT_MS = 100
# A slow reader stops reading for so long after each piece that it takes.
SLOW_SECONDS_MAX = 0.05
READ_SECONDS = 0.001
# How a line begins that answers `events.stream` with no stream.
REFUSAL = b'{"id":null,"error":'


class StreamCheck:
    """The lines of `events.stream` with `blocks`, over any number of connections."""

    def __init__(self, position=0, hash=None):
        self.position, self.hash = position, hash
        # The lines of the block that is not finished.
        self.pending = []
        self.ends = []

    def feed(self, line):
        if line.startswith(b'{"control":'):
            return self._control(json.loads(line))
        demand(
            line.startswith(b'{"position":%d,' % (self.position + 1)),
            f"a stream went from position {self.position} on to", line[:200].decode(),
        )
        self.position += 1
        self.pending.append(line + b"\n")

    def _control(self, control):
        kind = control["control"]
        if kind == "streaming":
            self._begin(control)
        elif kind == "block":
            self._end_block(control)
        elif kind == "caught_up":
            demand(control["position"] == self.position, f"a stream was caught up at position {self.position}", control)
        elif kind == "heartbeat":
            demand(control["position"] <= self.position, f"a stream stood at position {self.position}", control)

    def _begin(self, control):
        demand(control["from"] == self.position + 1, f"a stream was to go on behind position {self.position}", control)
        if control["previous"] is not None and self.hash is not None:
            demand(
                not self.pending and control["previous"] == self.hash,
                f"a stream goes on behind position {self.position} with another hash", control, self.hash,
            )
        if control["previous"] is not None:
            self.hash = control["previous"]

    def _end_block(self, control):
        length = control["last"] - control["first"] + 1
        demand(control["last"] == self.position, f"a block ends ahead of position {self.position}", control)
        if self.hash is not None:
            demand(length == len(self.pending), f"a block of {len(self.pending)} lines was sent as", control)
            demand(
                ledgerfile.next_hash(self.hash, self.pending) == control["hash"],
                f"the lines of positions {control['first']} to {control['last']} do not give the hash", control,
            )
        self.hash, self.pending = control["hash"], []
        self.ends.append((control["last"], control["hash"]))

    def settle(self, audit):
        """Compares with the log what came since it was done last."""
        audit.check_stream(self.ends, self.pending, self.position - len(self.pending) + 1)
        self.ends = []


class StreamReader:
    """Reads everything with `events.stream`; a slow one lets the server wait."""

    def __init__(self, on_failure, seed, slow=False):
        self.check = StreamCheck()
        self.on_failure, self.slow, self.random = on_failure, slow, random.Random(seed)

    def start_behind(self, position, hash):
        self.check = StreamCheck(position, hash)

    @property
    def position(self):
        """Up to which it was sent everything."""
        return self.check.position

    async def run(self, port):
        """Until the connection breaks."""
        lines = await Lines.connect(port, self._take, self.on_failure)
        if lines is None:
            return
        params = {"from": self.check.position + 1, "blocks": True, "heartbeat_ms": HEARTBEAT_MS}
        lines.transport.write(json.dumps({"method": "events.stream", "params": params}).encode() + b"\n")
        try:
            while self.slow and lines.is_open:
                lines.transport.pause_reading()
                await asyncio.sleep(self.random.uniform(0, SLOW_SECONDS_MAX))
                lines.transport.resume_reading()
                await asyncio.sleep(READ_SECONDS)
            await lines.lost
        finally:
            lines.transport.abort()

    def _take(self, line):
        if line.startswith(REFUSAL):
            _check_refusal(json.loads(line))
        else:
            self.check.feed(line)

    def settle(self, audit):
        self.check.settle(audit)


class SubscriptionCheck:
    """The notifications of `events.subscribe` for one workspace."""

    def __init__(self, workspace, position=0):
        self.workspace = workspace
        self.covered = self.settled = position
        self.events = []

    def feed(self, notification):
        params = notification["params"]
        if notification["method"] == "events.batch":
            demand(params["events"], "a batch without events", params)
            self.events += params["events"]
            last = params["events"][-1]["position"]
            demand(last <= params["position"], "a batch ends before its last event", params["position"], last)
            self._cover(params["position"])
        elif params["control"] in ("caught_up", "heartbeat"):
            self._cover(params["position"])

    def _cover(self, position):
        demand(position >= self.covered, f"a subscription went from position {self.covered} back to {position}")
        self.covered = position

    def settle(self, audit):
        audit.check_filtered(self.events, self.settled + 1, self.covered, self.workspace)
        self.events, self.settled = [], self.covered


class SubscriptionReader:
    """Reads one workspace with `events.subscribe`."""

    def __init__(self, on_failure, org, workspace):
        self.check = SubscriptionCheck(workspace)
        self.on_failure, self.org = on_failure, org

    def start_behind(self, position, _):
        self.check = SubscriptionCheck(self.check.workspace, position)

    @property
    def position(self):
        """Up to which it was sent everything."""
        return self.check.covered

    async def run(self, port):
        """Until the connection breaks."""
        lines = await Lines.connect(port, self._take, self.on_failure)
        if lines is None:
            return
        params = {"from": self.check.covered + 1, "org": self.org, "workspace": self.check.workspace,
                  "heartbeat_ms": HEARTBEAT_MS}
        request = {"jsonrpc": "2.0", "id": 1, "method": "events.subscribe", "params": params}
        lines.transport.write(json.dumps(request).encode() + b"\n")
        try:
            await lines.lost
        finally:
            lines.transport.abort()

    def _take(self, line):
        message = json.loads(line)
        if "method" in message:
            self.check.feed(message)
        elif "error" in message:
            _check_refusal(message)

    def settle(self, audit):
        self.check.settle(audit)


def _check_refusal(message):
    """A reader may come when the server is ending already, and for no other reason in vain."""
    demand(message["error"].get("data", {}).get("reason") == "STOPPING", "a reader was refused", message)
