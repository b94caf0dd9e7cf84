"""Each promise of the streams, and lines that break it."""

import json
import unittest

from torture import ledgerfile
from torture.readers import StreamCheck, SubscriptionCheck
from torture.violation import Violation

HASHES = [ledgerfile.GENESIS]
LINES = [ledgerfile.line(position, "2026-11-21T09:00:00.000Z", "api.called", "o", "w", {}) for position in range(1, 5)]
HASHES.append(ledgerfile.next_hash(HASHES[0], LINES[:2]))
HASHES.append(ledgerfile.next_hash(HASHES[1], LINES[2:]))


def control(kind, **members):
    return json.dumps({"control": kind, **members}, separators=(",", ":")).encode()


def event(position):
    return LINES[position - 1].rstrip(b"\n")


BEGIN = control("streaming", **{"from": 1, "head": 4, "previous": HASHES[0]})
FIRST_BLOCK = [event(1), event(2), control("block", first=1, last=2, hash=HASHES[1])]
SECOND_BLOCK = [event(3), event(4), control("block", first=3, last=4, hash=HASHES[2])]


class StreamTests(unittest.TestCase):
    def feed(self, *lines, check=None):
        check = check or StreamCheck()
        for line in lines:
            check.feed(line)
        return check

    def assertBroken(self, *lines, check=None):
        with self.assertRaises(Violation):
            self.feed(*lines, check=check)

    def test_a_whole_stream(self):
        check = self.feed(BEGIN, *FIRST_BLOCK, control("caught_up", position=2), *SECOND_BLOCK,
                          control("heartbeat", position=4, head=4))
        self.assertEqual((check.position, check.ends), (4, [(2, HASHES[1]), (4, HASHES[2])]))

    def test_a_stream_that_goes_on_inside_a_block(self):
        check = self.feed(BEGIN, *FIRST_BLOCK, event(3))
        self.feed(control("streaming", **{"from": 4, "head": 4, "previous": None}), *SECOND_BLOCK[1:], check=check)
        self.assertEqual((check.position, check.pending), (4, []))

    def test_a_position_is_left_out(self):
        self.assertBroken(BEGIN, event(1), event(3))

    def test_a_position_is_repeated(self):
        self.assertBroken(BEGIN, event(1), event(1))

    def test_a_stream_goes_on_elsewhere(self):
        self.assertBroken(control("streaming", **{"from": 3, "head": 4, "previous": HASHES[1]}))

    def test_bytes_are_not_those_of_the_hash(self):
        self.assertBroken(BEGIN, event(1), event(2).replace(b'"w"', b'"v"'), FIRST_BLOCK[-1])

    def test_a_block_comes_early_or_with_another_length(self):
        self.assertBroken(BEGIN, event(1), FIRST_BLOCK[-1])
        self.assertBroken(BEGIN, event(1), event(2), control("block", first=2, last=2, hash=HASHES[1]))

    def test_a_stream_goes_on_behind_another_hash(self):
        check = self.feed(BEGIN, *FIRST_BLOCK)
        self.assertBroken(control("streaming", **{"from": 3, "head": 4, "previous": "e" * 64}), check=check)

    def test_a_block_divides_otherwise_than_before(self):
        check = self.feed(BEGIN, event(1))
        self.assertBroken(control("streaming", **{"from": 2, "head": 4, "previous": HASHES[1]}), check=check)

    def test_caught_up_or_alive_ahead_of_what_was_sent(self):
        self.assertBroken(BEGIN, event(1), control("caught_up", position=2))
        self.assertBroken(BEGIN, event(1), control("heartbeat", position=2, head=2))


class SubscriptionTests(unittest.TestCase):
    def batch(self, position, *positions):
        events = [json.loads(event(one)) for one in positions]
        return {"method": "events.batch", "params": {"subscription": 1, "events": events, "position": position}}

    def test_batches_cover_positions(self):
        check = SubscriptionCheck("w")
        check.feed(self.batch(2, 1))
        check.feed({"method": "events.control", "params": {"control": "heartbeat", "position": 3}})
        self.assertEqual((check.covered, len(check.events)), (3, 1))

    def test_batches_that_go_back_or_too_far(self):
        check = SubscriptionCheck("w")
        check.feed(self.batch(3, 3))
        for faulty in (self.batch(2, 2), self.batch(3, 4)):
            with self.assertRaises(Violation):
                check.feed(faulty)
