"""When kills come, and how they are told."""

import random
import unittest

from torture import moments, report
from torture.moments import Durations, Tally


class DurationTests(unittest.TestCase):
    def test_kills_are_drawn_over_what_the_work_lasts(self):
        durations = Durations()
        for _ in range(20):
            durations.ended("work", 2.0)
        drawn = [durations.moment("work", random.Random(seed)) for seed in range(200)]
        self.assertTrue(0 <= min(drawn) < 0.1 and 2.2 < max(drawn) <= 2.0 * moments.OVERSHOOT)

    def test_work_that_never_ends_is_given_longer(self):
        durations = Durations()
        for _ in range(100):
            durations.interrupted("work")
        self.assertGreater(durations.moment("work", random.Random(1)), moments.FIRST_GUESS_SECONDS)


class DeckTests(unittest.TestCase):
    def test_as_many_kills_as_the_deck_has_meet_every_kind(self):
        deck = moments.Deck(random.Random(1))
        for _ in range(2):
            drawn = [deck.draw() for _ in range(sum(moments.MOMENTS.values()))]
            self.assertEqual({moment: drawn.count(moment) for moment in drawn}, moments.MOMENTS)


class ReportTests(unittest.TestCase):
    def test_the_table_has_a_line_for_each_moment_and_their_sum(self):
        lines = list(report.table({"traffic": Tally(3, 3, 0), "log.compact": Tally(1_200, 900, 20)}))
        self.assertEqual([line.split()[0] for line in lines], ["killed", "log.compact", "traffic", "all"])
        self.assertEqual(lines[-1].split(), ["all", "1,203", "903", "20"])
        self.assertEqual(len(set(map(len, lines))), 1)
