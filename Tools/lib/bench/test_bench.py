"""Tests of what needs no server: `python3 -m unittest discover -s Tools/lib`."""

import contextlib
import io
import random
import tempfile
import threading
import unittest
import xml.etree.ElementTree

from bench import figures, machine, plot, redis, stages, stalls, tigerbeetle
from common import processes

# What `tigerbeetle benchmark` writes.
TIGERBEETLE_OUTPUT = """\
1222 batches in 30.30 s
load offered = 1000000 tx/s
load accepted = 330023 tx/s
batch latency p00 = 9 ms
batch latency p90 = 35 ms
batch latency p100 = 93 ms
"""


class MachineTests(unittest.TestCase):
    def said(self, cores):
        lines = machine.lines({
            "cores": cores,
            "processor": "8086",
            "memory_bytes": 3 * 2**30,
            "kernel": "Linux 6.18",
            "load_average": 0.125,
            "fdatasync_ms": {"p50": 0.26, "p99": 0.43},
            "pauses": {"per_second": 1.2, "longest_ms": 4.5},
            "pauses_beside_fdatasync": {"per_second": 8.2, "longest_ms": 19.1},
        })
        return lines[-1]

    def test_what_stands_still_beside_the_device_is_told_apart(self):
        said = self.said(2)
        self.assertIn("1.2 times a second, for 4.5 ms at most;", said)
        self.assertIn(
            "; all but one busy, and that one waiting for the device, 8.2 times, for 19.1 ms at most", said
        )

    def test_a_single_core_is_not_said_to_be_all_but_one(self):
        said = self.said(1)
        self.assertNotIn("all but one", said)
        self.assertIn("; the same, and a process beside it waiting for the device, 8.2 times, for 19.1 ms", said)

    def test_a_process_that_could_not_wait_for_the_device_is_a_failure(self):
        with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stderr(io.StringIO()):
            with self.assertRaisesRegex(processes.Failure, "wait for the device failed"):
                machine.pauses_beside_fdatasync(f"{directory}/missing", cores=1, seconds=0.001)


class TigerBeetleTests(unittest.TestCase):
    def test_accepted_load_is_read(self):
        self.assertEqual(tigerbeetle.accepted_per_second(TIGERBEETLE_OUTPUT), 330_023)
        self.assertEqual(tigerbeetle.accepted_per_second("load accepted = 1,032,562 tx/s"), 1_032_562)

    def test_other_output_is_a_failure(self):
        with self.assertRaises(processes.Failure):
            tigerbeetle.accepted_per_second("error: unknown command")


class StageTests(unittest.TestCase):
    def test_a_sample_belongs_to_the_innermost_stage(self):
        parse = "$s8LineJSON10JSONParserV11parseObject2atySi_tF"
        history = "$s13LedgerService9UsageFoldV4foldyy"
        self.assertEqual(stages.stage_of(["__memcpy", parse, history]), "tokenise the line")
        self.assertEqual(stages.stage_of(["malloc", history, "start_thread"]), "history: count and store")

    def test_what_no_stage_knows_is_everything_else(self):
        self.assertEqual(stages.stage_of(["[unknown]", "start_thread"]), stages.OTHER)

    def test_the_sum_stands_below(self):
        lines = list(stages.table({"write the answer": 1_500, stages.OTHER: 500}, "ns", 1_000, None))
        self.assertIn("| all | 2,000 |", lines)
        self.assertIn("perf probe", lines[-1])


class FigureTests(unittest.TestCase):
    def row(self, ours, theirs, reached):
        return figures.Row("key", "work", "calls/s", "≥ 2×", reached, peer="Peer", ours=ours, theirs=theirs)

    def test_ratio_of_medians(self):
        row = self.row([100, 500, 300], [100, 150, 900], figures.at_least(2))
        self.assertEqual((row.ratio, row.verdict), (2, "yes"))
        self.assertEqual(row.json()["ledgerline"], {"median": 300, "min": 100, "max": 500, "rounds": [100, 500, 300]})

    def test_without_a_peer_there_is_no_verdict_on_a_ratio(self):
        row = self.row([100], [], figures.at_least(2))
        self.assertEqual((row.ratio, row.verdict), (None, "–"))

    def test_bounds(self):
        self.assertEqual(self.row([3.1], [], figures.no_more_than(3)).verdict, "no")
        self.assertEqual(self.row([3], [], figures.no_less_than(3)).verdict, "yes")

    def test_numbers(self):
        self.assertEqual([figures.number(value) for value in (1_234_567.8, 45.64, 0.7891)],
                         ["1,234,568", "45.6", "0.789"])
        self.assertEqual(figures.spread([3, 1, 2]), "2.000 (1.000–3.000)")

    def test_columns_are_aligned(self):
        lines = figures.text_table([self.row([1], [2], figures.at_least(2)), self.row([100], [], figures.at_least(2))])
        self.assertEqual(len({line.index("calls/s") for line in lines[1:]}), 1)


class RedisTests(unittest.TestCase):
    def test_every_body_has_all_fields_and_an_id_of_its_own(self):
        generator = random.Random(1)
        count, body = redis._body(generator)
        self.assertEqual(count, len(redis.FIELDS))
        self.assertEqual(body.count(b"\r\n"), 2 * count)
        self.assertNotEqual(body, redis._body(generator)[1])


class StallTests(unittest.TestCase):
    def report(self, longest, p999):
        return {"calls_per_second": 1_500, "latency_ns": {"max": longest, "p99.9": p999}}

    def test_the_longest_call_is_judged_and_how_often_the_work_was_done_is_kept(self):
        rows = stalls.new_rows()
        stalls.note(rows["backup"], [self.report(9_000_000, 2_000_000), self.report(60_000_000, 1_000_000)], 3)
        longest, p999 = rows["backup"]
        self.assertEqual((longest.ours, p999.ours, longest.verdict), ([60.0], [2.0], "no"))
        self.assertEqual(longest.json()["times_done"], [3])
        self.assertEqual(rows["alone"][0].verdict, "–")

    def test_work_goes_on_until_the_calls_are_over(self):
        third = threading.Event()
        with stalls.Again(lambda number: third.set() if number == 3 else None) as again:
            third.wait()
        self.assertGreaterEqual(again.done, 3)
        again.check()

    def test_work_that_has_begun_is_done_to_its_end(self):
        begun, go_on = threading.Event(), threading.Event()

        def work(_):
            begun.set()
            go_on.wait()

        with stalls.Again(work) as again:
            begun.wait()
            again.is_over.set()
            go_on.set()
        self.assertEqual(again.done, 1)

    def test_work_that_fails_is_a_failure(self):
        def work(_):
            raise processes.Failure("no room")

        with stalls.Again(work) as again:
            pass
        with self.assertRaisesRegex(processes.Failure, "no room"):
            again.check()


class PlotTests(unittest.TestCase):
    def test_charts_are_well_formed_and_show_every_point(self):
        points = [(1_000_000, 200_000), (10_000_000, 190_000), (30_000_000, 180_000)]
        picture = xml.etree.ElementTree.fromstring(plot.charts([("calls/s & more", points)] * 3, "events"))
        circles = picture.findall(".//{http://www.w3.org/2000/svg}circle")
        self.assertEqual(len(circles), 9)

    def test_ticks_are_round(self):
        self.assertEqual([plot._round_up(value) for value in (0, 0.3, 1, 11, 187_000)], [1, 0.4, 1, 20, 200_000])
        self.assertEqual([plot.short(value) for value in (1_000_000, 229_024, 0.5)], ["1 M", "229 k", "0.5"])


if __name__ == "__main__":
    unittest.main()
