"""What a run says, and that every target has mutants."""

import os
import unittest

from fuzz import fuzzer, mutants, report

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BROKEN = """#1024\tNEW    cov: 12 ft: 30 corp: 5/9b
#2048\tNEW    cov: 13 ft: 34 corp: 6/9b
fuzz/Fuzz.swift:28: Fatal error: broken: the records
==1== ERROR: libFuzzer: deadly signal
artifact_prefix='b/csv-'; Test unit written to b/csv-crash-5e
stat::number_of_executed_units: 2050
"""


def run(output):
    return fuzzer.Run("csv", False, 1.0, 1.0, 2_050, 34, output)


class RunTests(unittest.TestCase):
    def test_what_was_broken_comes_from_our_own_words_first(self):
        self.assertEqual(run(BROKEN).message, "broken: the records")
        self.assertEqual(run("==1== ERROR: AddressSanitizer: heap-buffer-overflow on").message,
                         "ERROR: AddressSanitizer: heap-buffer-overflow on")
        self.assertEqual(run("").message, "the process ended")

    def test_the_input_can_be_replayed(self):
        self.assertEqual(run(BROKEN).input, "b/csv-crash-5e")
        self.assertIn("Tools/fuzz csv --replay b/csv-crash-5e", report.finding(run(BROKEN)))

    def test_the_last_number_counts(self):
        self.assertEqual(fuzzer.last_number(r" ft: (\d+)", BROKEN), 34)
        self.assertEqual(fuzzer.last_number(r" ft: (\d+)", ""), 0)


class MutantTests(unittest.TestCase):
    def test_every_target_has_one(self):
        self.assertEqual({mutant.finder for mutant in mutants.ALL}, set(fuzzer.targets(ROOT)))


if __name__ == "__main__":
    unittest.main()
