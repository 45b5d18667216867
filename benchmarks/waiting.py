"""What it costs to wait for many referees at once: this package beside Airflow's HttpSensor.

Each contender gets a fresh Airflow and a fresh emulator, so that none profits from what
another has imported, filled or leaked, and plays the same scene twice: with a few
references, unmeasured, so that workers and triggerer have imported what they need, then with
all of them. A scene starts a run with one task per reference, lets all tasks wait, has all
referees answer at once, and lasts until the run has ended.

HttpSensor can be deferred only where a vendor answers 404 until something has happened. Vitay
does not for a reference, so the emulator is told to, for HttpSensor alone. The record it asks
for is a public one, which spares it the login.

Times depend on the machine and on what else it does: compare the ratios. The triggerer grows
by some 80 MB, once, when a trigger first stores a result: Airflow then loads its own API into
it.

For 500 waits, with ``--waits 500``, estimated from 50: the shared loop reads five pages of the
index a look, the triggerer takes up 50 triggers a loop and 1,000 in all, and storing 500
endings takes some 20 s on SQLite. A wait that a worker begins or ends costs half a CPU second
each time, so give those contenders cores, and :data:`LONGEST` more time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import datetime
from enum import StrEnum
from operator import add, sub
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from airflow_talent.clients import vitay
from airflow_talent.clients.runners import Runner
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.settings import VitaySettings
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.server import EmulatorServer
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.provider.processes import UsageMeter

DAG_FILE = Path(__file__).parent / "dags" / "waiting.py"


class Contender(StrEnum):
    """A way to wait; the values begin the ids of its DAGs."""

    STARTED_IN_TRIGGERER = "started_in_triggerer"
    DEFERRED_BY_WORKERS = "deferred_by_workers"
    HTTP_DEFERRED = "http_deferred"
    HTTP_RESCHEDULED = "http_rescheduled"


TITLES = {
    Contender.STARTED_IN_TRIGGERER: "Vitay sensor,\nstarted in triggerer",
    Contender.DEFERRED_BY_WORKERS: "Vitay sensor,\ndeferred by workers",
    Contender.HTTP_DEFERRED: "HttpSensor,\ndeferred",
    Contender.HTTP_RESCHEDULED: "HttpSensor,\nrescheduled",
}
STANDARD = Contender.HTTP_DEFERRED
"""What the others are compared with."""

DEFAULT: list[Contender] = [each for each in Contender if each is not Contender.HTTP_RESCHEDULED]
"""Rescheduled, that many tasks keep two cores busy for as long as they wait."""

WARM_UP_WAITS = 4
WARM_UP_SECONDS = 2.0
LONGEST = 600.0
"""Seconds until a scene that does not go on is given up."""

WAITING = {"deferred", "up_for_reschedule"}

SHOWN_REFERENCE = r"^/v1/public/references/"


@dataclass(frozen=True, slots=True)
class Scene:
    """What a contender goes through.

    :param waits: references waited for at once.
    :param interval: seconds between two looks.
    :param seconds: how long all tasks wait together.
    :param old: references of long ago in the same index, all filled.
    """

    waits: int
    interval: float
    seconds: float
    old: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the counters stood at one moment, or what a time has added to them."""

    at: float
    cpu_seconds: float
    requests: int
    logins: int

    def __sub__(self, earlier: Mark) -> Mark:
        return Mark(*map(sub, astuple(self), astuple(earlier)))

    def __add__(self, other: Mark) -> Mark:
        return Mark(*map(add, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class Cost:
    """What a contender's scene has cost; CPU seconds are those of all of Airflow's processes.

    :param begin: from the start of the run until every task waited.
    :param wait: from then until every referee had answered.
    :param end: from then until the run had ended.
    :param idle: after it, for as long as all had waited, with nothing to do.
    :param seconds_to_last: from the last answer until the last task was a success.
    :param triggerer_peak: bytes.
    :param load_average: of the machine, over the last minute.
    """

    contender: Contender
    scene: Scene
    begin: Mark
    wait: Mark
    end: Mark
    idle: Mark
    seconds_to_last: float
    triggerer_peak: int
    load_average: float

    @property
    def total(self) -> Mark:
        """From the start of the run to its end."""
        return self.begin + self.wait + self.end


class Stage:
    """A fresh Airflow and a fresh emulator for one contender."""

    def __init__(self, contender: Contender, scene: Scene, emulator: Emulator) -> None:
        self.contender = contender
        self.scene = scene
        self.emulator = emulator
        connection = json.loads(emulator.environment()["AIRFLOW_CONN_VITAY_DEFAULT"])
        emulator.act("vitay/seed", references=scene.old, filled=True)
        references = ask_referees(connection, WARM_UP_WAITS + scene.waits)
        self.references = {
            "warm_up": references[:WARM_UP_WAITS],
            "measured": references[WARM_UP_WAITS:],
        }
        http = {"conn_type": "http", "host": f"{connection['host']}/"}
        self.airflow = LocalAirflow(
            environment={
                **emulator.environment(),
                "AIRFLOW_CONN_VITAY_HTTP": json.dumps(http),
                "WAITING_REFERENCES": json.dumps(self.references),
                "WAITING_INTERVAL": f"{scene.interval:g}",
            }
        )

    def measure(self) -> Cost:
        """Play the scene and tell what it cost."""
        self.airflow.add_dags(DAG_FILE)
        for act in self.references:
            self.airflow.wait_for_dag(f"{self.contender}_{act}")
        self.play("warm_up", WARM_UP_SECONDS)
        triggerer = UsageMeter(c for c in self.airflow.processes if c.name == "triggerer")
        triggerer.start()
        start, waiting, answered, end = self.play("measured", self.scene.seconds)
        triggerer.stop()
        load_average = os.getloadavg()[0]
        return Cost(
            contender=self.contender,
            scene=self.scene,
            begin=waiting - start,
            wait=answered - waiting,
            end=end - answered,
            idle=self.idle(),
            seconds_to_last=self.last_end() - answered.at,
            triggerer_peak=triggerer.usage.peak_memory,
            load_average=load_average,
        )

    def play(self, act: str, seconds: float) -> list[Mark]:
        """Start a run, let all its tasks wait, have all referees answer, let the run end.

        :returns: marks of the start, when all waited, when all had answered, and of the end.
        """
        api, dag_id, references = self.airflow.api, f"{self.contender}_{act}", self.references[act]
        if self.contender in (Contender.HTTP_DEFERRED, Contender.HTTP_RESCHEDULED):
            self.emulator.fault("vitay", "GET", SHOWN_REFERENCE, "status", code=404, times=None)
        marks = [self.mark()]
        run_id = self.run_id = api.trigger(dag_id)
        waiting: set[str] = set()

        def all_wait() -> bool:
            states = api.task_states(dag_id, run_id)
            waiting.update(task for task, state in states.items() if state in WAITING)
            return len(waiting) == len(references)

        wait_until(all_wait)
        marks.append(self.mark())
        time.sleep(seconds)
        for reference_id in references:
            self.emulator.act(f"vitay/references/{reference_id}/fill")
        self.emulator.clear_faults()
        marks.append(self.mark())
        state = api.wait_for_run(dag_id, run_id, timeout=LONGEST)
        if state != "success":
            raise RuntimeError(f"run {run_id} of {dag_id} ended as {state}")
        return [*marks, self.mark()]

    def idle(self) -> Mark:
        """What the same time costs without a wait."""
        before = self.mark()
        time.sleep(self.scene.seconds)
        return self.mark() - before

    def mark(self) -> Mark:
        """Where the counters stand now."""
        paths = [request["path"] for request in self.emulator.requests("vitay")]
        logins = sum(path.endswith("/login") for path in paths)
        return Mark(time.time(), self.airflow.usage.cpu_seconds, len(paths) - logins, logins)

    def last_end(self) -> float:
        """When the last task of the measured run ended."""
        tasks = self.airflow.api.task_instances(f"{self.contender}_measured", self.run_id)
        return max(datetime.fromisoformat(task["end_date"]).timestamp() for task in tasks)


def ask_referees(connection: Mapping[str, Any], how_many: int) -> list[str]:
    """Ids of references that wait for an answer."""
    settings = VitaySettings(
        base_url=connection["host"],
        login=connection["login"],
        password=connection["password"],
        max_requests_per_second=None,
    )
    with Runner(VitayApi(settings)) as runner:
        question_set = runner.run(vitay.list_question_sets()).items[0]
        candidate = runner.run(
            vitay.create_candidate(email="ada@people.test", first_name="Ada", last_name="Ray")
        )
        return [
            runner.run(
                vitay.create_reference(
                    candidate_id=candidate.id,
                    question_set_id=question_set.id,
                    email=f"referee-{number}@people.test",
                    first_name="Bo",
                    last_name="Lee",
                )
            ).id
            for number in range(how_many)
        ]


def wait_until(is_true: Callable[[], bool]) -> None:
    """Look every two seconds, so that looking costs Airflow little.

    :raises TimeoutError: it did not come true.
    """
    deadline = time.monotonic() + LONGEST
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the scene did not go on within {LONGEST:g} s")
        time.sleep(2)


def measure(contender: Contender, scene: Scene) -> Cost:
    """Build a stage for ``contender``, measure, and clear it away."""
    with EmulatorServer() as server:
        stage = Stage(contender, scene, Emulator(server.url))
        with stage.airflow:
            return stage.measure()


FIGURES: Mapping[str, Callable[[Cost], float]] = {
    "requests while waiting": lambda cost: cost.wait.requests,
    "requests in all": lambda cost: cost.total.requests,
    "logins": lambda cost: cost.total.logins,
    "CPU seconds until all wait": lambda cost: cost.begin.cpu_seconds,
    "CPU seconds while waiting": lambda cost: cost.wait.cpu_seconds,
    "CPU seconds in as long without waits": lambda cost: cost.idle.cpu_seconds,
    "CPU seconds after the answers": lambda cost: cost.end.cpu_seconds,
    "CPU seconds in all": lambda cost: cost.total.cpu_seconds,
    "seconds until all wait": lambda cost: cost.begin.at,
    "seconds from answer to last success": lambda cost: cost.seconds_to_last,
    "peak memory of the triggerer, MB": lambda cost: cost.triggerer_peak / 1e6,
    "load average of the machine": lambda cost: cost.load_average,
}


def tabulate(scene: Scene, costs: Sequence[Cost]) -> Table:
    """Figures side by side; beside each, how many times that of :data:`STANDARD` it is."""
    table = Table(
        title=f"{scene.waits} waits for {scene.seconds:g} s, every {scene.interval:g} s, "
        f"among {scene.old:,} old references"
    )
    table.add_column()
    for cost in costs:
        table.add_column(TITLES[cost.contender], justify="right")
    standard = next((cost for cost in costs if cost.contender == STANDARD), None)
    for name, read in FIGURES.items():
        table.add_row(
            name, *(show(read(cost), read(standard) if standard else 0) for cost in costs)
        )
    return table


def show(value: float, standard: float) -> str:
    """A figure, and how many times ``standard`` it is; 0 where there is no standard."""
    figure = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
    return f"{figure} [dim]{value / standard:5.2f}[/dim]" if standard else figure


def main(
    *,
    waits: Annotated[int, typer.Option(help="References waited for at once.")] = 50,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.")] = 5,
    seconds: Annotated[float, typer.Option(help="Seconds for which all wait together.")] = 40,
    old: Annotated[int, typer.Option(help="Old references in the second index; 0: none.")] = 20_000,
    only: Annotated[list[Contender], typer.Option(help="Contender; may be repeated.")] = DEFAULT,
    json_path: Annotated[Path | None, typer.Option("--json", help="File for the figures.")] = None,
) -> None:
    """Measure what waiting costs, among no other references and among many old ones."""
    console = Console()
    costs: list[Cost] = []
    for size in dict.fromkeys((0, old)):
        scene = Scene(waits, interval, seconds, size)
        for contender in only:
            with console.status(f"{contender}, among {size:,} old references"):
                costs.append(measure(contender, scene))
        console.print(tabulate(scene, [cost for cost in costs if cost.scene == scene]))
    if json_path:
        figures = [{**asdict(cost), "total": asdict(cost.total)} for cost in costs]
        json_path.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    typer.run(main)
