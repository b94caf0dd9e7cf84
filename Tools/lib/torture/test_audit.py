"""Each promise of the log, and a history that breaks it."""

import unittest

from torture import instants, ledgerfile, order
from torture.audit import Audit
from torture.history import History, Operation, Reading
from torture.ledgerfile import Block
from torture.violation import Violation

TIME = "2026-11-21T09:00:00.000Z"


class Story:
    """A log and a history that are written down together."""

    def __init__(self):
        self.history, self.audit = History(), Audit("o")
        self.ledger = ledgerfile.empty()

    def event(self, type, data, workspace="w"):
        """Commits one event, in a block of its own; gives its position."""
        position = self.ledger.head + 1
        lines = [ledgerfile.line(position, TIME, type, "o", workspace, data)]
        self.ledger.blocks.append(Block(position, ledgerfile.next_hash(self.ledger.hash, lines), lines))
        return position

    def called(self, id=None, calls=1):
        return self.event("api.called", data(id, calls))

    def sent(self, operation, *answers):
        """One attempt for each answer; None is no answer."""
        for answer in answers:
            attempt = self.history.send(operation, "c")
            if answer is not None:
                self.history.answer(operation, attempt, answer)
        return operation

    def call(self, id, *answers, calls=1):
        call = data(id, calls)
        return self.sent(Operation("usage.record", {"org": "o", "workspace": "w", **call}, "o", "w", [call]), *answers)

    def batch(self, ids, *answers):
        calls = [data(id) for id in ids]
        return self.sent(Operation("usage.record_batch", {"org": "o", "calls": calls}, "o", "w", calls), *answers)

    def update(self, id, version, *answers):
        params = {"org": "o", "workspace": "w", "limit": 5, "id": id, "expected_version": version}
        return self.sent(Operation("settings.update", params, "o", "w"), *answers)

    def check(self):
        self.audit.extend(self.ledger)
        self.audit.check(self.history.operations)
        self.audit.check_nothing_else(self.history.operations)
        order.check_real_time(self.history)
        order.check_versions(self.audit, self.history)
        order.check_readings(self.audit, self.history.readings)


def data(id=None, calls=1):
    return {"purpose": "inbox", "calls": calls, **({} if id is None else {"id": id})}


def recorded(position, duplicate=False):
    return {"result": {"position": position, "tier": None, "duplicate": duplicate}}


def batch_recorded(first, last, count, duplicates=0):
    return {"result": {"position": first, "last_position": last, "recorded": count, "duplicates": duplicates}}


def updated(position, changed=True):
    return {"result": {"position": position, "duplicate": False, "changed": changed}}


def mismatch(actual):
    return {"error": {"code": 10, "data": {"reason": "VERSION_MISMATCH", "actual": actual}}}


class AuditTests(unittest.TestCase):
    def setUp(self):
        self.story = Story()

    def assertBroken(self, text):
        with self.assertRaisesRegex(Violation, text):
            self.story.check()

    def test_what_was_promised_passes(self):
        story = self.story
        story.call("a", recorded(story.called("a")), recorded(1, duplicate=True))
        story.call("b", None)
        story.call("c", None)
        story.called("c")
        story.call(None, recorded(story.called(calls=3)), calls=3)
        story.called("d")
        story.batch(["d", "e"], None, batch_recorded(4, story.called("e"), 0, 2))
        story.check()

    def test_an_acknowledged_call_is_missing(self):
        self.story.call("a", recorded(self.story.called("b")))
        self.assertBroken("not in the log")

    def test_an_acknowledged_call_is_there_twice(self):
        self.story.call("a", recorded(self.story.called("a")))
        self.story.called("a")
        self.assertBroken("one id is in the log at")

    def test_an_unanswered_call_is_there_twice(self):
        self.story.call("a", None, None)
        self.story.called("a")
        self.story.called("a")
        self.assertBroken("one id is in the log at")

    def test_two_calls_stand_in_each_others_place(self):
        self.story.called("b")
        self.story.called("a")
        self.story.call("a", recorded(1))
        self.story.call("b", recorded(2))
        self.assertBroken("acknowledged at")

    def test_a_call_says_something_else(self):
        self.story.call("a", recorded(self.story.called("a", calls=2)), calls=3)
        self.assertBroken("holds another event")

    def test_two_calls_without_id_share_one_event(self):
        self.story.called(calls=2)
        self.story.call(None, recorded(1), calls=2)
        self.story.call(None, recorded(1), calls=2)
        self.assertBroken("two were acknowledged at position 1")

    def test_a_call_without_id_is_there_twice(self):
        self.story.call(None, recorded(self.story.called()))
        self.story.called()
        self.assertBroken("2 are in the log")

    def test_a_part_of_a_batch_is_there(self):
        self.story.called("a")
        self.story.batch(["a", "b"], None)
        self.assertBroken("a part of a batch")

    def test_a_batch_is_partly_new(self):
        self.story.called("a")
        self.story.batch(["a", "b"], None, batch_recorded(1, self.story.called("b"), 1, 1))
        self.assertBroken("neither recorded as a whole")

    def test_what_was_refused_is_there(self):
        self.story.update("a", 7, mismatch(1))
        self.story.event("settings.changed", {"limit": 5, "id": "a"})
        self.assertBroken("it was refused")

    def test_what_was_acknowledged_is_refused_later(self):
        self.story.update("a", 0, updated(self.story.event("settings.changed", {"limit": 5, "id": "a"})), mismatch(1))
        self.assertBroken("refused after it had been acknowledged")

    def test_something_that_nobody_sent_is_there(self):
        self.story.called("forged")
        self.assertBroken("nobody sent")

    def test_one_id_is_carried_out_twice(self):
        self.story.call("a", recorded(self.story.called("a")), recorded(1))
        self.assertBroken("carried out several times")

    def test_one_id_has_two_positions(self):
        self.story.call("a", recorded(self.story.called("a")), recorded(2, duplicate=True))
        self.assertBroken("several positions")

    def test_nobody_was_the_first(self):
        self.story.call("a", recorded(self.story.called("a"), duplicate=True))
        self.assertBroken("all answers say duplicate")

    def test_what_was_read_is_gone(self):
        self.story.called("a")
        self.story.call("a", None)
        self.story.check()
        self.story.ledger.blocks.clear()
        self.assertBroken("went up to 1 before")

    def test_what_was_read_is_another(self):
        self.story.called("a")
        self.story.call("a", None)
        self.story.check()
        self.story.ledger = ledgerfile.empty()
        self.story.called("b")
        self.assertBroken("is not what it was")

    def test_usage_is_counted_in_a_window_that_is_open_at_its_begin(self):
        noon = instants.parse(TIME)
        self.story.event("api.called", {**data(calls=1), "at": instants.text(noon - instants.DAY)})
        self.story.event("api.called", {**data(calls=2), "at": instants.text(noon - instants.DAY + 1)})
        self.story.called(calls=4)
        self.story.audit.extend(self.story.ledger)
        self.assertEqual(self.story.audit.used("o", "w", noon, 3), 6)
        self.assertEqual(self.story.audit.used("o", "w", noon, 2), 2)


class OrderTests(unittest.TestCase):
    setUp = AuditTests.setUp
    assertBroken = AuditTests.assertBroken

    def change(self, id):
        return self.story.event("settings.changed", {"limit": 5, "id": id})

    def test_one_winner_for_each_version(self):
        self.story.update("a", 0, updated(self.change("a")))
        self.story.update("b", 0, mismatch(1))
        self.story.update("c", 1, None, updated(self.change("c")))
        self.story.check()

    def test_two_winners(self):
        self.story.update("a", 0, updated(self.change("a")))
        self.story.update("b", 0, updated(self.change("b")))
        self.assertBroken("2 commands made the change behind version 0")

    def test_no_winner(self):
        self.story.update("a", 0, mismatch(1))
        self.story.sent(
            Operation("settings.update", {"id": "x", "limit": 5}, "o", "w"), updated(self.change("x"))
        )
        self.assertBroken("nobody made the change behind version 0")

    def test_a_winner_that_overlooked_a_change(self):
        self.story.sent(Operation("settings.update", {"id": "x", "limit": 5}, "o", "w"), updated(self.change("x")))
        self.story.update("a", 0, updated(self.change("a")))
        self.assertBroken("expected version 0 of w and followed version 1")

    def test_a_later_command_stands_before_an_earlier_one(self):
        self.story.called("b")
        self.story.called("a")
        self.story.call("a", recorded(2))
        self.story.call("b", recorded(1))
        self.assertBroken("position 2 had been answered")

    def test_commands_that_overlap_may_stand_either_way(self):
        story = self.story
        story.called("b")
        story.called("a")
        one, other = story.call("a"), story.call("b")
        attempts = [story.history.send(operation, "c") for operation in (one, other)]
        story.history.answer(one, attempts[0], recorded(2))
        story.history.answer(other, attempts[1], recorded(1))
        story.check()

    def test_a_question_overlooks_what_was_answered(self):
        self.story.call("a", recorded(self.story.called("a")))
        stamps = self.story.history.next_stamp(), self.story.history.next_stamp()
        self.story.history.readings.append(Reading("c", "usage.get", *stamps, position=0))
        self.assertBroken("usage.get, sent as 3, went by position 0")

    def test_a_question_shows_what_was_lost(self):
        self.story.history.readings.append(Reading("c", "usage.get", 1, 2, position=9))
        self.assertBroken("went by position 9")


class StreamEvidenceTests(unittest.TestCase):
    def setUp(self):
        self.story = Story()
        for id in "abc":
            self.story.called(id)
        self.audit = self.story.audit
        self.audit.extend(self.story.ledger)

    def test_a_stream_that_has_what_the_log_has(self):
        self.audit.check_stream([(2, self.story.ledger.blocks[1].hash)], [self.audit.lines[3]], 3)
        self.audit.check_filtered([self.audit.events[2], self.audit.events[3]], 2, 3, "w")

    def test_a_stream_that_had_more_or_something_else(self):
        for ends, pending in ([(2, "f" * 64)], []), ([(4, "f" * 64)], []), ([], [self.audit.lines[2]]):
            with self.assertRaises(Violation):
                self.audit.check_stream(ends, pending, 3)

    def test_a_subscription_that_left_one_out_repeated_one_or_went_too_far(self):
        events = self.audit.events
        for sent, last in ([events[1], events[3]], 3), ([events[1], events[1], events[2], events[3]], 3), ([], 4):
            with self.assertRaises(Violation):
                self.audit.check_filtered(sent, 1, last, "w")
