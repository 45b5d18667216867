"""What it costs to wait for many referees at once: this package beside Airflow's HttpSensor.

Each contender gets a fresh Airflow, a fresh database and a fresh emulator, so that none profits
from what another has imported, filled or leaked, and plays the same scene twice: with one run,
unmeasured, so that workers and triggerer have imported what they need, then with all of them. A
scene starts the runs, each with ten references and a task for each, lets all tasks wait, has all
referees answer at once, and lasts until the runs have ended.

HttpSensor can be deferred only where a vendor answers 404 until something has happened. Vitay
does not for a reference, so the emulator is told to, for HttpSensor alone. The record it asks
for is a public one, which spares it the login.

Times depend on the machine and on what else it does: compare the ratios. The triggerer grows
by some 80 MB, once, when a trigger first stores a result, which it does in the warm-up: Airflow
then loads its own API into it. CPU seconds are those of Airflow's processes, PostgreSQL's are
not among them. A wait that a worker begins or ends costs half a CPU second each time, so give
those contenders ``--patience``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from airflow_talent.benchmarks.common.figures import Comparison, Figure
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report
from airflow_talent.benchmarks.waits.contenders import (
    DEFAULT,
    OTHERS,
    STANDARD,
    Contender,
    explain_settings,
)
from airflow_talent.benchmarks.waits.databases import NoDatabase
from airflow_talent.benchmarks.waits.stage import Cost, Scene, measure
from airflow_talent.provider.airflow_api import AirflowApiError
from airflow_talent.provider.local_airflow import LocalAirflowError

FIGURES: Mapping[str, tuple[str, Callable[[Cost], float | None]]] = {
    "requests while waiting": ("requests", lambda cost: cost.wait.requests),
    "requests while waiting, rate": (
        "a minute",
        lambda cost: cost.wait.requests / cost.wait.at * 60,
    ),
    "requests in all": ("requests", lambda cost: cost.total.requests),
    "logins": ("requests", lambda cost: cost.total.logins),
    "CPU until all wait": ("s", lambda cost: cost.begin.cpu_seconds),
    "CPU while waiting": ("s", lambda cost: cost.wait.cpu_seconds),
    "CPU in as long without waits": ("s", lambda cost: cost.idle.cpu_seconds),
    "CPU after the answers": ("s", lambda cost: cost.end.cpu_seconds),
    "CPU in all": ("s", lambda cost: cost.total.cpu_seconds),
    "time until all wait": ("s", lambda cost: cost.begin.at),
    "answer to done, first": ("s", lambda cost: cost.delays[0] if cost.delays else None),
    "answer to done, median": ("s", lambda cost: median(cost.delays) if cost.delays else None),
    "answer to done, last": ("s", lambda cost: cost.delays[-1] if cost.delays else None),
    "triggerer's memory before": ("MB", lambda cost: cost.triggerer_before / 1e6),
    "triggerer's peak memory": ("MB", lambda cost: cost.triggerer_peak / 1e6),
    "triggerer's growth": (
        "MB",
        lambda cost: (cost.triggerer_peak - cost.triggerer_before) / 1e6,
    ),
    "load average of the machine": ("", lambda cost: cost.load_average),
}

FAILURES = (AirflowApiError, LocalAirflowError, OSError, RuntimeError, httpx.HTTPError)
"""What may end one contender's scene."""

PLOTTED = {
    "requests while waiting, rate",
    "CPU in all",
    "answer to done, median",
    "triggerer's growth",
}


def compare(scene: Scene, costs: Sequence[Cost]) -> Comparison:
    """The contenders of one scene side by side."""
    labels = [cost.contender.label for cost in costs]
    database = "PostgreSQL" if scene.database else "SQLite"
    return Comparison(
        f"{scene.waits:,} waits for {scene.seconds:g} s, every {scene.interval:g} s, "
        f"among {scene.old:,} old references, on {database}",
        contenders=labels,
        figures=[
            Figure(name, unit, [*map(read, costs)], is_plotted=name in PLOTTED)
            for name, (unit, read) in FIGURES.items()
        ],
        others=[each.label for each in OTHERS],
        standard=STANDARD.label if STANDARD.label in labels else None,
        note=explain_settings(scene.waits, scene.workers),
    )


def main(
    *,
    waits: Annotated[int, typer.Option(help="References waited for at once.")] = 50,
    per_run: Annotated[int, typer.Option(help="Of those, how many belong to one run.")] = 10,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.")] = 5,
    seconds: Annotated[float, typer.Option(help="Seconds for which all wait together.")] = 40,
    old: Annotated[int, typer.Option(help="Old references in the second index; 0: none.")] = 20_000,
    only: Annotated[list[Contender], typer.Option(help="Contender; may be repeated.")] = DEFAULT,
    workers: Annotated[int, typer.Option(help="Tasks on workers at once.")] = 4,
    patience: Annotated[float, typer.Option(help="Seconds a step of a scene may take.")] = 600,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="TALENT_BENCHMARK_DATABASE",
            help="Address of a PostgreSQL, on which each contender gets a database of its own. "
            "[default: SQLite]",
            show_default=False,
        ),
    ] = None,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Measure what waiting costs, among no other references and among many old ones."""
    console = Console()
    comparisons: list[Comparison] = []
    details: list[dict[str, Any]] = []
    has_failed = False
    for size in dict.fromkeys((0, old)):
        try:
            scene = Scene(
                waits=waits,
                per_run=per_run,
                interval=interval,
                seconds=seconds,
                old=size,
                workers=workers,
                patience=patience,
                database=database,
            )
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        costs: list[Cost] = []
        for contender in only:
            with console.status(f"{contender}, among {size:,} old references"):
                try:
                    costs.append(measure(contender, scene))
                except NoDatabase as error:
                    raise typer.BadParameter(str(error)) from None
                except FAILURES as error:
                    # What the others have taken an hour for must not be lost.
                    has_failed = True
                    console.print(f"{contender}, among {size:,} old references: {error}")
        if costs:
            comparisons.append(compare(scene, costs))
        details += [{"old": size, "waits": waits, **asdict(cost)} for cost in costs]
    report = Report("waiting", "Waiting for many referees at once", comparisons, details=details)
    report.publish(json_path, plot_path)
    raise typer.Exit(code=int(has_failed))


if __name__ == "__main__":
    typer.run(main)
