"""What a run says."""

import unittest

from simulation import simulator

BROKEN = """\u2718 Test everyPromiseIsKept(seeds:) recorded an issue with 1 argument seeds at SimulationTests.swift:15:23
\u21b3 3 acts
  connects
call 4 is in the log 2 times
again: LEDGERLINE_SEED=17 Tools/test --filter everyPromiseIsKept
later words
again: LEDGERLINE_SEED=18 Tools/test --filter everyPromiseIsKept
"""


class RunTests(unittest.TestCase):
    def test_the_first_promise_that_was_broken_is_told(self):
        run = simulator.Run(False, 1.0, BROKEN)
        self.assertEqual(run.message, "seed 17: call 4 is in the log 2 times")

    def test_what_is_no_broken_promise_is_told_from_it(self):
        self.assertIsNone(simulator.Run(False, 1.0, "error: fatalError").message)


if __name__ == "__main__":
    unittest.main()
