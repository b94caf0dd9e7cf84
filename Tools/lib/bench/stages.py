"""Where the work of a recorded call goes: instructions, or CPU time, and allocations by stage, sampled with Linux' perf."""

import collections
import os
import re
import shutil
import subprocess

from common.processes import Failure, output

from . import figures
from .ledgerline import Ledgerline

# Instructions say the same whatever else the machine does. Virtual machines often cannot count them; time they all can.
INSTRUCTIONS = ("instructions:u", "instructions")
CPU_TIME = ("cpu-clock:u", "ns")
# Instructions, or nanoseconds, from one sample to the next.
SAMPLE_PERIOD = 1_000_003
SECONDS_MIN = 3
ALLOCATION_EVENT = "probe_libc:malloc"
ALLOCATION_HINT = "perf probe -x $(ldconfig -p | grep -m1 -o '/.*libc.so.6') malloc"

# A sample belongs to the first stage that a function of its stack belongs to, looked for from the innermost function
# outwards. Swift's mangled names hold the names of types and functions in clear.
STAGES = [
    ("tokenise the line", r"LineJSON8JSONTape|LineJSON10JSONParser"),
    ("digest the id", r"14IdentityDigest"),
    ("find the caller's names", r"LedgerServer11CallerTableV"),
    ("write the event's data", r"LedgerService8CallData"),
    ("check and collect the call", r"10CallParserO|9CallDraft|12BurstBuilderV6append"),
    ("look the id up and hold it", r"QuotaDomain\d+Idempotency"),
    ("count, tier", r"QuotaDomain10QuotaState|13RollingWindow"),
    ("write the event's line", r"LedgerService8CallLine"),
    ("hash the block", r"SQLiteEventLog9ChainHash"),
    ("SQLite: write and sync", r"SQLiteEventLogAAC6insert|checkpointIfDue|sqlite3"),
    ("decide, the rest", r"12BlockBuilder|LedgerService9Sequencer"),
    ("history: read the line", r"LedgerService7LogLine|LedgerService10LoggedCall"),
    ("history: count and store", r"12UsageHistory|9UsageFold"),
    ("write the answer", r"17ConnectionHandlerC7deliver"),
    ("frame, route, hand over", r"17ConnectionHandler|LineProtocol|LedgerServer6Router"),
    ("sockets and event loop", r"NIO|Socket|epoll"),
]
OTHER = "everything else"


def measure(plan):
    """Stages with what they take a call, and its unit; the calls measured; allocations a call, or None without the probe."""
    if not shutil.which("perf"):
        raise Failure("stages needs perf (Debian: linux-perf)")
    with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
        load = [plan.program, "bench", "--server", f"127.0.0.1:{server.port}", "--warm-up", "0", "--json",
                "--seconds", str(max(SECONDS_MIN, plan.seconds))]
        samples = os.path.join(directory, "perf.data")
        head = server.head()
        event, unit = INSTRUCTIONS if counts_instructions() else CPU_TIME
        output(["perf", "record", "-e", event, "-c", str(SAMPLE_PERIOD), "-g", "-p",
                str(server.process.pid), "-o", samples, "--", *load])
        calls = server.head() - head
        counted = collections.Counter(stage_of(stack) for stack in _stacks(samples))
        stages = {stage: count * SAMPLE_PERIOD / calls for stage, count in counted.items()}
        return stages, unit, calls, _allocations(server, load)


def counts_instructions():
    """Whether the machine can: perf runs all the same where it cannot, and counts nothing."""
    command = ["perf", "stat", "-x", ",", "-e", INSTRUCTIONS[0], "--", "true"]
    counted = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return counted.returncode == 0 and re.search(r"^\d+,", counted.stderr, re.MULTILINE) is not None


def _stacks(samples):
    """Each sample as its functions, from the innermost outwards."""
    listing = output(["perf", "script", "-i", samples, "-F", "ip,sym"])
    for text in listing.split("\n\n"):
        if stack := [line.split(None, 1)[-1] for line in text.strip().splitlines()]:
            yield stack


def stage_of(stack):
    """The stage of a sample, given as the functions of its stack from the innermost outwards."""
    for function in stack:
        for stage, pattern in STAGES:
            if re.search(pattern, function):
                return stage
    return OTHER


def _allocations(server, load):
    head = server.head()
    command = ["perf", "stat", "-x", ",", "-e", ALLOCATION_EVENT, "-p", str(server.process.pid), "--", *load]
    counted = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if counted.returncode != 0:
        return None
    found = re.search(r"^(\d+),.*" + re.escape(ALLOCATION_EVENT), counted.stderr, re.MULTILINE)
    return int(found.group(1)) / (server.head() - head) if found else None


def table(stages, unit, calls, allocations):
    """Lines for people, the stages in their order along the path."""
    names = [stage for stage, _ in STAGES] + [OTHER]
    rows = [[name, figures.number(stages[name])] for name in names if name in stages]
    rows.append(["all", figures.number(sum(stages.values()))])
    yield from figures.markdown_table(["stage", f"{unit} a call"], rows)
    yield ""
    yield f"{calls:,} calls with ids, 8 connections × 128 in flight; user mode of the server alone."
    if allocations is None:
        yield f"Allocations were not counted; they are behind: {ALLOCATION_HINT}"
    else:
        yield f"{allocations:.2f} allocations a call."
