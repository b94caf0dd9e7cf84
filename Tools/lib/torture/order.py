"""Whether one order explains what all clients saw: that of positions."""

from collections import defaultdict

from .violation import demand


def check_real_time(history):
    """What was answered before something else was sent stands before it in the log; questions see all of that."""
    steps = []
    for operation in history.operations:
        known = operation.acknowledgements
        if not known:
            continue
        first, last = operation.position, known[0].result.get("last_position", operation.position)
        steps.append((operation.attempts[0].sent, first - 1, None, operation.method))
        steps.append((min(attempt.answered for attempt in known), None, last, operation.method))
    for reading in history.readings:
        steps.append((reading.sent, reading.position, None, reading.method))
        steps.append((reading.answered, None, reading.position, reading.method))
    floor, setter = 0, None
    for stamp, reached, seen, method in sorted(steps, key=lambda step: step[0]):
        if reached is not None:
            demand(
                reached >= floor,
                f"{method}, sent as {stamp}, went by position {reached}, and position {floor} had been answered",
                setter,
            )
        elif seen > floor:
            floor, setter = seen, f"by {method}, answered as {stamp}"


def check_versions(audit, history):
    """Of all commands that expected one version of a workspace, one made the next."""
    contenders = defaultdict(list)
    for operation in history.operations:
        if operation.expected_version is not None:
            contenders[operation.workspace, operation.expected_version].append(operation)
    for (workspace, version), operations in contenders.items():
        winners = [operation for operation in operations if _place(audit, operation)]
        story = [f"{operation.id} at {_place(audit, operation)}" for operation in operations]
        demand(len(winners) <= 1, f"{len(winners)} commands made the change behind version {version}", *story)
        sure = all(any(attempt.answered for attempt in operation.attempts) for operation in operations)
        demand(winners or not sure, f"nobody made the change behind version {version} of {workspace}", *story)
        for winner in winners:
            _check_place(audit, winner, version)
        for operation in operations:
            _check_losses(audit, operation)


def check_readings(audit, readings):
    """Questions show nothing that is not in the log, and settings as they were at their version."""
    for reading in readings:
        demand(
            reading.position <= audit.head,
            f"{reading.method} went by position {reading.position}, and the log ends at {audit.head}",
        )
        if reading.version:
            event = audit.events.get(reading.version)
            demand(
                event is not None and event.get("workspace") == reading.workspace
                and event["data"].get("limit") == reading.limit,
                f"{reading.workspace} was shown with limit {reading.limit} at version {reading.version}",
                event,
            )


def _place(audit, operation):
    places = audit.positions_by_id.get((*operation.scope(), operation.id))
    return places[0] if places else None


def _check_place(audit, winner, version):
    """Between the version that was expected and the change there was none."""
    decisions = audit.decisions[winner.workspace]
    index = decisions.index(_place(audit, winner))
    before = decisions[index - 1] if index else 0
    demand(
        before == version, f"{winner.id} expected version {version} of {winner.workspace} and followed version {before}"
    )


def _check_losses(audit, operation):
    for attempt in operation.attempts:
        if attempt.reason == "VERSION_MISMATCH":
            actual = attempt.error["data"]["actual"]
            demand(
                actual != operation.expected_version and actual in audit.decisions[operation.workspace],
                f"{operation.id} was refused because of version {actual}, which {operation.workspace} never had",
            )
