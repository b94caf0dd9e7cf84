"""Milliseconds since 1970 and their RFC 3339 text, as the protocol writes it."""

import time
from datetime import datetime, timedelta

HOUR = 3_600_000
DAY = 24 * HOUR
EPOCH = datetime(1970, 1, 1)
MILLISECOND = timedelta(milliseconds=1)


def now():
    return time.time_ns() // 1_000_000


def text(milliseconds):
    """`2026-11-21T17:54:01.123Z`"""
    return (EPOCH + milliseconds * MILLISECOND).isoformat(timespec="milliseconds") + "Z"


def parse(instant):
    return (datetime.fromisoformat(instant[:-1]) - EPOCH) // MILLISECOND
