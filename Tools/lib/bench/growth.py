"""How throughput, latency, memory and disk go with the number of events, and of workspaces."""

import os

from . import figures, plot
from .ledgerline import Ledgerline

HEADER = ["calls/s, 8 × 128", "slowest second", "p99, ms", "memory, MB", "ledger.db, MB", "views.db, MB"]


def by_events(plan, counts):
    """One ledger that grows; measured whenever it holds so many events. The measuring adds to them."""
    with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
        for count in counts:
            plan.note(f"{count:,} events")
            server.fill(count)
            yield _measure(plan, server)


def by_workspaces(plan, counts, events):
    """A ledger for each number of workspaces, with the same number of events."""
    for count in counts:
        plan.note(f"{count:,} workspaces")
        with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
            shape = ["--orgs", 1, "--workspaces", count]
            server.fill(events, *shape)
            yield {"workspaces": count, **_measure(plan, server, *shape)}


def _measure(plan, server, *shape):
    """Sizes as they are, then throughput and latency."""
    server.wait_for_projections()
    memory, _ = server.memory_bytes()
    sizes = {
        "events": server.head(),
        "memory_bytes": memory,
        "ledger_bytes": _database_bytes(server, "ledger.db"),
        "views_bytes": _database_bytes(server, "views.db"),
    }
    report = server.bench("--connections", 8, "--in-flight", 128, "--seconds", plan.seconds, *shape)
    return {
        **sizes,
        "calls_per_second": report["calls_per_second"],
        "slowest_second": report["slowest_second"]["calls_per_second"],
        "p99_ms": report["latency_ns"]["p99.0"] / 1_000_000,
    }


def _database_bytes(server, name):
    """A database and its write-ahead log."""
    files = (os.path.join(server.data, name + suffix) for suffix in ("", "-wal"))
    return sum(os.path.getsize(file) for file in files if os.path.exists(file))


def table(name, points):
    """A Markdown table, one line for each point."""
    return figures.markdown_table([name] + HEADER, [
        [
            f"{point[name]:,}", figures.number(point["calls_per_second"]), figures.number(point["slowest_second"]),
            figures.number(point["p99_ms"]),
            *(figures.number(point[size] / 1e6) for size in ("memory_bytes", "ledger_bytes", "views_bytes")),
        ]
        for point in points
    ])


def chart(name, points):
    """An SVG of four panels."""
    panels = [
        (title, [(point[name], point[member] / scale) for point in points])
        for title, member, scale in [
            ("usage.record, calls/s", "calls_per_second", 1),
            ("99th percentile, ms", "p99_ms", 1),
            ("resident memory, MB", "memory_bytes", 1e6),
            ("ledger.db, MB", "ledger_bytes", 1e6),
        ]
    ]
    return plot.charts(panels, f"{name} in the ledger (logarithmic)")
