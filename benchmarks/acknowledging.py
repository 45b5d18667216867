"""How soon a slash command is acknowledged while many are typed: the bot beside the least app.

The bot serves HTTP and does all it does for a command: it looks the workflow up, checks who asks,
starts a run in an Airflow that answers at once, posts and follows it. The least app is a
synchronous Bolt app that acknowledges and does nothing else. Both get the same signed requests
from a process of its own, on a schedule that does not wait for answers; latencies count from the
planned time. They take turns, so that whatever else the machine does hits both.

The least app cannot keep up with much more than 60 commands a second: Bolt's synchronous runner
sleeps 10 ms at a time until a listener has acknowledged. So compare the times at 50.

An error is also what takes longer than the three seconds that Slack waits. The aims: 99 of 100
within 150 ms at 50 commands a second, no error at 200, and at most twice the time of the least app.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import httpx
import psutil
import typer

from airflow_talent.benchmarks.common.contenders import in_turn
from airflow_talent.benchmarks.common.figures import Comparison, Figure
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report

SECRET = "bench-signing-secret"
TRAFFIC = Path(__file__).parent / "slack_traffic"
PATIENCE = 30.0
"""Seconds in which a process must be there."""

TURNS = 2
BOT, LEAST = "the bot", "the least app"


@dataclass(slots=True)
class Outcome:
    """What came of commands at one rate: seconds of each, and errors by kind."""

    latencies: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        self.latencies += other.latencies
        self.errors += other.errors


def main(
    *,
    seconds: Annotated[int, typer.Option(help="How long at each rate.", min=1)] = 30,
    rates: Annotated[str, typer.Option(help="Commands a second, with commas.")] = "50,200",
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Type commands at each rate, to one app and to the other in turn."""
    comparisons: list[Comparison] = []
    with servers() as url:
        for rate in map(int, rates.split(",")):
            outcomes = {name: Outcome() for name in (LEAST, BOT)}
            for turn in range(TURNS):
                for name in in_turn(outcomes, turn):
                    outcomes[name].add(measure(name, url, rate, -(-seconds // TURNS)))
            comparisons.append(compare(f"{rate} commands a second", outcomes))
    ratios = {
        f"{BOT} / {LEAST}, {each.title}, 99 of 100 within": ratio
        for each in comparisons
        if (ratio := each.ratio(each.figures[1], BOT)) is not None
    }
    report = Report("acknowledging", "Acknowledging a command", comparisons, ratios)
    report.publish(json_path, plot_path)


def compare(title: str, outcomes: Mapping[str, Outcome]) -> Comparison:
    """Latencies and errors; which errors stands in the note."""
    every = [*outcomes.values()]
    errors = [
        f"{name}: {count} {kind}"
        for name, outcome in outcomes.items()
        for kind, count in outcome.errors.items()
    ]
    return Comparison(
        title,
        contenders=[*outcomes],
        figures=[
            Figure("median", "ms", [percentile(each, 50) * 1e3 for each in every]),
            Figure(
                "99 of 100 within",
                "ms",
                [percentile(each, 99) * 1e3 for each in every],
                is_plotted=True,
            ),
            Figure("longest", "ms", [max(each.latencies) * 1e3 for each in every]),
            Figure("commands", "", [len(each.latencies) for each in every]),
            Figure("errors", "", [sum(each.errors.values()) for each in every], is_plotted=True),
        ],
        others=[LEAST],
        standard=LEAST,
        note=f"Errors: {', '.join(errors) or 'none'}",
    )


def measure(name: str, servers_url: str, rate: int, seconds: int) -> Outcome:
    """One round against a fresh process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/slack/events"
    start = bot if name == BOT else least_app
    with start(servers_url, port) as process:
        type_commands(url, servers_url, rate=10, seconds=1)
        outcome = type_commands(url, servers_url, rate=rate, seconds=seconds)
        used = psutil.Process(process.pid)
        megabytes = used.memory_info().rss / 2**20
        print(f"{name}: {sum(used.cpu_times()[:2]):.0f} s of CPU, {megabytes:.0f} MiB at the end")
    return outcome


def type_commands(url: str, servers_url: str, *, rate: int, seconds: int) -> Outcome:
    arguments = [url, SECRET, f"{servers_url}/response", str(rate), str(seconds)]
    command = [sys.executable, str(TRAFFIC / "load.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    read = json.loads(done.stdout)
    return Outcome(read["latencies"], Counter(read["errors"]))


@contextmanager
def servers() -> Iterator[str]:
    """Airflow and Slack's Web API, in a process of their own."""
    command = [sys.executable, str(TRAFFIC / "servers.py")]
    # It complains of requests that end when the bot does.
    process = subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with ending(process):
        assert process.stdout
        yield process.stdout.readline().strip()


@contextmanager
def bot(servers_url: str, port: int) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SLACK_")},
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": f"{servers_url}/slack/api/",
        "TALENT_AIRFLOW_URL": servers_url,
        "TALENT_AIRFLOW_TOKEN": "token",
        "TALENT_BOT_PORT": str(port),
    }
    command = [sys.executable, "-m", "airflow_talent.slackbot.main"]
    with started(command, port, environment) as process:
        yield process


@contextmanager
def least_app(servers_url: str, port: int) -> Iterator[subprocess.Popen[str]]:
    arguments = [f"{servers_url}/slack/api/", SECRET, str(port)]
    command = [sys.executable, str(TRAFFIC / "minimal.py"), *arguments]
    with started(command, port, dict(os.environ)) as process:
        yield process


@contextmanager
def started(
    command: list[str], port: int, environment: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    with ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile("w+"))
        process = stack.enter_context(
            ending(subprocess.Popen(command, env=environment, text=True, stdout=log, stderr=log))
        )
        deadline = time.monotonic() + PATIENCE
        while not is_listening(port):
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise SystemExit(f"it did not start:\n{log.read()}")
            time.sleep(0.05)
        yield process


@contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        # What it has not done yet nobody waits for.
        process.kill()
        process.wait()


def is_listening(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
    except httpx.TransportError:
        return False
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def percentile(outcome: Outcome, percent: int) -> float:
    return statistics.quantiles(outcome.latencies, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    typer.run(main)
