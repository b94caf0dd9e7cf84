"""A client that keeps asking, and after a crash asks again what was not answered."""

import asyncio
import json

from .connection import Requests
from .history import REFUSALS, Operation
from .violation import Violation

BURST_MAX = 24
IN_FLIGHT_MAX = 64
# Of what was acknowledged long ago, so much is sent again after each start: it must be known.
RESENT_MAX = 5


class Client:
    """Goes on over any number of connections; its requests are in the history that it shares with others."""

    def __init__(self, name, random, workload, history, jsonrpc, on_failure):
        self.name, self.random, self.workload, self.history = name, random, workload, history
        self.jsonrpc, self.on_failure = jsonrpc, on_failure
        # Operations that were sent and not answered when the last connection broke.
        self.unanswered = []
        self.acknowledged = []
        self.requests = None
        self.answered = asyncio.Event()

    async def run(self, port, is_ending=False):
        """Until the connection breaks; when it is ending, until all that was sent before is answered."""
        self.requests = Requests(self.jsonrpc, self.on_failure)
        if not await self.requests.open(port):
            return
        self._send(self._again())
        while self.requests.is_open and not is_ending:
            if self.requests.in_flight < self.random.randint(1, IN_FLIGHT_MAX):
                count = self.random.randint(1, BURST_MAX)
                self._send([self.workload.next(self.name) for _ in range(count)])
            await self._wait()
        while self.requests.is_open and self.requests.in_flight:
            await self._wait()

    def _again(self):
        """What is sent first on a new connection."""
        known = self.random.sample(self.acknowledged, min(RESENT_MAX, len(self.acknowledged)))
        again, self.unanswered = self.unanswered, []
        return [operation for operation in again if operation.is_repeatable] + known

    async def _wait(self):
        """For an answer, or for the end of the connection."""
        self.answered.clear()
        waiting = asyncio.ensure_future(self.answered.wait())
        await asyncio.wait([waiting, self.requests.lines.lost], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    def _send(self, drawn):
        if drawn:
            self.requests.send([
                self._operation(item) if isinstance(item, Operation) else self._question(*item) for item in drawn
            ])

    def _operation(self, operation):
        attempt = self.history.send(operation, self.name)
        self.unanswered.append(operation)

        def take(answer):
            self.history.answer(operation, attempt, answer)
            self.unanswered.remove(operation)
            self.answered.set()
            if attempt.error is not None:
                _check_refusal(operation.method, operation.params, attempt.error)
                return
            if operation.is_fresh(attempt.result):
                self.workload.noticed(operation, attempt.result)
            if operation.is_repeatable and len(operation.attempts) == 1 and operation.position is not None:
                self.acknowledged.append(operation)

        return operation.method, operation.params, take

    def _question(self, method, params, on_result):
        def take(answer):
            self.answered.set()
            if "result" in answer:
                on_result(answer["result"])
            else:
                _check_refusal(method, params, answer["error"])

        return method, params, take


def _check_refusal(method, params, error):
    if error.get("data", {}).get("reason") not in REFUSALS:
        raise Violation(f"{method} was refused: {json.dumps(error)}\n  {json.dumps(params)}")
