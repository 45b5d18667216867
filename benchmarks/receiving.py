"""How many webhooks are taken and how soon they are answered: the receiver beside the least app.

The receiver checks each delivery, has its event on disk before it answers, and starts a run for it
in an Airflow that takes 20 ms for one. The least app reads the body and answers. Both get the same
deliveries from a process of its own: on a schedule that does not wait for answers, where latencies
count from the planned time, and then from twenty senders as fast as they are answered. They take
turns, so that whatever else the machine does hits both.

At the end a receiver is killed (SIGKILL) in the middle of a burst and started again: every event
that was answered with 200 must have started one run, and none two.

The aims: 300 events a second taken with no error, 99 of 100 answered within 50 ms at that rate, on
a machine that has nothing else to do. What a delivery costs of the processor is the same on a busy
one.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import psutil
import typer

from airflow_talent.benchmarks.acknowledging import ending, free_port, started
from airflow_talent.benchmarks.common.contenders import in_turn
from airflow_talent.benchmarks.common.figures import Comparison, Figure
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report

TRAFFIC = Path(__file__).parent / "webhook_traffic"
PATH = "0123456789abcdef" * 2
SECRET = "wsk_" + "0" * 32
ADDRESSES = {"vitay": f"/vitay/{PATH}", "riminder": "/riminder"}

RECEIVER, LEAST = "receiver", "least app"
TURNS = 2
BURST = 1.0
"""Seconds of a burst after which the receiver is killed."""
PATIENCE = 300.0


@dataclass(slots=True)
class Outcome:
    """What came of deliveries: seconds of each, how many were taken in which time, and errors."""

    latencies: list[float] = field(default_factory=list)
    answered: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds that the app's process has worked, starting runs included."""
    errors: dict[str, int] = field(default_factory=dict)

    def add(self, read: dict[str, Any], seconds: float, cpu: float) -> None:
        self.cpu += cpu
        self.latencies += read["latencies"]
        self.answered += len(read["answered"])
        self.seconds += seconds
        for kind, count in read["errors"].items():
            self.errors[kind] = self.errors.get(kind, 0) + count

    def percentile(self, percent: int) -> float:
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1]


def main(
    *,
    seconds: Annotated[int, typer.Option(help="How long for each way.", min=2)] = 20,
    rate: Annotated[int, typer.Option(help="Deliveries a second of the schedule.", min=1)] = 300,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Deliver to one app and to the other in turn, then kill the receiver in a burst."""
    comparisons: list[Comparison] = []
    for vendor in ADDRESSES:
        for each_second in (rate, 0):
            outcomes = {name: Outcome() for name in (LEAST, RECEIVER)}
            for turn in range(TURNS):
                for name in in_turn(outcomes, turn):
                    measure(name, vendor, each_second, seconds / TURNS, outcomes[name])
            pace = f"{each_second} a second" if each_second else "as many as it takes"
            comparisons.append(compare(f"Events of {vendor}, {pace}", outcomes))
    comparisons.append(tell_of_kill(kill_in_a_burst()))
    Report("receiving", "Receiving webhooks", comparisons).publish(json_path, plot_path)


def compare(title: str, outcomes: Mapping[str, Outcome]) -> Comparison:
    """The receiver beside the least app."""
    figures: dict[tuple[str, str], Callable[[Outcome], float]] = {
        ("accepted", "a second"): lambda o: o.answered / o.seconds,
        ("answer, median", "ms"): lambda o: 1e3 * o.percentile(50),
        ("answer, 99th percentile", "ms"): lambda o: 1e3 * o.percentile(99),
        ("answer, longest", "ms"): lambda o: 1e3 * max(o.latencies),
        ("processor, each", "ms"): lambda o: 1e3 * o.cpu / max(o.answered, 1),
        ("errors", ""): lambda o: sum(o.errors.values()),
    }
    return Comparison(
        title,
        contenders=[*outcomes],
        figures=[
            Figure(name, unit, [read(o) for o in outcomes.values()], is_plotted=unit == "a second")
            for (name, unit), read in figures.items()
        ],
        others=[LEAST],
        standard=LEAST,
        note="The processor's time of the receiver includes starting the runs",
    )


def tell_of_kill(killed: Mapping[str, int]) -> Comparison:
    """What became of a burst in the middle of which the receiver was killed."""
    return Comparison(
        "Killed (SIGKILL) in a burst, and started again",
        contenders=[RECEIVER],
        figures=[
            Figure("answered with 200", "", [killed["answered"]]),
            Figure("of which no run was started", "", [killed["lost"]]),
            Figure("of which more than one was", "", [killed["twice"]]),
        ],
    )


def measure(name: str, vendor: str, rate: int, seconds: float, outcome: Outcome) -> None:
    """One round against a fresh process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{ADDRESSES[vendor]}"
    with tempfile.TemporaryDirectory() as folder, airflow() as airflow_url:
        start = receiver(airflow_url, port, folder) if name == RECEIVER else least_app(port)
        with start as process:
            deliver(url, vendor, rate=10, seconds=1, first=10_000_000)
            before = cpu_of(process)
            read = deliver(url, vendor, rate=rate, seconds=seconds, first=0)
            outcome.add(read, seconds, cpu_of(process) - before)


def cpu_of(process: subprocess.Popen[str]) -> float:
    user, system, *_ = psutil.Process(process.pid).cpu_times()
    return float(user + system)


def deliver(url: str, vendor: str, *, rate: int, seconds: float, first: int) -> dict[str, Any]:
    with delivering(url, vendor, rate=rate, seconds=seconds, first=first) as process:
        said, _ = process.communicate()
    read: dict[str, Any] = json.loads(said)
    return read


@contextmanager
def delivering(
    url: str, vendor: str, *, rate: int, seconds: float, first: int
) -> Iterator[subprocess.Popen[str]]:
    arguments = [url, vendor, SECRET, str(rate), str(seconds), str(first)]
    command = [sys.executable, str(TRAFFIC / "load.py"), *arguments]
    with ending(subprocess.Popen(command, text=True, stdout=subprocess.PIPE)) as process:
        yield process


def kill_in_a_burst() -> dict[str, int]:
    """Kill the receiver while many deliver, start it again, and count."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{ADDRESSES['vitay']}"
    with tempfile.TemporaryDirectory() as folder, airflow() as airflow_url:
        with (
            receiver(airflow_url, port, folder) as process,
            delivering(url, "vitay", rate=0, seconds=BURST + 30, first=0) as load,
        ):
            wait_until(lambda: waiting(port) > 0)
            time.sleep(BURST)
            process.kill()
            said, _ = load.communicate()
        with receiver(airflow_url, port, folder):
            wait_until(lambda: waiting(port) == 0)
        runs = httpx.get(f"{airflow_url}/started", trust_env=False).json()
    told = {json.loads(records)[0]["reference_id"]: count for records, count in runs.items()}
    answered = [f"r-{number}" for number in json.loads(said)["answered"]]
    return {
        "answered": len(answered),
        "lost": sum(reference not in told for reference in answered),
        "twice": sum(count > 1 for count in told.values()),
    }


def waiting(port: int) -> float:
    page = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=30).text
    line = next(line for line in page.splitlines() if line.startswith("talent_webhook_waiting "))
    return float(line.split()[1])


def wait_until(claim: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not claim():
        if time.monotonic() > deadline:
            raise SystemExit(f"it did not become true in {PATIENCE:.0f} s")
        time.sleep(0.05)


@contextmanager
def airflow() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, str(TRAFFIC / "servers.py"), "airflow", str(port)]
    with started(command, port, dict(os.environ)):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def receiver(airflow_url: str, port: int, folder: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "TALENT_AIRFLOW_URL": airflow_url,
        "TALENT_AIRFLOW_TOKEN": "token",
        "TALENT_WEBHOOK_FOLDER": folder,
        "TALENT_WEBHOOK_PORT": str(port),
        "TALENT_WEBHOOK_VITAY_PATH": PATH,
        "TALENT_WEBHOOK_RIMINDER_SECRET": SECRET,
    }
    command = [sys.executable, "-m", "airflow_talent.webhooks.main"]
    with started(command, port, environment) as process:
        yield process


@contextmanager
def least_app(port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(TRAFFIC / "servers.py"), "least", str(port)]
    with started(command, port, dict(os.environ)) as process:
        yield process


if __name__ == "__main__":
    typer.run(main)
