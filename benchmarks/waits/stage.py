"""The scene that every contender plays, and what is measured of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from operator import add, sub
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow_talent.benchmarks.waits.contenders import Contender, settings_for
from airflow_talent.benchmarks.waits.databases import scratch_database
from airflow_talent.benchmarks.waits.referees import ask_referees
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.server import EmulatorServer
from airflow_talent.provider.local_airflow import DATABASE, LocalAirflow
from airflow_talent.provider.processes import UsageMeter

DAG_FILE = Path(__file__).parents[1] / "dags" / "waiting.py"
SHOWN_REFERENCE = r"^/v1/public/references/"

WARM_UP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a contender goes through.

    :param waits: references waited for at once.
    :param per_run: of those, how many belong to one run of the DAG.
    :param interval: seconds between two looks.
    :param seconds: how long all tasks wait together.
    :param old: references of long ago in the same index, all filled.
    :param workers: tasks that may run on workers at once.
    :param patience: seconds until a scene that does not go on is given up.
    :param database: address of a PostgreSQL for Airflow, None for SQLite.
    """

    waits: int
    per_run: int
    interval: float
    seconds: float
    old: int
    workers: int
    patience: float
    database: str | None

    def __post_init__(self) -> None:
        if self.waits % self.per_run:
            raise ValueError(
                f"{self.waits} waits cannot be shared out by {self.per_run} to a run; "
                "give a number of waits that is a multiple of it"
            )


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

    :param begin: from the start of the runs until every task waited.
    :param wait: from then until every referee had answered.
    :param end: from then until the runs had ended.
    :param idle: after it, for as long as all had waited, with nothing to do.
    :param delays: seconds from each answer until the task that waited for it was done, ascending.
    :param triggerer_before: bytes before the first of the waits.
    :param triggerer_peak: bytes.
    :param load_average: of the machine, over the last minute.
    """

    contender: Contender
    begin: Mark
    wait: Mark
    end: Mark
    idle: Mark
    delays: Sequence[float]
    triggerer_before: int
    triggerer_peak: int
    load_average: float

    @property
    def total(self) -> Mark:
        """From the start of the runs to their end."""
        return self.begin + self.wait + self.end


def measure(contender: Contender, scene: Scene) -> Cost:
    """Build a stage for a contender, measure, and clear it away."""
    with (
        EmulatorServer() as server,
        scratch_database(scene.database) as database,
        TemporaryDirectory() as folder,
    ):
        stage = Stage(contender, scene, Emulator(server.url), database, Path(folder))
        with stage.airflow:
            return stage.measure()


class Stage:
    """A fresh Airflow and a fresh emulator for one contender."""

    def __init__(
        self,
        contender: Contender,
        scene: Scene,
        emulator: Emulator,
        database: str | None,
        folder: Path,
    ) -> None:
        self.contender = contender
        self.scene = scene
        self.emulator = emulator
        connection = json.loads(emulator.environment()["AIRFLOW_CONN_VITAY_DEFAULT"])
        emulator.act("vitay/seed", references=scene.old, filled=True)
        references = ask_referees(connection, scene.per_run + scene.waits)
        self.references = {
            "warm_up": references[: scene.per_run],
            "measured": references[scene.per_run :],
        }
        http = {"conn_type": "http", "host": f"{connection['host']}/"}
        file = folder / "references.json"
        file.write_text(json.dumps(self.references))
        self.airflow = LocalAirflow(
            parallelism=scene.workers,
            environment={
                **emulator.environment(),
                **settings_for(scene.waits),
                **({DATABASE: database} if database else {}),
                "AIRFLOW_CONN_VITAY_HTTP": json.dumps(http),
                "WAITING_CONTENDER": contender,
                "WAITING_INTERVAL": f"{scene.interval:g}",
                "WAITING_PER_RUN": str(scene.per_run),
                "WAITING_REFERENCES": str(file),
            },
        )
        self.runs: dict[str, Sequence[str]] = {}
        """The references of each run of the last act."""
        self.seen: set[tuple[str, str]] = set()
        """Rescheduled tasks of the last act that were seen to wait."""

    def measure(self) -> Cost:
        """Play the scene and tell what it cost."""
        self.airflow.add_dags(DAG_FILE)
        for act in self.references:
            self.airflow.wait_for_dag(self.dag_id(act))
        self.play("warm_up", WARM_UP_SECONDS)
        triggerer_before = self.triggerer().measure().peak_memory
        triggerer = self.triggerer()
        triggerer.start()
        (start, waiting, answered, end), answers = self.play("measured", self.scene.seconds)
        triggerer.stop()
        return Cost(
            contender=self.contender,
            begin=waiting - start,
            wait=answered - waiting,
            end=end - answered,
            idle=self.idle(),
            delays=sorted(self.delays(answers)),
            triggerer_before=triggerer_before,
            triggerer_peak=triggerer.usage.peak_memory,
            load_average=os.getloadavg()[0],
        )

    def play(self, act: str, seconds: float) -> tuple[list[Mark], dict[str, float]]:
        """Start the runs, let all their tasks wait, have all referees answer, let the runs end.

        :returns: marks of the start, when all waited, when all had answered, and of the end;
            and when each referee answered.
        """
        references = self.references[act]
        if self.contender.is_http:
            self.emulator.fault("vitay", "GET", SHOWN_REFERENCE, "status", code=404, times=None)
        self.seen.clear()
        marks = [self.mark()]
        self.runs = {
            self.airflow.api.trigger(self.dag_id(act), {"references": chunk}): chunk
            for chunk in self.chunks(references)
        }
        self.wait_until(lambda: self.count_waiting(act) >= self.count_tasks(references))
        marks.append(self.mark())
        time.sleep(seconds)
        if self.contender is Contender.TIME:
            # Nothing ends these waits but a person.
            for run_id in self.runs:
                self.airflow.api.patch_run(self.dag_id(act), run_id, state="failed")
            answers: dict[str, float] = {}
        else:
            answers = self.answer(references)
        marks.append(self.mark())
        self.wait_until(lambda: not self.count_runs(act, "running", "queued"))
        if answers and (failed := self.count_runs(act, "failed")):
            raise RuntimeError(f"{failed} of {len(self.runs)} runs of {self.dag_id(act)} failed")
        return [*marks, self.mark()], answers

    def dag_id(self, act: str) -> str:
        return f"{self.contender}_{act}"

    def chunks(self, references: Sequence[str]) -> list[Sequence[str]]:
        """The references of each run."""
        size = len(references) if self.contender is Contender.BATCH else self.scene.per_run
        return [references[start : start + size] for start in range(0, len(references), size)]

    def count_tasks(self, references: Sequence[str]) -> int:
        return 1 if self.contender is Contender.BATCH else len(references)

    def answer(self, references: Sequence[str]) -> dict[str, float]:
        """Have all referees answer, and tell when each did so for all to see."""
        answers = {}
        for reference_id in references:
            self.emulator.act(f"vitay/references/{reference_id}/fill")
            answers[reference_id] = time.time()
        if self.contender.is_http:
            self.emulator.clear_faults()
            answers = dict.fromkeys(answers, time.time())
        return answers

    def count_waiting(self, act: str) -> int:
        """Tasks that wait; rescheduled ones come and go, so they count once they were seen."""
        if self.contender is not Contender.HTTP_RESCHEDULED:
            return self.count(f"/dags/{self.dag_id(act)}/dagRuns/~/taskInstances", state="deferred")
        waiting = self.task_instances(act, state="up_for_reschedule")
        self.seen |= {(task["dag_run_id"], task["task_id"]) for task in waiting}
        return len(self.seen)

    def count_runs(self, act: str, *states: str) -> int:
        return self.count(f"/dags/{self.dag_id(act)}/dagRuns", state=[*states])

    def count(self, path: str, **query: Any) -> int:
        """How many there are, without reading them, so that looking costs Airflow little."""
        return int(self.airflow.api.get(path, limit=1, **query)["total_entries"])

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Look every two seconds.

        :raises TimeoutError: it did not come true.
        """
        deadline = time.monotonic() + self.scene.patience
        while not is_true():
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{self.contender}: the scene did not go on within {self.scene.patience:g} s"
                )
            time.sleep(2)

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

    def triggerer(self) -> UsageMeter:
        return UsageMeter(each for each in self.airflow.processes if each.name == "triggerer")

    def delays(self, answers: Mapping[str, float]) -> Iterator[float]:
        """From each answer to the end of the task that waited for it."""
        if not answers:
            return
        for task in self.task_instances("measured"):
            references = self.runs[task["dag_run_id"]]
            ended = datetime.fromisoformat(task["end_date"]).timestamp()
            if self.contender is Contender.BATCH:
                yield ended - max(answers[each] for each in references)
            else:
                yield ended - answers[references[place(task)]]

    def task_instances(self, act: str, **query: Any) -> Iterator[dict[str, Any]]:
        path, seen = f"/dags/{self.dag_id(act)}/dagRuns/~/taskInstances", 0
        while page := self.airflow.api.get(path, limit=100, offset=seen, **query)["task_instances"]:
            seen += len(page)
            yield from page


def place(task: Mapping[str, Any]) -> int:
    """Which of its run's references a task waited for."""
    if task["map_index"] >= 0:
        return int(task["map_index"])
    return int(task["task_id"].removeprefix("wait_"))
