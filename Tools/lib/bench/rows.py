"""The rows of the table: each measures Ledgerline and its peer in turn."""

import statistics
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from . import redis, tigerbeetle
from .figures import Row, at_least, no_less_than, no_more_than, no_target
from .ledgerline import VARIED_FILL_LOAD, Ledgerline

# redis-benchmark takes a number of requests, not a time: about as many as it does in a second.
REDIS_REQUESTS_PER_SECOND = 150_000
REDIS_SINGLE_REQUESTS_PER_SECOND = 10_000
REDIS_DISK_REQUESTS = 200_000
SPREAD_HOURS = 23
HISTORY_QUESTIONS = 20
DIMENSIONS = ["workspace", "integration", "purpose", "verb", "resource", "status"]


@dataclass
class Plan:
    """What is measured, where, and for how long."""

    program: str
    directory: str
    rounds: int
    seconds: float
    # Events of the large ledger that starts, rebuilds and shows its memory.
    events: int
    stream_events: int
    disk_events: int
    stall_events: int
    history_events: int
    transfers: int
    tigerbeetle: str = None
    note: object = print

    def scratch(self):
        """A directory that is gone after `with`."""
        return tempfile.TemporaryDirectory(dir=self.directory)


def ledgerline_alone(plan, *arguments):
    """One `ledgerline bench` with a new server."""
    with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
        return server.bench("--seconds", plan.seconds, *arguments)


def redis_alone(plan, connections, in_flight, requests):
    """One `redis-benchmark` with a new server, and the bytes that an entry took."""
    with plan.scratch() as directory, redis.Redis(directory) as server:
        report = server.add(connections, in_flight, requests)
        report["bytes_per_entry"] = server.log_bytes() / requests
        return report


def in_turn(plan, row, ours, theirs):
    """A B A B …: what disturbs the machine for a while disturbs both."""
    for index in range(plan.rounds):
        plan.note(f"{row.work}: round {index + 1} of {plan.rounds}")
        row.ours.append(ours())
        if theirs:
            row.theirs.append(theirs())


def record(plan):
    row = Row("record", "usage.record, 8 × 128 in flight", "calls/s", "≥ 2.5×", at_least(2.5))
    slowest = []

    def ours():
        report = ledgerline_alone(plan, "--connections", 8, "--in-flight", 128)
        slowest.append(report["slowest_second"]["calls_per_second"])
        return report["calls_per_second"]

    def theirs():
        return redis_alone(plan, 8, 128, int(plan.seconds * REDIS_REQUESTS_PER_SECOND))["per_second"]

    if redis.is_installed():
        row.peer = "Redis XADD"
    in_turn(plan, row, ours, theirs if row.peer else None)
    row.details["slowest_second"] = slowest
    return [row]


def record_single(plan):
    rate = Row("record-single", "usage.record, 8 × 1 in flight", "calls/s", "≥ 1.1×", at_least(1.1))
    p99 = Row("record-single-p99", "the same, 99th percentile", "ms", "< 3", no_more_than(3))

    def ours():
        report = ledgerline_alone(plan, "--connections", 8, "--in-flight", 1)
        p99.ours.append(report["latency_ns"]["p99.0"] / 1_000_000)
        return report["calls_per_second"]

    def theirs():
        report = redis_alone(plan, 8, 1, int(plan.seconds * REDIS_SINGLE_REQUESTS_PER_SECOND))
        p99.theirs.append(report["p99_ms"])
        return report["per_second"]

    if redis.is_installed():
        rate.peer = p99.peer = "Redis XADD"
    in_turn(plan, rate, ours, theirs if rate.peer else None)
    return [rate, p99]


def batch(plan):
    row = Row("batch", "usage.record_batch, 1,000 calls a line", "calls/s", "≥ 2×", at_least(2))

    def ours():
        report = ledgerline_alone(plan, "--connections", 4, "--in-flight", 4, "--batch", 1_000)
        return report["calls_per_second"]

    def theirs():
        with plan.scratch() as directory:
            return tigerbeetle.transfers_per_second(plan.tigerbeetle, directory, plan.transfers)

    if plan.tigerbeetle:
        row.peer = "TigerBeetle, transfers"
    in_turn(plan, row, ours, theirs if row.peer else None)
    return [row]


def large(plan):
    """One large ledger: its memory, its starts, its rebuilds."""
    name = f"{plan.events:,} events"
    memory = Row("memory", f"memory, {name} in the window", "MB", "≤ 400", no_more_than(400))
    at_rest = Row("memory-at-rest", "the same, at rest behind a snapshot", "MB", "≤ 400", no_more_than(400))
    started = Row("memory-started", "the same, of a server that was started again", "MB", "≤ 400", no_more_than(400))
    start = Row("start", f"start with a snapshot, {name}", "s", "< 1", no_more_than(1))
    rebuild = Row("rebuild", f"rebuild of all projections, {name}", "events/s", "≥ 1,000,000", no_less_than(1_000_000))
    with plan.scratch() as directory:
        with Ledgerline(plan.program, directory) as server:
            plan.note(f"recording {name}")
            # Dated over the day as a day's calls are: dated now, thousands would share each millisecond.
            server.fill(plan.events, "--spread-hours", SPREAD_HOURS)
            resident, highest = server.memory_bytes()
            memory.ours.append(resident / 1e6)
            memory.details["highest_mb"] = highest / 1e6
            memory.details["window_instants"] = server.call("server.stats")["window"]["instants"]
            server.call("log.snapshot")
            at_rest.ours.append(server.memory_bytes()[0] / 1e6)
        for index in range(plan.rounds):
            plan.note(f"start and rebuild: round {index + 1} of {plan.rounds}")
            with Ledgerline(plan.program, directory) as server:
                start.ours.append(server.start_seconds)
                started.ours.append(server.memory_bytes()[0] / 1e6)
                done = server.command("rebuild")
                rebuild.ours.append(done["events"] * 1_000 / max(1, done["duration_ms"]))
    return [memory, at_rest, started, start, rebuild]


def stream(plan):
    row = Row("stream", f"catch-up of one reader, {plan.stream_events:,} events", "events/s", "≥ 3×", at_least(3))
    with plan.scratch() as ours, plan.scratch() as theirs, Ledgerline(plan.program, ours) as server:
        server.fill(plan.stream_events)

        def read():
            report = server.bench("--stream")
            row.details.setdefault("bytes_per_second", []).append(report["bytes_per_second"])
            return report["events_per_second"]

        if not redis.is_installed():
            in_turn(plan, row, read, None)
            return [row]
        row.peer = "Redis XREAD COUNT 1000"
        with redis.Redis(theirs) as peer:
            plan.note("adding the same number of entries to Redis")
            lengths = peer.fill(plan.stream_events)
            in_turn(plan, row, read, lambda: plan.stream_events / peer.read(lengths)["seconds"])
    return [row]


def disk(plan):
    """After compaction, by the events in the log: its packed bodies, and the whole file with its snapshots."""
    rows = []
    for key, name, target, arguments in [
        ("disk", "log per api.called after compaction, with ids", 40, []),
        ("disk-no-ids", "log per api.called after compaction, without ids", 18, ["--no-ids"]),
    ]:
        row = Row(key, name, "bytes", f"≤ {target}", no_more_than(target))
        with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
            plan.note(f"{name}: recording {plan.disk_events:,} events")
            server.fill(plan.disk_events, *arguments, load=VARIED_FILL_LOAD)
            server.call("log.compact", {"keep_events": 0})
            stats = server.call("log.stats")
            row.ours.append(stats["bytes"]["bodies"] / stats["events"])
            row.details["lines_bytes_per_event"] = stats["bytes"]["lines"] / stats["events"]
            whole = Row(f"{key}-file", "the same, the whole ledger.db with its snapshots", "bytes", "–", no_target)
            whole.ours.append(stats["bytes"]["database"] / stats["events"])
        if redis.is_installed() and not arguments:
            row.peer = "Redis AOF"
            row.theirs.append(redis_alone(plan, 8, 128, REDIS_DISK_REQUESTS)["bytes_per_entry"])
        rows += [row, whole]
    return rows


def reads(plan):
    row = Row("reads", "usage.get while writing at half speed, 99th percentile", "ms", "< 5", no_more_than(5))
    full = statistics.median(
        ledgerline_alone(plan, "--connections", 8, "--in-flight", 128)["calls_per_second"] for _ in range(plan.rounds)
    )
    row.details["half_speed"] = full // 2

    def ours():
        report = ledgerline_alone(plan, "--rate", full // 2, "--reads", 2)
        row.details.setdefault("calls_per_second", []).append(report["calls_per_second"])
        return report["read_latency_ns"]["p99.0"] / 1_000_000

    in_turn(plan, row, ours, None)
    return [row]


def history(plan):
    """What became of all calls of an org in a day, told apart by little and by all there is."""
    questions = [
        ("history", "usage.history of {} by hour, workspace and integration", DIMENSIONS[:2]),
        ("history-all", "the same by all six dimensions", DIMENSIONS),
    ]
    table = []
    with plan.scratch() as directory, Ledgerline(plan.program, directory) as server:
        plan.note(f"recording {plan.history_events:,} events")
        server.fill(plan.history_events, "--orgs", 1, "--no-ids", "--spread-hours", SPREAD_HOURS)
        server.wait_for_projections()
        events = f"{server.head():,} calls"
        for key, name, dimensions in questions:
            params = {"org": "bench-1", **_last_two_days(), "bucket": "hour", "group_by": dimensions}
            rows = len(server.call("usage.history", params)["rows"])
            row = Row(key, f"{name.format(events)}: {rows:,} rows", "ms", "< 50", no_more_than(50))
            in_turn(plan, row, lambda: statistics.median(
                server.answer_milliseconds("usage.history", params, HISTORY_QUESTIONS)), None)
            table.append(row)
    return table


def _last_two_days():
    """Whole hours, as `usage.history` takes them."""
    end = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return {"from": (end - timedelta(days=2)).isoformat(), "to": end.isoformat()}


# What `--only` names, in the order of the table.
ROWS = {
    "record": record,
    "single": record_single,
    "batch": batch,
    "large": large,
    "stream": stream,
    "disk": disk,
    "reads": reads,
    "history": history,
}
