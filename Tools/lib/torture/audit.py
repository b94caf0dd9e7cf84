"""What the log says, beside what the clients were told."""

import json
from collections import Counter, defaultdict

from . import instants, ledgerfile
from .history import EVENT_TYPES
from .violation import demand

# Events that nobody decided: they do not make a new version of their workspace.
AUTOMATIC_TYPES = {"api.called", "tier.changed", "event_sync.paused", "event_sync.resumed"}
AUTOMATIC_REASONS = {"quota", "allowance"}


class Audit:
    """The log as far as it was read, indexed. It only ever grows: what was read once must stay as it was."""

    def __init__(self, org):
        self.org = org
        self.head, self.hash = 0, ledgerfile.GENESIS
        self.hash_at = {0: ledgerfile.GENESIS}
        # Lines with their line ends, by position; those of `org` also as events.
        self.lines = {}
        self.events = {}
        self.positions_by_id = defaultdict(list)
        self.calls = defaultdict(list)
        self.calls_without_id = Counter()
        self.decisions = defaultdict(list)

    def extend(self, ledger):
        """Takes in a ledger that was read anew; what is known of it must not have changed."""
        hashes = {ledger.first_held - 1: ledger.previous, **{block.last: block.hash for block in ledger.blocks}}
        demand(self.head <= ledger.head, f"the log ends at position {ledger.head}, and went up to {self.head} before")
        demand(
            hashes.get(self.head) == self.hash,
            f"the log up to position {self.head} is not what it was: its hash changed",
            self.hash, hashes.get(self.head),
        )
        for block in ledger.blocks:
            if block.first > self.head:
                self._take(block)

    def _take(self, block):
        for position, line in enumerate(block.lines, block.first):
            event = json.loads(line)
            demand(event["position"] == position, f"at position {position} stands another event", line.decode())
            self.lines[position] = line
            self._index(position, event)
        self.head, self.hash = block.last, block.hash
        self.hash_at[block.last] = block.hash

    def _index(self, position, event):
        workspace, data = event.get("workspace"), event["data"]
        if event["type"] == "api.called":
            made = instants.parse(data.get("at", event["time"]))
            self.calls[event["org"], workspace].append((made, data["calls"], position))
        if event["org"] != self.org:
            return
        self.events[position] = event
        if "id" in data:
            integration = data.get("integration") if workspace is None else None
            self.positions_by_id[self.org, workspace, integration, data["id"]].append(position)
        elif event["type"] == "api.called":
            self.calls_without_id[_content(workspace, data)] += 1
        if event["type"] not in AUTOMATIC_TYPES and data.get("reason") not in AUTOMATIC_REASONS:
            self.decisions[workspace].append(position)

    # What operations were told

    def check(self, operations):
        """Each acknowledged one is there once, at its position; each other one once or not at all."""
        for operation in operations:
            self._check_answers(operation)
            if operation.is_repeatable:
                self._check_by_id(operation)
            else:
                self._check_by_position(operation)

    def is_present(self, operation):
        """Whether it is in the log; False for one without id, of which nobody can say."""
        return operation.is_repeatable and any(self._places(operation))

    def _check_answers(self, operation):
        """What the answers to one operation say of each other."""
        acknowledged = operation.acknowledgements
        positions = {(attempt.result["position"], attempt.result.get("last_position")) for attempt in acknowledged}
        demand(len(positions) <= 1, "one id was answered with several positions", *_story(operation))
        fresh = [attempt for attempt in acknowledged if operation.is_fresh(attempt.result)]
        demand(len(fresh) <= 1, "one id was carried out several times", *_story(operation))
        if acknowledged and not operation.unanswered:
            demand(fresh, "all answers say duplicate, and nothing was left unanswered", *_story(operation))
        for attempt in acknowledged:
            if "recorded" in attempt.result:
                counts = attempt.result["recorded"], attempt.result["duplicates"]
                demand(
                    sorted(counts) == [0, len(operation.calls)],
                    "a batch was neither recorded as a whole nor known as a whole", *_story(operation),
                )
        known_from = min((attempt.answered for attempt in acknowledged), default=None)
        for attempt in operation.attempts:
            demand(
                attempt.error is None or known_from is None or attempt.sent < known_from,
                "a command was refused after it had been acknowledged", *_story(operation),
            )

    def _check_by_id(self, operation):
        found = [position for place in self._places(operation) for position in place]
        acknowledged = operation.acknowledgements
        for place in self._places(operation):
            demand(len(place) <= 1, f"one id is in the log at {place}", *_story(operation))
        expected = len(operation.ids)
        if acknowledged:
            demand(len(found) == expected, "an acknowledged operation is not in the log", *_story(operation))
            answer = acknowledged[0].result
            told = answer["position"], answer.get("last_position", answer["position"])
            demand(
                (found[0], found[-1]) == told, f"it was acknowledged at {told} and is in the log at {found}",
                *_story(operation),
            )
        else:
            demand(len(found) in (0, expected), f"a part of a batch is in the log, at {found}", *_story(operation))
            demand(
                not found or operation.unanswered, f"it was refused, and is in the log at {found}", *_story(operation)
            )
        for index, position in enumerate(found):
            self._check_event(operation, index, position)

    def _check_by_position(self, operation):
        """Without an id only the answer says which event it is."""
        for attempt in operation.acknowledgements:
            first, last = attempt.result["position"], attempt.result.get("last_position")
            self._check_event(operation, 0, first)
            if last is not None:
                self._check_event(operation, len(operation.calls) - 1, last)

    def _check_event(self, operation, index, position):
        event = self.events.get(position)
        demand(event is not None, f"position {position} is not in the log", *_story(operation))
        expected = operation.calls[index] if operation.calls else None
        fits = (
            event["type"] in EVENT_TYPES[operation.method]
            and event.get("workspace") == operation.workspace
            and event["data"].get("id") == (expected or operation.params).get("id")
            and (expected is None or event["data"] == expected)
        )
        told = self.lines[position].decode().rstrip()
        demand(fits, f"position {position} holds another event", told, *_story(operation))

    def _places(self, operation):
        """For each id of an operation, where it stands in the log."""
        if operation.method == "usage.record_batch":
            return [self._where(operation.scope(call), call["id"]) for call in operation.calls]
        return [self._where(operation.scope(call), operation.id) for call in operation.calls or [None]]

    def _where(self, scope, id):
        return self.positions_by_id.get((*scope, id), [])

    # The whole

    def check_nothing_else(self, operations):
        """Nothing is in the log that nobody sent, and no two acknowledgements are for one event."""
        sent, told, without_id, acknowledged = set(), {}, Counter(), Counter()
        for operation in operations:
            for call in operation.calls or [None]:
                id = call.get("id") if call else operation.id
                if id is not None:
                    sent.add((*operation.scope(call), id))
                elif call:
                    content = _content(operation.workspace, call)
                    without_id[content] += 1
                    acknowledged[content] += operation.position is not None
            if operation.position is not None:
                other = told.setdefault(operation.position, operation)
                demand(
                    other is operation, f"two were acknowledged at position {operation.position}",
                    *_story(operation), *_story(other),
                )
        unknown = self.positions_by_id.keys() - sent
        demand(not unknown, "there are ids in the log that nobody sent", *sorted(map(repr, unknown))[:5])
        for content, count in (self.calls_without_id | without_id).items():
            found = self.calls_without_id[content]
            demand(
                acknowledged[content] <= found <= without_id[content],
                f"{without_id[content]} calls without id were sent, {acknowledged[content]} acknowledged, "
                f"and {found} are in the log", content,
            )

    # What questions were told

    def used(self, org, workspace, as_of, position):
        """Calls of a workspace in the 24 hours that end at `as_of`, counted in the log up to `position`."""
        return sum(
            calls for made, calls, place in self.calls[org, workspace]
            if place <= position and as_of - instants.DAY < made <= as_of
        )

    def days(self, org, position):
        """Calls by (start of the day, workspace), counted in the log up to `position`."""
        counted = Counter()
        for (owner, workspace), calls in self.calls.items():
            for made, count, place in calls if owner == org else ():
                if place <= position:
                    counted[made - made % instants.DAY, workspace] += count
        return counted

    def check_stream(self, ends, pending, first):
        """What a stream sent since it was looked at: hashes behind blocks, and lines behind the last of them."""
        for last, hash in ends:
            demand(
                self.hash_at.get(last) == hash, f"a stream was sent a block up to position {last} that the log has not",
                hash, self.hash_at.get(last),
            )
        for position, line in enumerate(pending, first):
            demand(
                self.lines.get(position) == line, f"a stream was sent another event at position {position}",
                line.decode(), self.lines.get(position),
            )

    def check_filtered(self, events, first, last, workspace):
        """What a filtered subscription was sent of positions `first` to `last`: all of the workspace, and only that."""
        demand(last <= self.head, f"a subscription was sent up to position {last}, and the log ends at {self.head}")
        expected = [
            self.events[position] for position in range(first, last + 1)
            if position in self.events and self.events[position].get("workspace") == workspace
        ]
        if events == expected:
            return
        found = [event["position"] for event in events]
        demand(
            False, f"a subscription to {workspace} was not sent what the log holds of positions {first} to {last}",
            sorted(set(event["position"] for event in expected) ^ set(found)) or found,
        )


def _content(workspace, data):
    return f"{workspace} {json.dumps(data, sort_keys=True)}"


def _story(operation):
    """An operation and its attempts, one line each, for the person who reads what went wrong."""
    yield f"{operation.method} {json.dumps(operation.params)}"
    for attempt in operation.attempts:
        told = attempt.result or attempt.error or "no answer"
        yield f"  {attempt.client}: sent as {attempt.sent}, answered as {attempt.answered}: {json.dumps(told)}"
