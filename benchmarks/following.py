"""What the Slack bot costs: memory, and requests to Airflow and Slack, by the runs it follows.

The real bot runs as a process of its own between the emulated Slack, which counts calls a minute
as Slack publishes it will, and a server shaped like Airflow that answers at once. Each number of
runs gets a fresh bot, which takes over that many runs as after a restart. Measured is what it
asks for in a while in which the runs go on, how much memory it has come to hold, and how long a
person then waits from a command to the message about its run.

The aim: below 90 MiB without work, and no more requests to Airflow for many runs than for few.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import httpx
import psutil
import typer
from rich.console import Console

from airflow_talent.benchmarks.common.figures import Comparison, Figure
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report
from airflow_talent.benchmarks.standins.airflow import DAG, ShapedAirflow, serving
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.server import EmulatorServer
from airflow_talent.provider.processes import ChildProcess, neutral_environment
from airflow_talent.services.airflow_api import RunKey
from airflow_talent.slackbot.identity import Starter, Step, derive_key, name_run, sign
from airflow_talent.slackbot.note import Line, Post, write_line

TEAM, USER, CHANNEL = "T0EMULATOR", "U0RECRUIT", "C0HIRING"
QUIET = "C0GENERAL"
"""Where commands are timed: looking for their messages among those of all runs takes long."""
COMMANDS = 5
PATIENCE = 240.0
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """What following so many runs costs.

    :param memory: of the bot's process, in MiB.
    :param to_airflow: requests a minute.
    :param to_slack: calls a minute.
    :param refused: of those, how many were too many for Slack.
    :param seconds_to_root: from each command to its root message.
    """

    runs: int
    memory: float
    cpu_percent: float
    to_airflow: float
    to_slack: float
    refused: int
    seconds_to_root: list[float]


class Stage:
    """An emulated Slack, a server shaped like Airflow, and a bot between them."""

    def __init__(self, emulator: EmulatorServer, airflow: ShapedAirflow, folder: Path) -> None:
        self.emulator = Emulator(emulator.url)
        self.airflow = airflow
        self._url = emulator.url
        self._folder = folder

    def prepare(self, runs: int) -> None:
        """Leave as many runs behind as a bot that was stopped, each with its message in Slack."""
        self.emulator.reset()
        self.airflow.runs.clear()
        key = derive_key(self.emulator.environment()["SLACK_SIGNING_SECRET"].encode())
        with httpx.Client(base_url=f"{self._url}/slack/api/", timeout=30) as slack:
            for number in range(runs):
                run = RunKey(DAG, name_run(TEAM, USER, str(number)))
                ts = _post_root(slack, run)
                line = Line(posts={CHANNEL: Post(CHANNEL, ts)})
                conf = {"slack": sign(run, Starter(TEAM, CHANNEL, USER), key), "cv": "x" * 500}
                self.airflow.add(run.run_id, conf, write_line(None, line), age=number / runs * 600)

    def bot(self, airflow_url: str) -> ChildProcess:
        environment = {
            name: value
            for name, value in self.emulator.environment().items()
            if name.startswith("SLACK_")
        }
        return ChildProcess(
            "the bot",
            [sys.executable, "-m", "airflow_talent.slackbot.main"],
            environment={
                **neutral_environment(),
                **environment,
                "TALENT_AIRFLOW_URL": airflow_url,
                "TALENT_AIRFLOW_TOKEN": self.airflow.token,
            },
            log=self._folder / "bot.log",
        )

    def all_followed(self) -> bool:
        return all('"by"' in (run.note or "") for run in self.airflow.runs.values())

    def slack_calls(self) -> Counter[int]:
        """How many calls have been answered with each status."""
        return Counter(request["status"] for request in self.emulator.requests("slack"))

    def time_command(self, number: int) -> float:
        """Seconds from a command to its root message."""
        known = set(self._roots())
        text = f"{DAG} number={number}"
        began = time.perf_counter()
        self.emulator.act("slack/commands", user=USER, channel=QUIET, text=text)
        _wait_until(lambda: bool(set(self._roots()) - known))
        return time.perf_counter() - began

    def _roots(self) -> list[str]:
        shown = httpx.get(f"{self._url}/_emulator/slack/conversations/{QUIET}", timeout=30)
        return [message["ts"] for message in shown.json()["messages"] if message.get("metadata")]


def measure(stage: Stage, airflow_url: str, runs: int, seconds: float) -> Cost:
    """Have a fresh bot follow so many runs for a while."""
    stage.prepare(runs)
    bot = stage.bot(airflow_url)
    log = bot.log
    log.unlink(missing_ok=True)
    bot.start()
    try:
        _wait_until(lambda: log.exists() and "the bot is ready" in log.read_text())
        # Before, the connection itself would be over the limit of once a minute.
        stage.emulator.settings(slack={"published_rate_limits": True})
        _wait_until(stage.all_followed)
        time.sleep(15)
        process = psutil.Process(bot.pid)
        asked, called = stage.airflow.requests.total(), stage.slack_calls()
        cpu, began = sum(process.cpu_times()[:2]), time.perf_counter()
        time.sleep(seconds)
        minutes = (time.perf_counter() - began) / 60
        calls = stage.slack_calls() - called
        return Cost(
            runs=runs,
            memory=process.memory_info().rss / MIB,
            cpu_percent=(sum(process.cpu_times()[:2]) - cpu) / minutes / 60 * 100,
            to_airflow=(stage.airflow.requests.total() - asked) / minutes,
            to_slack=calls.total() / minutes,
            refused=calls[429],
            seconds_to_root=[stage.time_command(number) for number in range(COMMANDS)],
        )
    finally:
        bot.kill()


FIGURES: list[tuple[str, str, Callable[[Cost], float], bool]] = [
    ("memory", "MiB", lambda cost: cost.memory, True),
    ("CPU of one core", "%", lambda cost: cost.cpu_percent, True),
    ("requests to Airflow", "a minute", lambda cost: cost.to_airflow, True),
    ("calls to Slack", "a minute", lambda cost: cost.to_slack, True),
    ("refused by Slack as too many", "", lambda cost: cost.refused, False),
    (
        "command to root message",
        "ms",
        lambda cost: statistics.median(cost.seconds_to_root) * 1e3,
        True,
    ),
]


def compare(costs: list[Cost]) -> Comparison:
    """Each number of runs beside the others."""
    return Comparison(
        "What following runs costs",
        contenders=[f"{cost.runs} runs" for cost in costs],
        figures=[
            Figure(name, unit, [*map(read, costs)], is_plotted=is_plotted)
            for name, unit, read, is_plotted in FIGURES
        ],
    )


def main(
    *,
    runs: Annotated[list[int], typer.Option(help="Followed runs; may be repeated.")] = [  # noqa: B006 - typer's way
        0,
        1,
        50,
        500,
    ],
    seconds: Annotated[float, typer.Option(help="For how long requests are counted.")] = 60,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Measure what following costs."""
    console = Console()
    airflow = ShapedAirflow()
    costs = []
    with EmulatorServer() as emulator, serving(airflow) as url, TemporaryDirectory() as folder:
        stage = Stage(emulator, airflow, Path(folder))
        for count in runs:
            with console.status(f"following {count} runs"):
                costs.append(measure(stage, url, count, seconds))
    report = Report(
        "following", "What following runs costs", [compare(costs)], details=[*map(asdict, costs)]
    )
    report.publish(json_path, plot_path)


def _post_root(slack: httpx.Client, run: RunKey) -> str:
    step = Step(run, f"root@{CHANNEL}")
    answer = slack.post(
        "chat.postMessage",
        headers={"Authorization": "Bearer xoxb-emulator"},
        json={"channel": CHANNEL, "text": "Measured", "metadata": step.metadata},
    )
    return str(answer.json()["ts"])


def _wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{happened} did not happen within {PATIENCE:.0f} s")
        time.sleep(0.02)


if __name__ == "__main__":
    typer.run(main)
