"""Recording beside a crowd: thousands of connections that say nothing, and readers that stopped taking lines."""

import resource
import socket
import threading

from .figures import Row, no_target
from .ledgerline import Ledgerline

IDLE_CONNECTIONS = 10_000
SLOW_READERS = 100
# For everything that is no connection of the crowd.
KEPT_FILES = 256
# A reader that stopped: it asked for all events and takes what came with the first answer.
STREAM_REQUEST = b'{"method":"events.stream","params":{"from":"start"}}\n'
RECEIVE_BUFFER_BYTES = 65_536
# Memory over time is looked at so often, while so many calls a second are recorded, without ids: what is held of an id
# would hide what the crowd takes.
LOOKS = 30
RATE = 20_000
LOAD_OVER_TIME = ["--no-ids", "--rate", RATE, "--connections", 8, "--in-flight", 128]


class Crowd:
    """Connections from `with` to its end."""

    def __init__(self, port, idle, readers):
        self.port, self.idle, self.readers = port, idle, readers
        self.connections = []

    def __enter__(self):
        allow_files(self.idle + self.readers + KEPT_FILES)
        return self

    def __exit__(self, *_):
        for connection in self.connections:
            connection.close()

    def add_idle(self):
        for _ in range(self.idle):
            self._connect()

    def add_readers(self):
        for _ in range(self.readers):
            reader = self._connect()
            reader.sendall(STREAM_REQUEST)
            reader.recv(1)

    def _connect(self):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        connection.connect(("127.0.0.1", self.port))
        self.connections.append(connection)
        return connection


def allow_files(count):
    """Raises the limit of open files of this process, and of the servers that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def record(server, plan):
    return server.bench("--seconds", plan.seconds, "--connections", 8, "--in-flight", 128)


def measure(plan, idle=IDLE_CONNECTIONS, readers=SLOW_READERS):
    """Without and with the crowd in turn, each with a new server."""
    crowd = f"beside {idle:,} idle connections and {readers:,} readers that stopped"
    return [*in_turn(plan, crowd, idle, readers), over_time(plan, crowd, idle, readers)]


def in_turn(plan, crowd, idle, readers):
    """What is recorded as fast as can be, and what that leaves in memory."""
    rows = {
        "calls": Row("crowd-calls", f"usage.record, 8 × 128, {crowd}", "calls/s", "–", no_target, peer="alone"),
        "p99": Row("crowd-p99", "the same, 99th percentile", "ms", "–", no_target, peer="alone"),
        "idle": Row("crowd-idle", "memory of an idle connection", "bytes", "–", no_target),
        "before": Row("crowd-before", "memory with the crowd, before recording", "MB", "–", no_target, peer="alone"),
        "after": Row("crowd-after", "memory with the crowd, after recording", "MB", "–", no_target, peer="alone"),
    }
    for index in range(plan.rounds):
        plan.note(f"crowd: round {index + 1} of {plan.rounds}")
        with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
            note(rows, "theirs", record_between(server, plan))
        with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
            with Crowd(server.port, idle, readers) as connections:
                empty = server.memory_bytes()[0]
                connections.add_idle()
                server.call("server.ping")
                rows["idle"].ours.append((server.memory_bytes()[0] - empty) / max(1, idle))
                connections.add_readers()
                note(rows, "ours", record_between(server, plan))
    return list(rows.values())


def over_time(plan, crowd, idle, readers):
    """The memory again and again: for as long as all rounds took, first alone."""
    seconds = plan.rounds * plan.seconds
    work = f"memory over {seconds:g} s of {RATE:,} calls/s, {crowd}"
    row = Row("crowd-over-time", work, "MB", "–", no_target, peer="alone")
    plan.note("crowd: memory over time")
    with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
        row.theirs = memory_over(seconds, server)
    with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
        with Crowd(server.port, idle, readers) as connections:
            connections.add_idle()
            connections.add_readers()
            row.ours = memory_over(seconds, server)
    return row


def memory_over(seconds, server):
    """In MB, in the order of time, while calls are recorded."""
    looks, is_over = [], threading.Event()

    def look():
        while not is_over.wait(seconds / LOOKS):
            looks.append(server.memory_bytes()[0] / 1e6)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        server.bench("--seconds", seconds, *LOAD_OVER_TIME)
    finally:
        is_over.set()
        looking.join()
    return looks


def record_between(server, plan):
    """The memory before, what was recorded, the memory after."""
    before = server.memory_bytes()[0]
    return before, record(server, plan), server.memory_bytes()[0]


def note(rows, side, measured):
    before, report, after = measured
    getattr(rows["before"], side).append(before / 1e6)
    getattr(rows["calls"], side).append(report["calls_per_second"])
    getattr(rows["p99"], side).append(report["latency_ns"]["p99.0"] / 1e6)
    getattr(rows["after"], side).append(after / 1e6)
