"""Line charts as SVG, by hand: nothing to install, readable in a diff."""

import math
from html import escape

PANEL_WIDTH, PANEL_HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
TICKS = 4


def charts(panels, x_label, columns=2):
    """`panels` are `(title with unit, [(x, y)])`; x is logarithmic, y begins at 0."""
    rows = math.ceil(len(panels) / columns)
    width, height = columns * PANEL_WIDTH, rows * PANEL_HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for index, (title, points) in enumerate(panels):
        x, y = index % columns * PANEL_WIDTH, index // columns * PANEL_HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *_panel(title, points, x_label), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(title, points, x_label):
    right, bottom = PANEL_WIDTH - RIGHT, PANEL_HEIGHT - BOTTOM
    low, high = math.log10(min(x for x, _ in points)), math.log10(max(x for x, _ in points))
    top_value = _round_up(max(y for _, y in points))

    def at(x, y):
        share = (math.log10(x) - low) / (high - low) if high > low else 0.5
        return LEFT + share * (right - LEFT), bottom - y / top_value * (bottom - TOP)

    yield f'<text x="{LEFT}" y="{TOP - 16}" font-weight="bold">{escape(title)}</text>'
    for tick in range(TICKS + 1):
        value = top_value * tick / TICKS
        _, y = at(points[0][0], value)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{short(value)}</text>'
    for x_value, _ in points:
        x, _ = at(x_value, 0)
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{short(x_value)}</text>'
    yield f'<text x="{(LEFT + right) / 2}" y="{bottom + 38}" text-anchor="middle">{escape(x_label)}</text>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
    yield f'<polyline points="{path}" fill="none" stroke="#1f6feb" stroke-width="2"/>'
    for x_value, y_value in points:
        x, y = at(x_value, y_value)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#1f6feb"><title>{short(y_value)}</title></circle>'


def _round_up(value):
    """The next of 1, 2, 4, 5, 8 or 10 times a power of ten, so that ticks are round."""
    if value <= 0:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= value)


def short(value):
    """Three digits: `1 M`, `250 k`, `0.5`."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g}"
