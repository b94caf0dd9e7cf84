"""ledger.db as a stranger reads it: rows, packed bodies, seams and the hash chain, by the written format alone."""

import hashlib
import json
import sqlite3
import zlib
from contextlib import closing
from dataclasses import dataclass

from .violation import demand

GENESIS = "0" * 64


@dataclass
class Block:
    """One durable commit."""

    first: int
    hash: str
    # With their line ends.
    lines: list

    @property
    def last(self):
        return self.first + len(self.lines) - 1


@dataclass
class Ledger:
    """A whole log: what retention dropped, and the blocks that are held."""

    first_held: int
    # The chain's hash before the first block that is held.
    previous: str
    blocks: list

    @property
    def head(self):
        return self.blocks[-1].last if self.blocks else self.first_held - 1

    @property
    def hash(self):
        return self.blocks[-1].hash if self.blocks else self.previous


def next_hash(previous, lines):
    """The chain's hash behind a block of lines."""
    return hashlib.sha256(previous.encode() + b"".join(lines)).hexdigest()


def empty():
    """A log without an event."""
    return Ledger(first_held=1, previous=GENESIS, blocks=[])


def read(path):
    """Reads and checks a ledger, with a server on it or without; writes nothing."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return unfold(database.execute("SELECT first, count, size, hash, seams, body FROM blocks ORDER BY first"))


def unfold(rows):
    """Rows of the table `blocks` as a ledger. Throws `Violation` where positions or the chain do not go on."""
    ledger = empty()
    for first, count, size, hash, seams, body in rows:
        demand(first == ledger.head + 1, f"the log goes from position {ledger.head} on to {first}")
        if body is None:
            demand(not ledger.blocks, f"the body of positions {first} to {first + count - 1} is missing")
            ledger = Ledger(first_held=first + count, previous=hash, blocks=[])
            continue
        lines = _lines(body, size)
        demand(len(lines) == count, f"the row at position {first} holds {len(lines)} lines, not {count}")
        for length in _seams(seams) if seams else [count]:
            block = Block(ledger.head + 1, next_hash(ledger.hash, lines[:length]), lines[:length])
            ledger.blocks.append(block)
            lines = lines[length:]
        demand(not lines, f"the row at position {first} has more lines than its seams say")
        demand(ledger.hash == hash, f"the lines of the row at position {first} do not give its hash")
    return ledger


def _lines(body, size):
    lines = body if len(body) == size else zlib.decompress(body)
    demand(len(lines) == size, f"a body has {len(lines)} bytes, not {size}")
    return lines.splitlines(keepends=True)


def _seams(coded):
    """Event counts of the commits in a packed row: base-128 varints, after one that is 0 or their length deflated."""
    size, rest = _varint(coded)
    rest = zlib.decompress(rest) if size else rest
    counts = []
    while rest:
        count, rest = _varint(rest)
        counts.append(count)
    return counts


def _varint(coded):
    value = 0
    for index, byte in enumerate(coded):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, coded[index + 1:]
    raise ValueError("a varint has no end")


def append(path, ledger, blocks):
    """Appends blocks of (lines, time of the first, time of the last) to a ledger that no server is using.

    That is what a server does, right or wrong; the lines must say the positions behind `ledger`, which grows by them.
    """
    with closing(sqlite3.connect(path)) as database, database:
        for lines, *times in blocks:
            block = Block(ledger.head + 1, next_hash(ledger.hash, lines), lines)
            database.execute(
                "INSERT INTO blocks(first, count, time_first, time_last, size, hash, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (block.first, len(lines), *times, sum(map(len, lines)), block.hash, b"".join(lines)),
            )
            ledger.blocks.append(block)


def line(position, time, type, org, workspace, data):
    """An event as the log has it, with its line end."""
    event = {"position": position, "time": time, "type": type, "org": org}
    if workspace is not None:
        event["workspace"] = workspace
    return (json.dumps({**event, "data": data}, separators=(",", ":"), ensure_ascii=False) + "\n").encode()
