"""An empty ledger for tests that need no server."""

import os
import sqlite3
from contextlib import closing

TABLE = """CREATE TABLE blocks(first INTEGER PRIMARY KEY, count INTEGER, time_first INTEGER, time_last INTEGER,
    size INTEGER, hash TEXT, seams BLOB, labels BLOB, body BLOB)"""


def new_ledger(directory):
    """Its path: the table that the log is in, in WAL mode as the server has it."""
    path = os.path.join(directory, "ledger.db")
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(TABLE)
    return path
