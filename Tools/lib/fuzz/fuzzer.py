"""One target under libFuzzer."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass

from common import mutants, program
from common.processes import Failure

INPUT_BYTES_MAX = 4096
# Of an input that is kept for ever.
KEPT_BYTES_MAX = 1024
INPUT_SECONDS_MAX = 10
MEMORY_MIB_MAX = 2048


def targets(root):
    """The names of all targets: each has a corpus."""
    return sorted(os.listdir(os.path.join(root, "Tests", "FuzzTests", "Corpus")))


def build(root, scratch_path, package=None):
    """Builds the program from the repository, or from a copy of it, and gives its path."""
    return program.build(root, "fuzz", package, ["--scratch-path", scratch_path], {"LEDGERLINE_FUZZ": "1"})


@dataclass
class Run:
    """What came of fuzzing a target for a while."""

    target: str
    passed: bool
    # By the clock, and by the processor.
    seconds: float
    cpu_seconds: float
    executions: int
    # Branches that were taken, and how often, by libFuzzer's count.
    features: int
    output: str

    @property
    def message(self):
        """What was broken, in a line."""
        for pattern in (r"Fatal error: (.*)", r"(ERROR: .*)"):
            found = re.search(pattern, self.output)
            if found:
                return found.group(1)[:200]
        return "the process ended"

    @property
    def input(self):
        """Where the input is on which it was broken."""
        found = re.search(r"Test unit written to (\S+)", self.output)
        return found.group(1) if found else None


class Fuzzer:
    """A target, the program, and where inputs are."""

    def __init__(self, root, scratch_path, built, target, mutant=None, seed=None):
        self.built, self.target, self.mutant = built, target, mutant
        # What libFuzzer's inputs are made from; None is another one each time.
        self.seed = seed
        tests = os.path.join(root, "Tests", "FuzzTests")
        self.corpus = os.path.join(tests, "Corpus", target)
        self.dictionary = os.path.join(tests, "Dictionaries", target + ".txt")
        self.found = os.path.join(scratch_path, "fuzz", target)
        self.broken = os.path.join(scratch_path, "fuzz", "broken")

    def run(self, seconds):
        """Fuzzes for so long, or until a promise is broken."""
        if self.mutant:
            with tempfile.TemporaryDirectory() as directory:
                return self._run(seconds, directory, directory)
        os.makedirs(self.found, exist_ok=True)
        os.makedirs(self.broken, exist_ok=True)
        return self._run(seconds, self.found, self.broken)

    def _run(self, seconds, found, broken):
        options = [f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}", "-reload=0", "-print_final_stats=1",
                   f"-artifact_prefix={broken}/{self.target}-"]
        if self.seed is not None:
            options.append(f"-seed={self.seed}")
        if os.path.exists(self.dictionary):
            options.append(f"-dict={self.dictionary}")
        start = time.monotonic()
        status, output, cpu_seconds = self._execute([*options, found, self.corpus])
        return Run(self.target, status == 0, time.monotonic() - start, cpu_seconds,
                   last_number(r"stat::number_of_executed_units:\s+(\d+)", output), last_number(r" ft: (\d+)", output),
                   output)

    def replay(self, path):
        """Checks one input and says what is broken. Gives the exit status."""
        status, output, _ = self._execute([path])
        print("nothing is broken" if status == 0 else output)
        return 0 if status == 0 else 1

    def keep(self):
        """Makes the corpus of the fewest inputs that take every branch known. Gives its length before and after.

        Inputs that were given names stay: something was wrong with them once.
        """
        before = os.listdir(self.corpus)
        with tempfile.TemporaryDirectory() as merged:
            os.makedirs(self.found, exist_ok=True)
            sources = [merged, self.corpus, self.found]
            status, output, _ = self._execute(["-merge=1", f"-max_len={KEPT_BYTES_MAX}", *sources])
            if status != 0:
                raise Failure(output)
            for name in before:
                if re.fullmatch(r"[0-9a-f]{40}", name):
                    os.unlink(os.path.join(self.corpus, name))
            for name in os.listdir(merged):
                shutil.copy(os.path.join(merged, name), self.corpus)
        return len(before), len(os.listdir(self.corpus))

    def _execute(self, arguments):
        environment = {**os.environ, "LEDGERLINE_FUZZ_TARGET": self.target, mutants.VARIABLE: self.mutant or "",
                       # libFuzzer says where it ended.
                       "SWIFT_BACKTRACE": "enable=no",
                       # What Foundation keeps for ever is none of our business.
                       "ASAN_OPTIONS": "detect_leaks=0"}
        limits = [f"-timeout={INPUT_SECONDS_MAX}", f"-rss_limit_mb={MEMORY_MIB_MAX}"]
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen([self.built, *limits, *arguments], env=environment, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            log.seek(0)
            output = log.read().decode("utf-8", "replace")
        return process.returncode, output, usage.ru_utime + usage.ru_stime


def last_number(pattern, text):
    """The number that the pattern found last; 0 where there is none."""
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0
