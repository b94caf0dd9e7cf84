"""What a client does when its server is gone, against a server that is made up."""

import asyncio
import json
import random
import unittest

from torture.client import Client
from torture.history import History, Operation
from torture.violation import Violation


class Script:
    """A server that answers so many lines of each connection, and then breaks it."""

    def __init__(self, answered, answer):
        self.answered, self.answer = list(answered), answer
        self.connections = []

    async def serve(self, reader, writer):
        lines = []
        self.connections.append(lines)
        count = self.answered.pop(0)
        while line := await reader.readline():
            lines.append(json.loads(line))
            if len(lines) <= count:
                writer.write(json.dumps(self.answer(lines[-1], len(lines))).encode() + b"\n")
            if len(lines) >= max(count, 2):
                break
        writer.close()


class Three:
    """A workload of three calls, the second of which has no id."""

    def __init__(self):
        self.operations = [call("a"), call(None), call("c")]

    def next(self, _):
        return self.operations.pop(0) if self.operations else call(None)

    def noticed(self, *_):
        pass


def call(id):
    data = {"purpose": "inbox", "calls": 1, **({} if id is None else {"id": id})}
    return Operation("usage.record", {"org": "o", "workspace": "w", **data}, "o", "w", [data])


def recorded(request, number):
    return {**{name: request[name] for name in ("jsonrpc", "id") if name in request},
            "result": {"position": number, "tier": None, "duplicate": False}}


class ClientTests(unittest.TestCase):
    def run_against(self, script, jsonrpc=False, times=1):
        failures, self.history = [], History()

        async def run():
            client = Client("c", random.Random(1), Three(), self.history, jsonrpc, failures.append)
            server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
            async with server:
                for _ in range(times):
                    await client.run(server.sockets[0].getsockname()[1])

        asyncio.run(run())
        return failures

    def test_what_was_not_answered_is_sent_again_by_its_id(self):
        for jsonrpc in (False, True):
            script = Script([0, 0], recorded)
            failures = self.run_against(script, jsonrpc, times=2)
            self.assertEqual(failures, [])
            self.assertEqual([line["params"].get("id") for line in script.connections[1][:2]], ["a", "c"])
            self.assertEqual(len(self.history.operations[0].attempts), 2)
            self.assertEqual(len(self.history.operations[1].attempts), 1)

    def test_what_was_answered_stands_in_the_history(self):
        failures = self.run_against(Script([1], recorded))
        self.assertEqual(failures, [])
        self.assertEqual(self.history.operations[0].position, 1)
        self.assertIsNone(self.history.operations[1].position)

    def test_an_answer_that_nobody_waits_for_is_a_fault(self):
        answer = {"jsonrpc": "2.0", "id": 999, "result": {}}
        failures = self.run_against(Script([1], lambda *_: answer), jsonrpc=True)
        self.assertIsInstance(failures[0], Violation)

    def test_a_refusal_that_cannot_be_is_a_fault(self):
        refusal = {"id": None, "error": {"code": 6, "data": {"reason": "ID_REUSED"}}}
        failures = self.run_against(Script([1], lambda *_: refusal))
        self.assertRegex(str(failures[0]), "ID_REUSED")
