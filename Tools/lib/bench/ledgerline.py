"""Ledgerline under measurement: a server of its own on a directory, and `ledgerline bench` as its client."""

import json
import os
import socket
import subprocess
import time

from common import processes

# The fast way to many events; the calls of a batch have one caller.
FILL_LOAD = ["--batch", 1_000, "--connections", 2, "--in-flight", 2]
# Every call has a caller of its own.
VARIED_FILL_LOAD = ["--connections", 8, "--in-flight", 128]
START_SECONDS_MAX = 600
POLL_SECONDS = 0.001
FSYNC_MODE = "SQLite WAL, synchronous=FULL: fdatasync before every answer"


class Ledgerline:
    """A server from `with` to its end; the directory stays."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = directory
        self.data = os.path.join(directory, "data")

    def __enter__(self):
        port_file = os.path.join(self.directory, "port")
        if os.path.exists(port_file):
            os.unlink(port_file)
        begun = time.perf_counter()
        self.log = open(os.path.join(self.directory, "log"), "w+")
        command = [self.program, "serve", "--data", self.data, "--listen", "127.0.0.1:0", "--port-file", port_file]
        try:
            self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        except OSError as error:
            raise processes.Failure(f"{self.program}: {error.strerror}") from error
        self.port = self._wait_for_port(port_file, begun)
        self._ask_once()
        # From the start of the process to the first answer.
        self.start_seconds = time.perf_counter() - begun
        return self

    def __exit__(self, *_):
        processes.stop(self.process)
        self.log.close()

    def _wait_for_port(self, port_file, begun):
        while time.perf_counter() - begun < START_SECONDS_MAX:
            if self.process.poll() is not None:
                break
            if os.path.exists(port_file) and (text := open(port_file).read().strip()):
                return int(text)
            time.sleep(POLL_SECONDS)
        self.process.kill()
        self.log.seek(0)
        raise processes.Failure(f"the server did not start: {self.log.read().strip()}")

    def _ask_once(self):
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(b'{"method":"org.list"}\n')
            if b'"result"' not in connection.recv(65536):
                raise processes.Failure("the server's first answer was no result")

    def command(self, *arguments):
        """The JSON that a subcommand of the program gives."""
        address = f"127.0.0.1:{self.port}"
        return json.loads(processes.output([self.program, *map(str, arguments), "--server", address, "--json"]))

    def call(self, method, params=None):
        return self.command("call", method, json.dumps(params or {}))

    def answer_milliseconds(self, method, params, times):
        """What so many questions took, one after the other: each from its writing to the end of its answer."""
        line = json.dumps({"method": method, "params": params}).encode() + b"\n"
        taken = []
        with socket.create_connection(("127.0.0.1", self.port)) as connection, connection.makefile("rb") as answers:
            for _ in range(times):
                begun = time.perf_counter()
                connection.sendall(line)
                answer = answers.readline()
                taken.append((time.perf_counter() - begun) * 1_000)
                if "result" not in json.loads(answer):
                    raise processes.Failure(f"{method}: {answer.decode()}")
        return taken

    def bench(self, *arguments):
        return self.command("bench", *arguments)

    def memory_bytes(self):
        return processes.memory_bytes(self.process.pid)

    def head(self):
        return self.call("server.info")["head"]["position"]

    def wait_for_projections(self):
        """Until the history has everything that is in the log."""
        while self.call("server.stats")["projection"]["lag"] > 0:
            time.sleep(0.1)

    def fill(self, events, *arguments, load=FILL_LOAD):
        """Records until the log holds so many events, or some more."""
        rate = 0
        while (missing := events - self.head()) > 0:
            seconds = max(0.05, missing / rate * 1.01) if rate else 0.5
            rate = self.bench(*load, "--warm-up", 0, "--seconds", seconds, *arguments)["calls_per_second"]
