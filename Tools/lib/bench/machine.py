"""What the figures were measured on."""

import multiprocessing
import os
import platform
import time

from common.processes import Failure

BLOCK_BYTES = 4096
# A program that does nothing but look at the clock sees gaps of so many seconds only where its core was taken from it.
PAUSE_SECONDS = 0.001
PAUSES_WATCHED_SECONDS = 3


def describe(directory, syncs):
    """The machine and the device that holds `directory`, as a dictionary."""
    return {
        "cores": os.cpu_count(),
        "processor": processor(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": f"{platform.system()} {platform.release()}",
        "load_average": os.getloadavg()[0],
        "fdatasync_ms": fdatasync_milliseconds(directory, syncs),
        "pauses": pauses(os.cpu_count(), PAUSES_WATCHED_SECONDS),
        "pauses_beside_fdatasync": pauses_beside_fdatasync(directory, max(1, os.cpu_count() - 1), PAUSES_WATCHED_SECONDS),
    }


def processor():
    with open("/proc/cpuinfo") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.machine()


def fdatasync_milliseconds(directory, count):
    """How long the device takes for one block of 4 KiB at the end of a file: what every durable commit waits for."""
    path = os.path.join(directory, "fdatasync")
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    times = []
    try:
        for index in range(count):
            begun = time.perf_counter()
            os.pwrite(descriptor, bytes(BLOCK_BYTES), index * BLOCK_BYTES)
            os.fdatasync(descriptor)
            times.append((time.perf_counter() - begun) * 1_000)
    finally:
        os.close(descriptor)
        os.unlink(path)
    times.sort()
    return {"p50": round(times[count // 2], 3), "p99": round(times[count * 99 // 100], 3)}


def pauses(cores, seconds):
    """How often, and for how long, a busy machine stands still: a virtual one may get less than its cores."""
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        gaps = [gap for found in pool.map(gaps_seen, [seconds] * cores) for gap in found]
    return {
        "per_second": round(len(gaps) / cores / seconds, 1),
        "longest_ms": round(max(gaps, default=0) * 1_000, 1),
    }


def pauses_beside_fdatasync(directory, cores, seconds):
    """The same while another process writes and waits for the device again and again: what the host does for the device
    may be taken from what the machine gets, and a commit waits for both. Throws `Failure` when that process did not:
    what was seen would be said to be beside it.
    """
    syncing = multiprocessing.get_context("fork").Process(target=fdatasync_for, args=(directory, seconds))
    syncing.start()
    try:
        found = pauses(cores, seconds)
    finally:
        syncing.join()
    if syncing.exitcode != 0:
        raise Failure(f"the process that was to wait for the device failed (exit code {syncing.exitcode})")
    return found


def fdatasync_for(directory, seconds):
    """At least once."""
    end = time.perf_counter() + seconds
    while True:
        fdatasync_milliseconds(directory, 100)
        if time.perf_counter() >= end:
            return


def gaps_seen(seconds, now=time.perf_counter):
    """The lengths of the gaps that a core sees, in seconds."""
    begun = last = now()
    gaps = []
    while last - begun < seconds:
        instant = now()
        if instant - last > PAUSE_SECONDS:
            gaps.append(instant - last)
        last = instant
    return gaps


def lines(machine):
    """The same for people."""
    syncs, pauses, beside = machine["fdatasync_ms"], machine["pauses"], machine["pauses_beside_fdatasync"]
    memory = machine["memory_bytes"] / 2**30
    # A single core has to do both.
    waiting = "all but one busy, and that one waiting for the device" if machine["cores"] > 1 else \
        "the same, and a process beside it waiting for the device"
    return [
        f"{machine['cores']} cores, {machine['processor']}, {memory:.1f} GiB, {machine['kernel']}, "
        f"load average before {machine['load_average']:.2f}",
        f"4 KiB and fdatasync on the device: p50 {syncs['p50']} ms, p99 {syncs['p99']} ms",
        f"all cores busy, each stands still for over 1 ms {pauses['per_second']} times a second, "
        f"for {pauses['longest_ms']} ms at most; {waiting}, {beside['per_second']} times, "
        f"for {beside['longest_ms']} ms at most",
    ]
