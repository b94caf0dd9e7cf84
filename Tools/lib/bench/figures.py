"""What rounds gave, and how it compares."""

import statistics
from dataclasses import dataclass, field


@dataclass
class Row:
    """One line of the table: what Ledgerline did, what the peer did, and what was to be reached."""

    key: str
    work: str
    unit: str
    target: str
    # Whether (our median, ratio to the peer's or None) is what was to be reached; gives None where nothing compares.
    reached: object = None
    peer: str = None
    ours: list = field(default_factory=list)
    theirs: list = field(default_factory=list)
    details: dict = field(default_factory=dict)

    @property
    def ratio(self):
        return statistics.median(self.ours) / statistics.median(self.theirs) if self.ours and self.theirs else None

    @property
    def verdict(self):
        """`yes`, `no`, or `–` where the peer is missing."""
        answer = self.reached(statistics.median(self.ours), self.ratio) if self.ours else None
        return "–" if answer is None else "yes" if answer else "no"

    def json(self):
        return {
            "key": self.key, "work": self.work, "unit": self.unit, "to_reach": self.target, "reached": self.verdict,
            "ledgerline": summary(self.ours), "peer": self.peer, "peer_figures": summary(self.theirs),
            "ratio": self.ratio, **self.details,
        }


def summary(values):
    if not values:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "rounds": values}


def no_target(_median, _ratio):
    """Of a figure that is shown and not judged."""
    return None


def at_least(ratio):
    """The target of work that is compared with a peer's: more is better."""
    return lambda _, found: None if found is None else found >= ratio


def no_more_than(bound):
    """The target of a figure of its own: less is better."""
    return lambda median, _: median <= bound


def no_less_than(bound):
    """The target of a figure of its own: more is better."""
    return lambda median, _: median >= bound


def number(value):
    """Three digits that mean something: `1,234,567`, `45.6`, `0.789`."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def spread(values):
    """`median (min–max)`; the median alone when there was one round."""
    if not values:
        return "–"
    median = number(statistics.median(values))
    return median if len(values) == 1 else f"{median} ({number(min(values))}–{number(max(values))})"


def cells(row):
    ratio = f"{row.ratio:.2f}×" if row.ratio else "–"
    return [row.work, row.unit, spread(row.ours), f"{row.peer}: {spread(row.theirs)}" if row.peer else "–", ratio,
            row.target, row.verdict]


HEADER = ["work", "unit", "Ledgerline: median (min–max)", "peer: median (min–max)", "ratio", "to reach", "reached"]


def text_table(rows):
    """Aligned columns."""
    table = [HEADER] + [cells(row) for row in rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADER))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in table]


def markdown_table(header, lines):
    return ["| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *lines]]
