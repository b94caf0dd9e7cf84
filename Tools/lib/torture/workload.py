"""What the clients do: calls, settings, mappings, bulk syncs, sync errors, and races for one id or one version."""

from collections import defaultdict, deque

from . import instants
from .history import Operation, Reading

ORG = "torture"
# Written by everybody; a bulk sync belongs to one client, as its progress must not go backwards.
WORKSPACES = ["w0", "w1", "w2", "w3"]
# Written only by races for a version.
CONTESTED = ["v0", "v1"]
INTEGRATIONS = ["crm", "mailer"]
PURPOSES = ["settings", "inbox", "event_sync", "bulk_sync", "other"]
OBJECTS = ["lead", "contact"]
DIRECTIONS = ["intercom_to_salesforce", "salesforce_to_intercom"]
ATTRIBUTES = [f"attribute{number}" for number in range(12)]
BATCH_CALLS_MAX = 12
KEYED_SHARE = 0.75
# Calls that were made earlier: some inside the last 24 hours, some outside.
LATE_SHARE = 0.1
LATE_HOURS_MAX = 40

WEIGHTS = {
    "call": 60, "batch": 6, "settings": 3, "mapping": 5, "bulk_sync": 6, "sync_error": 6, "reading": 5,
    "same_id": 2, "same_version": 2,
}


class Workload:
    """Draws what comes next, the same for the same seed and the same answers."""

    def __init__(self, random, history, clients):
        self.random, self.history, self.clients = random, history, clients
        self.ids = defaultdict(int)
        # What a client does before anything else: its part in a race.
        self.queues = {client: deque() for client in clients}
        self.syncs = {}
        self.errors = defaultdict(lambda: deque(maxlen=20))
        self.contested_limit = 0

    def setup(self):
        """What comes first, so that every name is known: sent once, with ids."""
        for workspace in WORKSPACES + CONTESTED:
            self.contested_limit += 1
            yield Operation(
                "settings.update",
                {"org": ORG, "workspace": workspace, "limit": self.contested_limit, "id": f"setup-{workspace}"},
                ORG, workspace,
            )

    def next(self, client):
        """An operation, or a question as (method, params, on_result)."""
        if self.queues[client]:
            return self.queues[client].popleft()
        kind = self.random.choices(list(WEIGHTS), WEIGHTS.values())[0]
        return getattr(self, "_" + kind)(client)

    def noticed(self, operation, result):
        """Takes in what an answer says of numbers that later operations name."""
        if operation.method.startswith("bulk_sync.") and operation.workspace in self.syncs:
            self.syncs[operation.workspace]["sync"] = result["sync"]
        elif operation.method == "sync_errors.report" and result["error"] is not None:
            self.errors[operation.workspace].append(result["error"])

    def _call(self, client):
        workspace, params = self._caller()
        call = self._made(client, self._call_data())
        return Operation("usage.record", {**params, **call}, ORG, workspace, [_logged(params, call)])

    def _batch(self, client):
        workspace, params = self._caller()
        keyed = self._keyed()
        calls = []
        for _ in range(self.random.randint(1, BATCH_CALLS_MAX)):
            data = self._call_data()
            calls.append({**data, "id": self._id(client)} if keyed else data)
        return Operation(
            "usage.record_batch", {**params, "calls": calls}, ORG, workspace,
            [_logged(params, call) for call in calls],
        )

    def _settings(self, client):
        change = self.random.choice([
            {"limit": self.random.randint(0, 50_000)}, {"limit": None},
            {"installer_email": f"ada{self.random.randint(0, 9)}@example.com"},
        ])
        return self._command(client, "settings.update", {**change, "confirm": self.random.random() < 0.5})

    def _mapping(self, client):
        number = self.random.randrange(len(ATTRIBUTES))
        params = {"object": self.random.choice(OBJECTS), "intercom": ATTRIBUTES[number],
                  "confirm": self.random.random() < 0.5}
        if self.random.random() < 0.3:
            return self._command(client, "mapping.remove", params)
        params.update(salesforce=f"Field{self.random.randint(0, 20)}__c", direction=DIRECTIONS[number % 2])
        return self._command(client, "mapping.set", params)

    def _bulk_sync(self, client):
        workspace = WORKSPACES[self.clients.index(client) % len(WORKSPACES)]
        state = self.syncs.setdefault(workspace, {"sync": None, "owner": client, "processed": defaultdict(int)})
        if state["owner"] != client:
            return self._call(client)
        action = self.random.choice(["start", "progress", "progress", "pause", "resume", "stop", "complete"])
        params = {}
        if action == "progress":
            if state["sync"] is None:
                action = "start"
            else:
                # Sometimes the same numbers again, which change nothing.
                state["processed"][state["sync"]] += self.random.randint(0, 9)
                done = state["processed"][state["sync"]]
                params = {"sync": state["sync"], "total": 1_000_000, "processed": done, "updated": done,
                          "unchanged": 0, "skipped": 0, "failed": 0}
        return self._command(client, f"bulk_sync.{action}", params, workspace)

    def _sync_error(self, client):
        workspace = self.random.choice(WORKSPACES)
        known = self.errors[workspace]
        if not known or self.random.random() < 0.5:
            return self._command(client, "sync_errors.report", {
                "direction": self.random.choice(DIRECTIONS),
                "sync_type": self.random.choice(["event_sync", "bulk_sync"]),
                "object": self.random.choice(OBJECTS), "record": f"00Q{self.random.randint(0, 999)}",
                "code": "UNABLE_TO_LOCK_ROW", "message": "Unable to obtain exclusive access",
            }, workspace)
        error = {"error": self.random.choice(known)}
        return self.random.choice([
            lambda: self._command(client, "sync_errors.retry", {**error, "calls": 0}, workspace),
            lambda: self._command(client, "sync_errors.retry_succeeded", error, workspace),
            lambda: self._command(
                client, "sync_errors.retry_failed", {**error, "code": "TIMEOUT", "message": "No answer"}, workspace
            ),
        ])()

    def _reading(self, client):
        workspace = self.random.choice(WORKSPACES)
        sent = self.history.next_stamp()

        def take(result):
            self.history.readings.append(
                Reading(client, "usage.get", sent, self.history.next_stamp(), result["position"])
            )

        return "usage.get", {"org": ORG, "workspace": workspace}, take

    def _same_id(self, client):
        """One command that every client sends: one of them makes the event, whoever comes first."""
        operation = self.random.choice([self._call, self._batch, self._settings])(client)
        while not operation.is_repeatable:
            operation = self._call(client)
        for other in self.clients:
            if other != client:
                self.queues[other].append(operation)
        return operation

    def _same_version(self, client):
        """Every client tries to be the one who changes the version that is read here."""
        workspace = self.random.choice(CONTESTED)
        sent = self.history.next_stamp()

        def take(result):
            self.history.readings.append(Reading(
                client, "settings.get", sent, self.history.next_stamp(), result["position"], workspace,
                result["version"], result["limit_set"],
            ))
            for other in self.clients:
                self.contested_limit += 1
                self.queues[other].append(Operation("settings.update", {
                    "org": ORG, "workspace": workspace, "limit": self.contested_limit, "id": self._id(other),
                    "expected_version": result["version"],
                }, ORG, workspace))

        return "settings.get", {"org": ORG, "workspace": workspace}, take

    def _command(self, client, method, params, workspace=None):
        workspace = workspace or self.random.choice(WORKSPACES)
        params = {"org": ORG, "workspace": workspace, **params}
        return Operation(method, self._made(client, params), ORG, workspace)

    def _caller(self):
        """A workspace or None, and who calls."""
        if self.random.random() < 0.1:
            return None, {"org": ORG, "integration": self.random.choice(INTEGRATIONS)}
        workspace = self.random.choice(WORKSPACES)
        return workspace, {"org": ORG, "workspace": workspace}

    def _call_data(self):
        data = {"purpose": self.random.choice(PURPOSES), "calls": self.random.randint(1, 5)}
        if self.random.random() < 0.5:
            data.update(verb="GET", resource=f"/services/data/v60.0/query{self.random.randint(0, 3)}", status=200)
        if self.random.random() < LATE_SHARE:
            data["at"] = instants.text(instants.now() - self.random.randint(1_000, LATE_HOURS_MAX * instants.HOUR))
        return data

    def _made(self, client, params):
        return {**params, "id": self._id(client)} if self._keyed() else params

    def _keyed(self):
        return self.random.random() < KEYED_SHARE

    def _id(self, client):
        self.ids[client] += 1
        return f"{client}-{self.ids[client]}"


def _logged(params, call):
    """The data that the event of a call must have."""
    named = {"integration": params["integration"]} if "integration" in params else {}
    return {**named, **call}
