"""Mutants are subtle: positions and chain hold, and only who knows what was there before can tell."""

import json
import random
import shutil
import sqlite3
import tempfile
import unittest
from contextlib import closing

from torture import instants, ledgerfile
from torture.fixture import new_ledger
from torture.mutants import MUTANTS, lose_tail

TIME = "2026-11-21T09:00:00.000Z"
BLOCKS = 6


def blocks():
    """Each with two calls."""
    for first in range(1, 2 * BLOCKS, 2):
        lines = [
            ledgerfile.line(position, TIME, "api.called", "o", "w", {"calls": 1, "id": f"i{position}"})
            for position in (first, first + 1)
        ]
        yield lines, instants.parse(TIME), instants.parse(TIME)


class MutantTests(unittest.TestCase):
    def test_a_changed_log_still_reads_well(self):
        for name in ("double", "rewrite", "reorder", "forge"):
            with tempfile.TemporaryDirectory() as directory, self.subTest(name):
                path = new_ledger(directory)
                ledgerfile.append(path, ledgerfile.empty(), blocks())
                before = ledgerfile.read(path)
                MUTANTS[name](path, random.Random(1))
                self.assertNotEqual(ledgerfile.read(path).hash, before.hash)

    def test_an_id_comes_twice(self):
        with tempfile.TemporaryDirectory() as directory:
            path = new_ledger(directory)
            ledgerfile.append(path, ledgerfile.empty(), blocks())
            MUTANTS["double"](path, random.Random(1))
            ledger = ledgerfile.read(path)
            ids = [json.loads(line)["data"]["id"] for block in ledger.blocks for line in block.lines]
            self.assertEqual((len(ids), len(set(ids))), (2 * BLOCKS + 1, 2 * BLOCKS))

    def test_the_newer_commits_of_a_write_ahead_log_are_lost(self):
        with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as crashed:
            path = new_ledger(directory)
            # Nobody checkpoints while a reader is there: what is copied meanwhile is as after a kill.
            with closing(sqlite3.connect(path)) as reader:
                reader.execute("BEGIN").execute("SELECT * FROM blocks").fetchall()
                ledger = ledgerfile.empty()
                for block in list(blocks()):
                    ledgerfile.append(path, ledger, [block])
                for suffix in ("", "-wal"):
                    shutil.copy(path + suffix, crashed)
            path = path.replace(directory, crashed)
            lose_tail(path, None)
            left = ledgerfile.read(path)
            self.assertTrue(0 < left.head < ledger.head)
            self.assertEqual(left.hash, ledger.blocks[len(left.blocks) - 1].hash)
