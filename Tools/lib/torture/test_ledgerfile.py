"""The written format, read and written."""

import tempfile
import unittest
import zlib
from unittest import mock

from torture import instants, ledgerfile, past
from torture.fixture import new_ledger
from torture.violation import Violation

def lines_of(first, count):
    return [ledgerfile.line(first + index, "2026-11-21T09:00:00.000Z", "api.called", "o", "w", {"calls": 1})
            for index in range(count)]


def row(previous, lines, first, seams=None, stored=None):
    body = b"".join(lines)
    return first, len(lines), len(body), ledgerfile.next_hash(previous, lines), seams, stored or body


class UnfoldTests(unittest.TestCase):
    def test_blocks_follow_each_other(self):
        one = row(ledgerfile.GENESIS, lines_of(1, 2), 1)
        two = row(one[3], lines_of(3, 1), 3)
        ledger = ledgerfile.unfold([one, two])
        self.assertEqual([(block.first, block.last) for block in ledger.blocks], [(1, 2), (3, 3)])
        self.assertEqual((ledger.head, ledger.hash), (3, two[3]))

    def test_a_packed_row_divides_at_its_seams(self):
        lines = lines_of(1, 3)
        first = ledgerfile.next_hash(ledgerfile.GENESIS, lines[:1])
        last = ledgerfile.next_hash(first, lines[1:])
        body = b"".join(lines)
        for seams in (b"\x00\x01\x02", b"\x02" + zlib.compress(b"\x01\x02")):
            ledger = ledgerfile.unfold([(1, 3, len(body), last, seams, zlib.compress(body))])
            self.assertEqual([block.hash for block in ledger.blocks], [first, last])

    def test_a_dropped_row_leaves_its_hash(self):
        dropped = (1, 7, 700, "a" * 64, None, None)
        ledger = ledgerfile.unfold([dropped, row("a" * 64, lines_of(8, 1), 8)])
        self.assertEqual((ledger.first_held, ledger.previous, ledger.head), (8, "a" * 64, 8))

    def test_faults_are_found(self):
        one = row(ledgerfile.GENESIS, lines_of(1, 2), 1)
        gap = row(one[3], lines_of(4, 1), 4)
        other_hash = row("b" * 64, lines_of(3, 1), 3)
        torn = (3, 2, *row(one[3], lines_of(3, 1), 3)[2:])
        for fault in (gap, other_hash, torn):
            with self.assertRaises(Violation):
                ledgerfile.unfold([one, fault])


class WritingTests(unittest.TestCase):
    @mock.patch.object(past, "CALLS_PER_DAY", past.CALLS_PER_BLOCK)
    def test_what_is_written_is_read(self):
        with tempfile.TemporaryDirectory() as directory:
            path = new_ledger(directory)
            past.write(path, instants.parse("2026-11-21T09:00:00.000Z"))
            ledger = ledgerfile.read(path)
            days = past.OLDEST_DAYS - past.NEWEST_DAYS + 1
            self.assertEqual(ledger.head, 1 + days * past.CALLS_PER_BLOCK)
            self.assertTrue(ledger.blocks[0].lines[0].startswith(b'{"position":1,"time":"2026-11-09T09:00:00.000Z"'))


class InstantTests(unittest.TestCase):
    def test_text_and_back(self):
        self.assertEqual(instants.text(1_795_309_289_014), "2026-11-22T01:01:29.014Z")
        self.assertEqual(instants.parse("2026-11-22T01:01:29.014Z"), 1_795_309_289_014)
