"""The backups of one ledger: asked for, interrupted, compared with the log, restored."""

import os

from . import ledgerfile
from .violation import demand


class Backups:
    """What should be in the folder `backups` of a data directory."""

    def __init__(self, data):
        self.folder = os.path.join(data, "backups")
        # What their answers said of their heads; None for one that was there though it was not answered.
        self.heads = {}
        self.count = 0
        self.unfinished = None

    def next(self):
        """The name of the one that is asked for now."""
        self.count += 1
        self.unfinished = f"backup-{self.count}.db"
        return self.unfinished

    def made(self, name, result):
        self.unfinished = None
        self.heads[name] = result["head"]

    async def repeat(self, control):
        """The one that was interrupted is there as a whole, or can be made under the same name."""
        name, self.unfinished = self.unfinished, None
        if name is None:
            return
        if os.path.exists(self.path(name)):
            self.heads[name] = None
        else:
            self.made(name, await control.ask("log.backup", {"path": name}))

    def check(self, audit):
        """Each is a part of the log. The newest stays for the end, the others are deleted."""
        for name, head in self.heads.items():
            copy = ledgerfile.read(self.path(name))
            demand(
                audit.hash_at.get(copy.head) == copy.hash, f"the backup {name} is not what the log was",
                f"up to position {copy.head}",
            )
            demand(
                head is None or (head["position"], head["hash"]) == (copy.head, copy.hash),
                f"the backup {name} does not end where its answer said", head,
            )
        for name in list(self.heads)[:-1]:
            os.unlink(self.path(name))
            del self.heads[name]

    def path(self, name):
        return os.path.join(self.folder, name)

    def left_behind(self):
        """Files of the folder that are no backups."""
        return set(os.listdir(self.folder)) - self.heads.keys() if os.path.exists(self.folder) else set()
