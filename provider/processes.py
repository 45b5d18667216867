"""Child processes that never outlive this one.

The demo, the tests and the benchmarks run Airflow and the bot as real
processes. Whatever ends this process, even SIGKILL, nothing of it stays behind:
each child leads a session of its own, and one small watchdog, told of every
child, ends those sessions when its pipe to this process breaks.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

GRACE = 10.0
"""Seconds that a process gets to end by itself after SIGTERM."""


REAL_ACCOUNTS = ("AIRFLOW", "SLACK_", "TALENT_")
"""Beginnings of the variables that say which Airflow, vendors and Slack a shell works with."""


def neutral_environment() -> dict[str, str]:
    """This process's environment without what points at real accounts."""
    return {
        name: value
        for name, value in os.environ.items()
        # Airflow starts in half the time when its bytecode may be kept.
        if not name.startswith(REAL_ACCOUNTS) and name != "PYTHONDONTWRITEBYTECODE"
    } | {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


class ChildProcess:
    """One program run in the background, its output kept in a file.

    :param name: What people call it, as in "the scheduler".
    :param command: Program and arguments.
    :param environment: The whole environment of the program.
    :param log: File that gets everything the program prints. It may hold
        secrets, so it is readable by its owner only and never shown.
    """

    def __init__(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.log = log
        self._command = [*command]
        self._environment = {**environment}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Id of the process and of its session, None while it does not run."""
        return self._process.pid if self.is_running() and self._process else None

    @property
    def exit_code(self) -> int | None:
        """How it ended; negative for a signal, None while it runs or before it ran."""
        return self._process.poll() if self._process else None

    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, appending to its log."""
        self._clear_up()
        with _open_private(self.log) as log:
            self._process = subprocess.Popen(  # noqa: S603 - the caller's own command
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _watchdog.watch(self._process.pid)

    def stop(self, *, grace: float = GRACE) -> None:
        """Ask it to end, and end it with all it started once ``grace`` seconds are over."""
        stop_all([self], grace=grace)

    def kill(self) -> None:
        """End it at once as a crash would: SIGKILL, to the process itself only."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended by itself and return its exit code."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        exit_code = self._process.wait(timeout)
        self._clear_up()
        return exit_code

    def _ask_to_stop(self) -> None:
        if self._process is not None and self.is_running():
            self._process.terminate()

    def _clear_up(self) -> None:
        if self._process is None:
            return
        for pid in session_members(self._process.pid):
            _signal(pid, signal.SIGKILL)
        self._process.wait()
        _watchdog.forget(self._process.pid)


def stop_all(children: Iterable[ChildProcess], *, grace: float = GRACE) -> None:
    """End all ``children`` side by side, those that do not within ``grace`` seconds by force."""
    children = [*children]
    for child in children:
        child._ask_to_stop()
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(child.is_running() for child in children):
        time.sleep(0.05)
    for child in children:
        child._clear_up()


def session_members(session: int) -> Iterator[int]:
    """Ids of the processes in ``session``, orphans of it too."""
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == session:
                yield pid
        except (ProcessLookupError, PermissionError):
            continue


@dataclass(frozen=True, slots=True)
class Usage:
    """What a set of processes has cost so far.

    :param peak_memory: Most bytes used at one moment, pages they share counted once.
    :param cpu_seconds: User and system time, of ended child processes too.
    """

    peak_memory: int = 0
    cpu_seconds: float = 0.0


class UsageMeter:
    """Measures the memory and CPU time of children and all they start, once a second.

    :param with_own: Add what this process itself uses.
    """

    def __init__(self, children: Iterable[ChildProcess], *, with_own: bool = False) -> None:
        self._children = [*children]
        self._own = [psutil.Process()] if with_own else []
        self._peak_memory = 0
        self._cpu_seconds: dict[int, float] = {}
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to measure, or go on."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._measure_regularly, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Measure a last time and end."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self.measure()

    @property
    def usage(self) -> Usage:
        """The figures as of the last measurement."""
        return Usage(self._peak_memory, sum(self._cpu_seconds.values()))

    def measure(self) -> Usage:
        """Measure now, in addition to the regular times."""
        memory = sum(_memory(process) for process in self._own)
        for child in self._children:
            if (session := child.pid) is None:
                continue
            cpu_seconds = 0.0
            for pid in session_members(session):
                try:
                    process = psutil.Process(pid)
                    memory += _memory(process)
                    cpu_seconds += sum(process.cpu_times()[:4])
                except psutil.Error:
                    continue
            self._cpu_seconds[session] = max(cpu_seconds, self._cpu_seconds.get(session, 0.0))
        self._peak_memory = max(self._peak_memory, memory)
        return self.usage

    def _measure_regularly(self) -> None:
        while not self._stopped.wait(1.0):
            self.measure()


def _memory(process: psutil.Process) -> int:
    full = process.memory_full_info()
    # Forked workers share most of their pages; only Linux tells each one's fair share of them.
    return int(getattr(full, "pss", full.uss))


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _open_private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


class _Watchdog:
    """The process that clears up when this one dies without doing so."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def watch(self, pid: int) -> None:
        self._tell(b"+%d\n" % pid)

    def forget(self, pid: int) -> None:
        self._tell(b"-%d\n" % pid)

    def _tell(self, message: bytes) -> None:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(  # noqa: S603 - this very file
                    [sys.executable, "-I", __file__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    bufsize=0,
                    start_new_session=True,
                )
            if self._process.stdin is not None:
                self._process.stdin.write(message)


_watchdog = _Watchdog()


def _end_what_is_left(messages: Iterable[bytes], *, grace: float = GRACE) -> None:
    sessions: set[int] = set()
    for message in messages:
        pid = int(message[1:])
        if message.startswith(b"+"):
            sessions.add(pid)
        else:
            sessions.discard(pid)

    for session in sessions:
        _signal(session, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(map(_is_alive, sessions)):
        time.sleep(0.05)
    for pid in [pid for session in sessions for pid in session_members(session)]:
        _signal(pid, signal.SIGKILL)


if __name__ == "__main__":
    _end_what_is_left(sys.stdin.buffer)
