"""What is fair to contenders: another one first each time, and a vendor in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

EMULATOR = """
import sys
from airflow_talent.emulator.server import EmulatorServer
with EmulatorServer() as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def in_turn(names: Iterable[str], turn: int) -> list[str]:
    """The contenders, another one first each time."""
    return list(names)[:: 1 if turn % 2 else -1]


@contextmanager
def emulator() -> Iterator[str]:
    """An emulator in its own process, so that it does not share our interpreter's lock."""
    with served([sys.executable, "-c", EMULATOR]) as url:
        yield url


@contextmanager
def served(command: list[str]) -> Iterator[str]:
    """A server that prints its address and ends when its input does."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate()
