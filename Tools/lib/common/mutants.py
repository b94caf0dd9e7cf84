"""Faults put into the code under test, to see that a harness finds them: one that misses any is worth nothing.

All are built at once, into a copy of the package; a run turns one of them on by its name in `LEDGERLINE_MUTANT`.
"""

import os
import re
import shutil
from dataclasses import dataclass

from common.processes import Failure

VARIABLE = "LEDGERLINE_MUTANT"
SWITCH = f"""import Glibc

/// The fault that is on.
let faultThatIsOn = getenv("{VARIABLE}").map {{ String(cString: $0) }} ?? ""
"""
FILES = ("Package.swift", "Package.resolved")
DIRECTORIES = ("Sources", "Tests", "Tools")


@dataclass(frozen=True)
class Mutant:
    """Pieces of code that each occur once in a file, and what they become; `ON` stands for whether the fault is on."""

    name: str
    # What must find it.
    finder: str
    # In Sources.
    file: str
    code: str
    fault: str
    # Further pieces, each with what it becomes.
    others: tuple = ()


def chosen(mutants, name):
    """The one of that name, or `all`."""
    return [mutant for mutant in mutants if name in (mutant.name, "all")]


def prove(mutants, run):
    """Says of each what came of its `run`. Gives the exit status: 0 when all were found."""
    missed = []
    for mutant in mutants:
        found = run(mutant)
        what = "NOT FOUND" if found.passed else f"found in {found.seconds:.1f} s: {found.message}"
        print(f"{mutant.name}: {what}", flush=True)
        if found.passed:
            missed.append(mutant.name)
    return 1 if missed else 0


def package(root, copy, mutants):
    """Makes a copy of the package at `root` with all these faults in the directory `copy`, and gives it."""
    shutil.rmtree(copy, ignore_errors=True)
    os.makedirs(copy)
    for name in FILES:
        if os.path.exists(os.path.join(root, name)):
            shutil.copy2(os.path.join(root, name), copy)
    for name in DIRECTORIES:
        shutil.copytree(os.path.join(root, name), os.path.join(copy, name))
    for mutant in mutants:
        _put_in(mutant, os.path.join(copy, "Sources"))
    return copy


def _put_in(mutant, sources):
    path = os.path.join(sources, mutant.file)
    with open(path) as file:
        code = file.read()
    for piece, fault in ((mutant.code, mutant.fault), *mutant.others):
        if code.count(piece) != 1:
            raise Failure(f"{mutant.name}: {mutant.file} has its code {code.count(piece)} times")
        code = code.replace(piece, re.sub(r"\bON\b", f'faultThatIsOn == "{mutant.name}"', fault))
    with open(path, "w") as file:
        file.write(code)
    with open(os.path.join(sources, mutant.file.split("/")[0], "Mutants.swift"), "w") as file:
        file.write(SWITCH)
