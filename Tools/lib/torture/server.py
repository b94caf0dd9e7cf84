"""A server that is started, asked and killed."""

import asyncio
import os
import signal
import subprocess
import time

from common.processes import STOP_SECONDS_MAX, Failure

from .violation import Violation

START_SECONDS_MAX = 60
POLL_SECONDS = 0.002
# Small, so that the server makes snapshots by itself while it is killed.
SNAPSHOT_EVENTS = 5_000


class Server:
    """One process on a data directory, from `Server(…)` to `kill` or `stop`."""

    def __init__(self, program, directory):
        self.port_file = os.path.join(directory, "port")
        if os.path.exists(self.port_file):
            os.unlink(self.port_file)
        self.log_path = os.path.join(directory, "log")
        command = [
            program, "serve", "--data", os.path.join(directory, "data"), "--listen", "127.0.0.1:0",
            "--port-file", self.port_file, "--snapshot-events", str(SNAPSHOT_EVENTS),
        ]
        self.begun = time.perf_counter()
        try:
            with open(self.log_path, "w") as log:
                self.process = subprocess.Popen(command, stdout=log, stderr=log)
        except OSError as error:
            raise Failure(f"{program}: {error.strerror}") from error

    @property
    def is_answering(self):
        return os.path.exists(self.port_file) and os.path.getsize(self.port_file) > 0

    async def port(self):
        """Once requests are answered; throws `Violation` when that never comes."""
        while time.perf_counter() - self.begun < START_SECONDS_MAX:
            self.check_alive()
            if self.is_answering and (text := open(self.port_file).read().strip()):
                return int(text)
            await asyncio.sleep(POLL_SECONDS)
        raise Violation(f"the server does not answer {START_SECONDS_MAX} s after its start\n{self.messages()}")

    def check_alive(self, may_have_ended=False):
        """Throws `Violation` with the server's last messages when it ended by itself, or not in good order."""
        status = self.process.poll()
        if status is not None and not (may_have_ended and status == 0):
            raise Violation(f"the server ended by itself, with status {self.process.returncode}\n{self.messages()}")

    def messages(self):
        with open(self.log_path, errors="replace") as log:
            return log.read().strip()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """Ends it in good order; throws `Violation` when it does not."""
        self.terminate()
        try:
            self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Violation(f"the server does not end {STOP_SECONDS_MAX} s after SIGTERM\n{self.messages()}")
        if self.process.returncode != 0:
            raise Violation(f"the server ended with status {self.process.returncode}\n{self.messages()}")
