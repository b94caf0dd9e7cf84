"""Everything that is looked at after a start, while nobody writes."""

import os

from . import instants, ledgerfile, order, past, workload
from .violation import demand

# What may lie in a data directory once a server answers.
DATA_FILES = {
    "ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.lock", "views.db", "views.db-wal", "views.db-shm", "backups",
}
HISTORY_DAYS = 30


class Inspection:
    """Asks the server, reads its files, and compares both with each other and with the clients' history."""

    def __init__(self, data, audit, history, readers, backups):
        self.data, self.audit, self.history = data, audit, history
        self.readers, self.backups = readers, backups
        # Operations without an answer that were found in the log.
        self.unanswered_found = 0

    async def look(self, control):
        self.read_log()
        self._check_operations()
        for reader in self.readers:
            reader.settle(self.audit)
        usage = [
            await control.ask("usage.get", {"org": workload.ORG, "workspace": workspace})
            for workspace in workload.WORKSPACES
        ]
        days = [await self._ask_days(control, org) for org in (workload.ORG, past.ORG)]
        await self.backups.repeat(control)
        # Again, as time alone makes events too: what the answers went by must be in what was read.
        self.read_log()
        order.check_readings(self.audit, self.history.readings)
        for answer in usage:
            self._check_usage(answer)
        for answer in days:
            self._check_days(answer)
        left = set(os.listdir(self.data)) - DATA_FILES | self.backups.left_behind()
        demand(not left, "files are left behind", *sorted(left))
        self.backups.check(self.audit)

    def read_log(self):
        """Reads the whole log anew, and gives it."""
        ledger = ledgerfile.read(os.path.join(self.data, "ledger.db"))
        self.audit.extend(ledger)
        return ledger

    def check_whole(self):
        """Once everything is answered: the whole history against the whole log."""
        self.audit.check(self.history.operations)
        self.audit.check_nothing_else(self.history.operations)
        order.check_real_time(self.history)
        order.check_versions(self.audit, self.history)

    def _check_operations(self):
        operations = self.history.take_touched()
        self.audit.check(operations)
        self.unanswered_found += sum(
            self.audit.is_present(operation) for operation in operations if not operation.acknowledgements
        )

    def _check_usage(self, answer):
        as_of = instants.parse(answer["as_of"])
        counted = self.audit.used(answer["org"], answer["workspace"], as_of, answer["position"])
        demand(
            answer["used_by_workspace"] == counted,
            f"usage.get says {answer['used_by_workspace']} calls, and {counted} are in the log", answer,
        )

    async def _ask_days(self, control, org):
        now = instants.now()
        begin, end = instants.text(now - HISTORY_DAYS * instants.DAY), instants.text(now + instants.DAY)
        return await control.ask(
            "usage.history", {"org": org, "from": begin, "to": end, "bucket": "day", "group_by": ["workspace"]}
        )

    def _check_days(self, answer):
        """What the read models say, of dropped events too."""
        told = {(instants.parse(row["bucket"]), row["workspace"]): row["calls"] for row in answer["rows"]}
        counted = self.audit.days(answer["org"], answer["position"])
        different = [key for key in told.keys() | counted.keys() if told.get(key, 0) != counted[key]]
        demand(
            not different, f"usage.history of {answer['org']} is not what is in the log",
            *[f"{instants.text(key[0])} {key[1]}: {told.get(key)}, counted {counted[key]}" for key in different[:5]],
        )
