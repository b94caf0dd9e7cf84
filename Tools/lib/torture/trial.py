"""One ledger: recorded to, killed again and again, and looked at after every start."""

import asyncio
import json
import os
import random
import subprocess
import time

from . import instants, moments, past, workload
from .audit import Audit
from .backups import Backups
from .client import Client
from .connection import Requests
from .history import History
from .inspection import Inspection
from .moments import START_UP, STOPPING, TRAFFIC, Tally
from .readers import StreamReader, SubscriptionReader
from .server import Server
from .violation import demand

CLIENTS = ["c0", "c1", "c2", "c3"]
# For readers to come to the log's end.
SETTLE_SECONDS_MAX = 60
SETTLE_POLL_SECONDS = 0.01
# Tiers follow from the limits of workspaces alone.
ALLOWANCE = 1_000_000_000


class Trial:
    """A ledger of its own directory, from `prepare` over any number of `kill_once` to `finish`."""

    def __init__(self, program, directory, seed, tallies, durations, mutate=None):
        self.program, self.directory = program, directory
        self.data = os.path.join(directory, "data")
        self.ledger = os.path.join(self.data, "ledger.db")
        self.tallies, self.durations, self.mutate = tallies, durations, mutate
        self.random = random.Random(seed)
        self.failure = None
        self.history = History()
        self.audit = Audit(workload.ORG)
        self.workload = workload.Workload(self._derived(), self.history, CLIENTS)
        self.clients = [
            Client(name, self._derived(), self.workload, self.history, index % 2 == 1, self._fail)
            for index, name in enumerate(CLIENTS)
        ]
        self.readers = [
            StreamReader(self._fail, self.random.random()),
            StreamReader(self._fail, self.random.random(), slow=True),
            SubscriptionReader(self._fail, workload.ORG, workload.WORKSPACES[0]),
        ]
        self.past_head = 0
        self.retention = past.retention_days()
        self.backups = Backups(self.data)
        self.inspection = Inspection(self.data, self.audit, self.history, self.readers, self.backups)

    @property
    def streamed(self):
        """Positions that all readers were sent, or that did not pass their filters."""
        return sum(reader.position - self.past_head for reader in self.readers)

    def _derived(self):
        return random.Random(self.random.random())

    def _fail(self, failure):
        self.failure = self.failure or failure

    def _check_failure(self):
        if self.failure is not None:
            raise self.failure

    async def _control(self, port):
        control = Requests(True, self._fail)
        demand(await control.open(port), "the server does not accept connections")
        return control

    async def _look(self, port):
        control = await self._control(port)
        await self.inspection.look(control)
        await control.close()

    async def prepare(self):
        """Makes a ledger that is some weeks old, in which every name of the workload is known."""
        server = Server(self.program, self.directory)
        await server.port()
        server.stop()
        written = past.write(self.ledger, instants.now())
        # Where retention drops nothing: what was dropped cannot be read any more.
        self.past_head = written.head
        for reader in self.readers:
            reader.start_behind(written.head, written.hash)
        server = Server(self.program, self.directory)
        try:
            control = await self._control(await server.port())
            await control.ask("org.configure", {"org": workload.ORG, "allowance": ALLOWANCE})
            for operation in self.workload.setup():
                attempt = self.history.send(operation, "setup")
                result = await control.ask(operation.method, operation.params)
                self.history.answer(operation, attempt, {"result": result})
        finally:
            server.kill()

    # Killing

    async def kill_once(self, moment):
        """Starts the server, looks at everything, and kills it at a moment of the kind."""
        if moment == "retention" and not self.retention:
            moment = "log.compact"
        tally = self.tallies.setdefault(moment, Tally())
        self._mutate()
        server = Server(self.program, self.directory)
        try:
            if moment == START_UP:
                await asyncio.sleep(self.durations.moment(START_UP, self.random))
                server.check_alive()
                tally.inside += not server.is_answering
            else:
                port = await server.port()
                self.durations.ended(START_UP, time.perf_counter() - server.begun)
                await self._look(port)
                await self._work(server, port, moment, tally)
        finally:
            server.kill()
        tally.kills += 1

    def _mutate(self):
        """Puts a fault into the ledger when that is to be proven, once something is known of it."""
        if self.mutate and self.audit.head:
            self.mutate(self.ledger, self.random)

    async def _work(self, server, port, moment, tally):
        """Traffic, and beside it the work that is to be interrupted; ends with the server."""
        running = [asyncio.ensure_future(one.run(port)) for one in self.clients + self.readers]
        try:
            is_inside = await self._reach(server, port, moment, tally, running)
            server.check_alive(may_have_ended=moment == STOPPING)
        finally:
            server.kill()
            for failure in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(failure, Exception):
                    self._fail(failure)
        self._check_failure()
        tally.inside += is_inside()

    async def _reach(self, server, port, moment, tally, running):
        """Waits for the moment to kill; gives what says, once the server is dead, whether it was a hit."""
        if moment == TRAFFIC:
            await asyncio.sleep(self.random.uniform(0, moments.TRAFFIC_SECONDS_MAX))
            return lambda: True
        await asyncio.sleep(self.random.uniform(0, moments.WARM_UP_SECONDS_MAX))
        self._check_failure()
        server.check_alive()
        if moment == STOPPING:
            server.terminate()
            await asyncio.sleep(self.random.uniform(0, moments.STOPPING_SECONDS_MAX))
            was_alive = server.process.poll() is None
            return lambda: was_alive
        maintenance = moments.Maintenance(moment, self.retention, self.backups)
        control = await self._control(port)
        running.append(asyncio.ensure_future(maintenance.keep_going(control, tally, self.durations)))
        await asyncio.sleep(self.durations.moment(moment, self.random))
        return lambda: maintenance.is_under_way

    # The end

    async def finish(self):
        """Everything is asked again until it is answered; then the whole is looked at, and the server ends in order."""
        self._mutate()
        server = Server(self.program, self.directory)
        try:
            port = await server.port()
            await self._look(port)
            await asyncio.gather(*(client.run(port, is_ending=True) for client in self.clients))
            self._check_failure()
            left = [operation for client in self.clients for operation in client.unanswered]
            demand(not left, f"{len(left)} operations are not answered, and nobody killed the server")
            await self._read_to_the_end(port)
            await self._look(port)
            self.inspection.check_whole()
            control = await self._control(port)
            await control.ask("log.verify")
            equal = await control.ask("projections.verify")
            demand(equal["equal"], "the live state is not what the log gives", equal)
            server.stop()
        finally:
            server.kill()
        self._verify(self.data)
        for name in self.backups.heads:
            restored = os.path.join(self.directory, "restored")
            self._run("restore", self.backups.path(name), "--data", restored)
            self._verify(restored)

    async def _read_to_the_end(self, port):
        """All readers, and one that reads the whole log anew, until they have what is in it."""
        ledger = self.inspection.read_log()
        anew = StreamReader(self._fail, seed=0)
        anew.start_behind(ledger.first_held - 1, ledger.previous)
        readers = [*self.readers, anew]
        running = [asyncio.ensure_future(reader.run(port)) for reader in readers]
        begun = time.perf_counter()
        while any(reader.position < ledger.head for reader in readers):
            self._check_failure()
            demand(time.perf_counter() - begun < SETTLE_SECONDS_MAX, "a reader does not come to the log's end",
                   *[reader.position for reader in readers], ledger.head)
            await asyncio.sleep(SETTLE_POLL_SECONDS)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._check_failure()
        self.inspection.read_log()
        anew.settle(self.audit)

    def _verify(self, data):
        """`ledgerline verify` of a directory without a server."""
        reports = self._run("verify", "--data", data, "--json").splitlines()
        demand(json.loads(reports[-1])["equal"], "a snapshot is not what the log gives", *reports)

    def _run(self, *arguments):
        done = subprocess.run([self.program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        told = done.stderr + done.stdout
        demand(done.returncode == 0, f"ledgerline {arguments[0]} ended with status {done.returncode}", told)
        return done.stdout
