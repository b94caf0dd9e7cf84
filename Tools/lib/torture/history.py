"""What the clients asked and what they were told, in the order in which they saw it."""

from dataclasses import dataclass, field

# The events that the first one of a command may be.
EVENT_TYPES = {
    "usage.record": {"api.called"},
    "usage.record_batch": {"api.called"},
    "settings.update": {"settings.changed", "bulk_sync.stopped"},
    "mapping.set": {"mapping.set", "bulk_sync.stopped"},
    "mapping.remove": {"mapping.removed", "bulk_sync.stopped"},
    "bulk_sync.start": {"bulk_sync.started"},
    "bulk_sync.progress": {"bulk_sync.progressed"},
    "bulk_sync.pause": {"bulk_sync.paused"},
    "bulk_sync.resume": {"bulk_sync.resumed"},
    "bulk_sync.stop": {"bulk_sync.stopped"},
    "bulk_sync.complete": {"bulk_sync.completed"},
    "sync_errors.report": {"sync_error.reported"},
    "sync_errors.retry": {"sync_error.retry_started"},
    "sync_errors.retry_failed": {"sync_error.retry_failed"},
    "sync_errors.retry_succeeded": {"sync_error.resolved"},
}

# What a command may be refused for in this workload. Anything else is a fault.
REFUSALS = {
    "BULK_SYNC_ACTIVE", "BULK_SYNC_NOT_ACTIVE", "UNKNOWN_BULK_SYNC", "UNKNOWN_SYNC_ERROR", "UNKNOWN_ORG",
    "UNKNOWN_WORKSPACE", "UNKNOWN_MAPPING", "SALESFORCE_FIELD_MAPPED", "ATTRIBUTE_DIRECTION", "VERSION_MISMATCH",
    "PURPOSE_PAUSED", "RETRY_ACTIVE", "NO_RETRY_ACTIVE", "STOPPING",
}


@dataclass(eq=False)
class Attempt:
    """One time that an operation was sent. Stamps count everything that was sent and received, in order."""

    client: str
    sent: int
    answered: int = None
    # Exactly one of these once it is answered.
    result: dict = None
    error: dict = None

    @property
    def is_acknowledged(self):
        return self.result is not None

    @property
    def reason(self):
        return self.error and self.error.get("data", {}).get("reason")


@dataclass(eq=False)
class Operation:
    """A command, and all the times that it was sent: by its id it is one, whoever sends it."""

    method: str
    params: dict
    org: str
    # None for calls of an integration without a workspace.
    workspace: str
    # What the events of calls must say, in order; empty for other commands.
    calls: list = field(default_factory=list)
    attempts: list = field(default_factory=list)

    @property
    def id(self):
        """Of a command; calls have theirs in `calls`."""
        return self.params.get("id")

    @property
    def ids(self):
        """All ids that it goes by; empty when it has none and must not be sent twice."""
        if self.method == "usage.record_batch":
            return [call["id"] for call in self.calls if "id" in call]
        return [self.id] if self.id is not None else []

    @property
    def is_repeatable(self):
        return bool(self.ids)

    @property
    def expected_version(self):
        return self.params.get("expected_version")

    def scope(self, call=None):
        """Where the id of one of its calls, or its own, is unique."""
        integration = (call or {}).get("integration") if self.workspace is None else None
        return self.org, self.workspace, integration

    def is_fresh(self, result):
        """Whether this answer says that it was carried out now, and left an event."""
        if "recorded" in result:
            return result["recorded"] > 0
        return not result["duplicate"] and result.get("changed", True)

    def is_unchanged(self, result):
        """Whether this answer says that there was nothing to do."""
        return not result.get("duplicate", False) and not result.get("changed", True)

    @property
    def acknowledgements(self):
        """Attempts whose answers name a position of its own."""
        return [attempt for attempt in self.attempts
                if attempt.is_acknowledged and not self.is_unchanged(attempt.result)]

    @property
    def unanswered(self):
        return [attempt for attempt in self.attempts if attempt.answered is None]

    @property
    def position(self):
        """Where it says that its first event is; None while nothing is known."""
        known = self.acknowledgements
        return known[0].result["position"] if known else None


@dataclass
class Reading:
    """A question about the present and what it showed: the last position that it took into account."""

    client: str
    method: str
    sent: int
    answered: int
    position: int
    # For settings of a workspace: whose, at which version, and with which limit.
    workspace: str = None
    version: int = None
    limit: int = None


class History:
    """Everything that all clients of one ledger did."""

    def __init__(self):
        self.stamp = 0
        self.operations = []
        self.readings = []
        # Operations of which something was sent or answered since they were looked at.
        self.touched = {}

    def next_stamp(self):
        self.stamp += 1
        return self.stamp

    def send(self, operation, client):
        """Notes an attempt, before it is sent: what is sent may arrive even when sending fails."""
        if not operation.attempts:
            self.operations.append(operation)
        attempt = Attempt(client, self.next_stamp())
        operation.attempts.append(attempt)
        self.touched[id(operation)] = operation
        return attempt

    def answer(self, operation, attempt, answer):
        attempt.answered = self.next_stamp()
        attempt.result, attempt.error = answer.get("result"), answer.get("error")
        self.touched[id(operation)] = operation

    def take_touched(self):
        touched, self.touched = list(self.touched.values()), {}
        return touched
