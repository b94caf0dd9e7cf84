"""TigerBeetle as the peer of batches, by its own `benchmark` command."""

import re

from common import processes

FSYNC_MODE = "O_DIRECT and O_DSYNC, one replica"


def accepted_per_second(text):
    """Transfers a second, of what `tigerbeetle benchmark` writes: `load accepted = 330000 tx/s`."""
    found = re.search(r"load accepted = ([0-9,_]+) tx/s", text)
    if not found:
        raise processes.Failure(f"tigerbeetle benchmark did not say what it accepted: {text[-300:]!r}")
    return int(re.sub(r"[,_]", "", found.group(1)))


def version(program):
    return processes.output([program, "version"]).strip()


def transfers_per_second(program, directory, transfers):
    """Runs the benchmark, whose server and data file are its own, in `directory`."""
    return accepted_per_second(
        processes.output([program, "benchmark", f"--transfer-count={transfers}"], cwd=directory)
    )
