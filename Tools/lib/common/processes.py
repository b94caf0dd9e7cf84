"""Servers and clients as processes, and what the kernel knows of them."""

import os
import socket
import subprocess

STOP_SECONDS_MAX = 120


class Failure(Exception):
    """Something that makes a run worthless, told to the person who started it."""


def output(command, **options):
    """What a command writes on standard output. Throws `Failure` with its standard error when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command[:3]))} … failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process):
    """Ends a server in order; it gets time to close its files."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def memory_bytes(pid):
    """Resident memory of a process now, and its highest so far."""
    sizes = {}
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                sizes[name] = int(value.split()[0]) * 1024
    return sizes["VmRSS"], sizes["VmHWM"]


def directory_bytes(directory):
    return sum(
        os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(directory) for name in names
    )
