"""The simulation of a server with a fault in it."""

import os
import re
import subprocess
import time
from dataclasses import dataclass

from common import mutants
from common.processes import Failure

OUTPUT_LINES_MAX = 40


@dataclass
class Run:
    """What came of playing so many histories."""

    passed: bool
    # By the clock.
    seconds: float
    output: str

    @property
    def message(self):
        """What was broken, in a line, and the seed; None where the run does not say."""
        found = re.search(r"^(.*)\n.*again: LEDGERLINE_SEED=(\d+)", self.output, re.MULTILINE)
        return f"seed {found.group(2)}: {found.group(1).strip()[:200]}" if found else None


class Simulator:
    """A copy of the package with faults, built in a directory of its own."""

    def __init__(self, copy, scratch_path, seeds):
        self.copy, self.scratch_path, self.seeds = copy, scratch_path, seeds

    def build(self, finder):
        """Builds the tests, and plays histories without any fault: those must pass."""
        run = self._play(finder, "", [])
        if not run.passed:
            raise Failure(f"it does not pass without a fault:\n{tail(run.output)}")

    def find(self, mutant):
        """Plays histories with a fault."""
        run = self._play(mutant.finder, mutant.name, ["--skip-build"])
        if not run.passed and run.message is None:
            raise Failure(f"{mutant.name} ended in something else than a broken promise:\n{tail(run.output)}")
        return run

    def _play(self, finder, fault, options):
        start = time.monotonic()
        done = subprocess.run(
            [os.path.join(self.copy, "Tools", "test"), "--scratch-path", self.scratch_path, "--disable-xctest",
             "--filter", finder, *options],
            env={**os.environ, mutants.VARIABLE: fault, "LEDGERLINE_SEEDS": str(self.seeds)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        return Run(done.returncode == 0, time.monotonic() - start, done.stdout)


def tail(output):
    return "\n".join(output.splitlines()[-OUTPUT_LINES_MAX:])
