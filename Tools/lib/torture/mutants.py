"""Faults that are put into a ledger between a kill and the next start: a test that misses one is worth nothing."""

import json
import os
import sqlite3
import struct
import zlib
from contextlib import closing

from . import instants, ledgerfile
from .workload import ORG, WORKSPACES

WAL_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24

# Of views.db: its pages, and the checksum at the end of each.
PAGE_BYTES = 4096
CHECKSUM_BYTES = 4


def lose_tail(path, _):
    """The newer half of the commits in the write-ahead log, as if the server answered before it synced."""
    wal = path + "-wal"
    ends = _commit_ends(wal)
    if ends:
        os.truncate(wal, ends[len(ends) // 2])


def _commit_ends(wal):
    """Where the commits of a write-ahead log end, in bytes, without the last; those of its present round only."""
    if not os.path.exists(wal):
        return []
    with open(wal, "rb") as file:
        header = file.read(WAL_HEADER_BYTES)
        if len(header) < WAL_HEADER_BYTES:
            return []
        (page_bytes,), salts = struct.unpack(">I", header[8:12]), header[16:24]
        ends = [WAL_HEADER_BYTES]
        while len(frame := file.read(FRAME_HEADER_BYTES + page_bytes)) == FRAME_HEADER_BYTES + page_bytes:
            if frame[8:16] != salts:
                break
            if frame[4:8] != bytes(4):
                ends.append(file.tell())
    return ends[:-1]


def double(path, random):
    """A call that is in the log already is there again, as if the server forgot an id."""
    ledger = ledgerfile.read(path)
    known = [line for block in ledger.blocks[-50:] for line in block.lines if _is_keyed_call(line)]
    if known:
        event = json.loads(random.choice(known))
        _append(path, ledger, event)


def rewrite(path, random):
    """The last block says another number of calls, and its hash says so too."""
    def change(events):
        calls = [event for event in events if event["type"] == "api.called"]
        if calls:
            random.choice(calls)["data"]["calls"] += 1

    _change_last_block(path, change)


def reorder(path, random):
    """The last block holds two calls in the other order, with a hash that fits."""
    def change(events):
        calls = [event for event in events if event["type"] == "api.called"]
        if len(calls) > 1:
            one, other = random.sample(calls, 2)
            for member in ("workspace", "data"):
                one[member], other[member] = other.get(member), one.get(member)

    _change_last_block(path, change)


def forge(path, _):
    """A change of settings that nobody made."""
    ledger = ledgerfile.read(path)
    if ledger.blocks:
        event = json.loads(ledger.blocks[-1].lines[-1])
        event.update(type="settings.changed", org=ORG, workspace=WORKSPACES[0],
                     data={"limit": 1, "id": "forged", "fingerprint": "0" * 12})
        _append(path, ledger, event)


def miscount(path, _):
    """An hour of the read models has a call too many or too few, as if events were taken in twice, or not at all."""
    first = "SELECT counts, org, hour, chunk FROM hourly WHERE org = ? LIMIT 1"
    with closing(sqlite3.connect(os.path.join(os.path.dirname(path), "views.db"))) as views, views:
        if row := views.execute(first, (ORG,)).fetchone():
            views.execute("UPDATE hourly SET counts = ? WHERE (org, hour, chunk) = (?, ?, ?)",
                          (_miscounted(bytearray(row[0])), *row[1:]))
        views.commit()
        views.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _seal_pages(os.path.join(os.path.dirname(path), "views.db"))


def _miscounted(counts):
    """The counts of an hour with another number of calls in the first series: its second varint."""
    calls = next(index for index, byte in enumerate(counts) if byte < 0x80) + 1
    # The low seven bits of a number that is not to become a longer one.
    counts[calls] += 1 if counts[calls] & 0x7F < 0x7F else -1
    return bytes(counts)


def _seal_pages(path):
    """Gives every page the checksum that it would have, had the server written it: what is wrong is not the disk's doing."""
    with open(path, "r+b") as file:
        number = 0
        while page := file.read(PAGE_BYTES):
            number += 1
            content = page[:-CHECKSUM_BYTES]
            file.seek((number - 1) * PAGE_BYTES)
            file.write(content + zlib.crc32(content, number).to_bytes(CHECKSUM_BYTES, "big"))
            file.seek(number * PAGE_BYTES)


MUTANTS = {
    "lose-tail": lose_tail, "double": double, "rewrite": rewrite, "reorder": reorder, "forge": forge,
    "miscount": miscount,
}


def _is_keyed_call(line):
    event = json.loads(line)
    return event["type"] == "api.called" and "id" in event["data"]


def _text(event):
    return ledgerfile.line(*(event.get(name) for name in ("position", "time", "type", "org", "workspace", "data")))


def _append(path, ledger, event):
    """Appends the event as if it came now, in a block of its own."""
    last = json.loads(ledger.blocks[-1].lines[-1])
    event = {**event, "position": ledger.head + 1, "time": last["time"]}
    time = instants.parse(last["time"])
    ledgerfile.append(path, ledger, [([_text(event)], time, time)])


def _change_last_block(path, change):
    """Changes the events of the last row when it is one commit, and its hash with them."""
    ledger = ledgerfile.read(path)
    with closing(sqlite3.connect(path)) as database, database:
        first, seams, stored = database.execute(
            "SELECT first, seams, body FROM blocks ORDER BY first DESC LIMIT 1"
        ).fetchone()
        if seams is not None or stored is None or stored[:1] != b"{":
            return
        events = [json.loads(line) for line in ledger.blocks[-1].lines]
        change(events)
        lines = [_text(event) for event in events]
        previous = ledger.blocks[-2].hash if len(ledger.blocks) > 1 else ledger.previous
        body = b"".join(lines)
        database.execute(
            "UPDATE blocks SET size = ?, hash = ?, labels = NULL, body = ? WHERE first = ?",
            (len(body), ledgerfile.next_hash(previous, lines), body, first),
        )
