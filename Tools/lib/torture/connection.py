"""Connections that ask, in both dialects of the protocol, and connections that are streamed to."""

import asyncio
import json
from collections import deque

from .violation import Violation, demand


class Lines(asyncio.Protocol):
    """Hands over each whole line; what stands behind the last line end when the connection breaks is dropped."""

    def __init__(self, on_line, on_failure):
        self.on_line, self.on_failure = on_line, on_failure
        self.rest = b""
        self.lost = asyncio.get_running_loop().create_future()

    @classmethod
    async def connect(cls, port, on_line, on_failure):
        """None when the server is gone already."""
        loop = asyncio.get_running_loop()
        try:
            _, lines = await loop.create_connection(lambda: cls(on_line, on_failure), "127.0.0.1", port)
        except OSError:
            return None
        return lines

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            try:
                self.on_line(line)
            except Exception as failure:
                self.on_failure(failure)
                self.transport.abort()
                return

    def connection_lost(self, _):
        if not self.lost.done():
            self.lost.set_result(None)

    @property
    def is_open(self):
        return not self.lost.done()


class Requests:
    """A connection that asks. Answers come in order in netcat mode, and in any order with JSON-RPC."""

    def __init__(self, jsonrpc, on_failure):
        self.jsonrpc, self.on_failure = jsonrpc, on_failure
        self.waiting_in_order = deque()
        self.waiting_by_id = {}
        self.next_id = 0
        self.lines = None

    async def open(self, port):
        """False when the server is gone already."""
        self.lines = await Lines.connect(port, self._take, self.on_failure)
        return self.lines is not None

    @property
    def is_open(self):
        return self.lines is not None and self.lines.is_open

    @property
    def in_flight(self):
        return len(self.waiting_in_order) + len(self.waiting_by_id)

    def send(self, requests):
        """Sends (method, params, on_answer) all at once."""
        texts = []
        for method, params, on_answer in requests:
            request = {"method": method, "params": params}
            if self.jsonrpc:
                request = {"jsonrpc": "2.0", "id": self.next_id, **request}
                self.waiting_by_id[self.next_id] = on_answer
                self.next_id += 1
            else:
                self.waiting_in_order.append(on_answer)
            texts.append(json.dumps(request, separators=(",", ":")))
        self.lines.transport.write(("\n".join(texts) + "\n").encode())

    async def ask(self, method, params=None):
        """The result; it is a violation when there is none."""
        result = await self.try_to_ask(method, params)
        demand(result is not None, f"the connection broke while {method} was asked", params)
        return result

    async def try_to_ask(self, method, params=None):
        """The result; None when the connection broke before there was one. An error is a violation."""
        answered = asyncio.get_running_loop().create_future()
        self.send([(method, params or {}, lambda answer: answered.done() or answered.set_result(answer))])
        await asyncio.wait([answered, self.lines.lost], return_when=asyncio.FIRST_COMPLETED)
        if not answered.done():
            return None
        answer = answered.result()
        demand("result" in answer, f"{method} was refused", params, answer.get("error"))
        return answer["result"]

    async def close(self):
        if self.is_open:
            self.lines.transport.close()
            await self.lines.lost

    def _take(self, line):
        answer = json.loads(line)
        if self.jsonrpc:
            on_answer = self.waiting_by_id.pop(answer["id"], None)
        else:
            on_answer = self.waiting_in_order.popleft() if self.waiting_in_order else None
        if on_answer is None:
            raise Violation(f"an answer that nobody waits for: {line[:300]!r}")
        on_answer(answer)
