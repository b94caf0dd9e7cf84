"""Redis as the peer of the log: a stream in an append-only file that is synced before every answer."""

import csv
import io
import os
import random
import shutil
import socket
import subprocess
import time

from common import processes

FSYNC_MODE = "appendonly yes, appendfsync always"
START_SECONDS_MAX = 30
READ_COUNT = 1_000
READS_IN_FLIGHT = 4
FILL_PIPELINE = 1_000
RECEIVE_BYTES = 1 << 20

# The same content as a call of `ledgerline bench`, as separate fields; 14 characters and 12 random digits are an id.
FIELDS = [
    "org", "bench-1", "workspace", "workspace-1", "purpose", "event_sync", "verb", "GET",
    "resource", "/v60.0/sobjects/Contact/describe", "status", "200", "id", "01K0BENCHLEDGE__rand_int__",
]
RANDOM_IDS = 10**12 - 1

RESOURCES = [
    b"/v60.0/query", b"/v60.0/limits", b"/v60.0/composite", b"/v60.0/sobjects/Contact/describe",
    b"/v60.0/sobjects/Lead/describe",
]
ID_CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def is_installed():
    return shutil.which("redis-server") is not None and shutil.which("redis-benchmark") is not None


def version():
    return processes.output(["redis-server", "--version"]).split()[2].removeprefix("v=")


class Redis:
    """A server from `with` to its end."""

    def __init__(self, directory):
        self.directory = directory
        self.port = processes.free_port()

    def __enter__(self):
        command = [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory,
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", "0",
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        begun = time.perf_counter()
        while time.perf_counter() - begun < START_SECONDS_MAX:
            try:
                with self._connect() as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(64).startswith(b"+PONG"):
                        return self
            except ConnectionError:
                pass
            time.sleep(0.02)
        raise processes.Failure("redis-server did not start")

    def __exit__(self, *_):
        processes.stop(self.process)

    def add(self, connections, in_flight, requests):
        """XADD by redis-benchmark: requests a second, and the 99th percentile in milliseconds."""
        text = processes.output([
            "redis-benchmark", "-p", str(self.port), "-c", str(connections), "-P", str(in_flight),
            "-n", str(requests), "-r", str(RANDOM_IDS), "--csv", "XADD", "calls", "*", *FIELDS,
        ])
        row = next(csv.DictReader(io.StringIO(text[text.index('"test"'):])))
        return {"per_second": float(row["rps"]), "p99_ms": float(row["p99_latency_ms"])}

    def log_bytes(self):
        return processes.directory_bytes(os.path.join(self.directory, "appendonlydir"))

    def fill(self, entries):
        """Adds entries with the ids 1-1, 2-1, 3-1 …; gives how long the reply to each XREAD of 1,000 will be.

        Known ids and lengths let `read` ask for the next entries, and find a reply's end, without parsing: what is
        measured is Redis, not a client in Python.
        """
        generator = random.Random(entries)
        lengths = []
        with self._connect() as connection:
            _exchange(connection, b"CONFIG SET appendfsync no\r\n", 1)
            for first in range(1, entries + 1, READ_COUNT):
                last = min(first + READ_COUNT - 1, entries)
                bodies = [_body(generator) for _ in range(first, last + 1)]
                ids = [b"%d-1" % number for number in range(first, last + 1)]
                adds = (
                    b"*%d\r\n$4\r\nXADD\r\n$5\r\ncalls\r\n%s%s" % (3 + count, _bulk(id), fields)
                    for id, (count, fields) in zip(ids, bodies)
                )
                _exchange(connection, b"".join(adds), last - first + 1)
                held = sum(
                    len(b"*2\r\n%s*%d\r\n%s" % (_bulk(id), count, fields))
                    for id, (count, fields) in zip(ids, bodies)
                )
                lengths.append(len(_reply_head(last - first + 1)) + held)
        return lengths

    def read(self, lengths):
        """Reads the stream from its start by XREAD COUNT 1000, several requests in flight: seconds and bytes."""
        requests = [
            b"*6\r\n$5\r\nXREAD\r\n$5\r\nCOUNT\r\n$4\r\n1000\r\n$7\r\nSTREAMS\r\n$5\r\ncalls\r\n"
            + _bulk(b"%d-1" % (index * READ_COUNT))
            for index in range(len(lengths))
        ]
        memory = memoryview(bytearray(RECEIVE_BYTES))
        total = sum(lengths)
        with self._connect() as connection:
            begun = time.perf_counter()
            connection.sendall(b"".join(requests[:READS_IN_FLIGHT]))
            sent, received, end = READS_IN_FLIGHT, 0, 0
            for length in lengths:
                end += length
                while received < end:
                    count = connection.recv_into(memory)
                    if received == 0 and bytes(memory[:4]) != b"*1\r\n":
                        raise processes.Failure("Redis refused to be read")
                    if count == 0:
                        raise processes.Failure("Redis closed the connection")
                    received += count
                if sent < len(requests):
                    connection.sendall(requests[sent])
                    sent += 1
            seconds = time.perf_counter() - begun
        if received != total:
            raise processes.Failure(f"Redis sent {received} bytes, not {total}")
        return {"seconds": seconds, "bytes": total}

    def _connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def _exchange(connection, requests, replies):
    """Sends requests whose replies are one line, or an id in a string of two lines, and waits for all of them."""
    connection.sendall(requests)
    received = b""
    while True:
        received += connection.recv(RECEIVE_BYTES)
        if received.startswith(b"-") or b"\r\n-" in received:
            raise processes.Failure(f"Redis: {received[:200]!r}")
        if received.count(b"\r\n") - received.count(b"$") >= replies and received.endswith(b"\r\n"):
            return


def _bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text)


def _body(generator):
    """Fields and values of one call: how many there are, and their bytes."""
    id = "".join(generator.choices(ID_CHARACTERS, k=26)).encode()
    values = [value.encode() for value in FIELDS]
    values[9] = generator.choice(RESOURCES)
    values[-1] = id
    return len(values), b"".join(map(_bulk, values))


def _reply_head(entries):
    return b"*1\r\n*2\r\n$5\r\ncalls\r\n*%d\r\n" % entries
