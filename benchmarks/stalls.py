"""How long triggers keep the triggerer's event loop from everything else.

All triggers of a triggerer share one event loop. Whatever one of them does without awaiting
stands in the way of all others, of their deadlines and of the triggerer's heartbeat. Here five
hundred waits share a loop, run by the code that runs them in the triggerer, and a coroutine beside
them measures how late it wakes. Vendors answer in 200 ms, in processes of their own; each
contender has a process of its own too, in which one trigger has looked before.

The contenders: this package's trigger, whose waits share one stream of requests; HttpSensor's,
which asks for each by aiohttp; and Airbyte's, which asks for each by a synchronous client. For
HttpSensor the emulated Vitay answers 404, since it waits by nothing else. Airbyte's is configured
as its documentation says for a server of one's own, against the one endpoint that it asks.

Airflow itself warns of a loop that was blocked for more than 0.2 s. The aim: no stall longer than
that, and 99 of 100 beats less than 50 ms late.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console

from airflow_talent.benchmarks.common.figures import Comparison, Figure
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report
from airflow_talent.benchmarks.triggering.contenders import AIRBYTE, HTTP, OURS
from airflow_talent.benchmarks.triggering.stage import Vendors, measure, vendors

WARNED_OF = 0.2
"""Seconds: ``[triggerer] blocked_main_thread_warning_threshold``."""


@dataclass(frozen=True, slots=True)
class Beats:
    """What was measured beside a contender's triggers.

    :param late: how late each beat was, in seconds.
    :param collections: the seconds of each search for garbage meanwhile.
    :param taken_up: triggers that the loop had begun to run when it was over.
    """

    late: list[float]
    collections: list[float]
    taken_up: int


def main(
    *,
    waits: Annotated[int, typer.Option(help="Triggers in one event loop.")] = 500,
    seconds: Annotated[float, typer.Option(help="For how long beats are measured.")] = 20,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.")] = 5,
    latency: Annotated[float, typer.Option(help="Seconds that each answer takes.")] = 0.2,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Measure the beats of a loop beside each contender's triggers."""
    console = Console()
    beats: dict[str, Beats] = {}
    with vendors(waits, latency=latency) as around:
        for contender in (OURS, HTTP, AIRBYTE):
            with console.status(contender):
                beats[contender] = listen(contender, around, interval, seconds)
    late = {contender: each.late for contender, each in beats.items()}
    comparison = Comparison(
        f"{waits} waits in one event loop, every {interval:g} s, answers take {1e3 * latency:g} ms",
        contenders=[*late],
        figures=[
            Figure(
                "longest stall", "ms", [max(each) * 1e3 for each in late.values()], is_plotted=True
            ),
            Figure(
                "longest search for garbage",
                "ms",
                [max(each.collections) * 1e3 for each in beats.values()],
            ),
            Figure(
                "99 of 100 beats late by at most",
                "ms",
                [percentile(each, 99) * 1e3 for each in late.values()],
                is_plotted=True,
            ),
            Figure("median beat late by", "ms", [percentile(e, 50) * 1e3 for e in late.values()]),
            Figure(
                "stalls that Airflow warns of",
                "",
                [sum(beat > WARNED_OF for beat in each) for each in late.values()],
            ),
            Figure("time in such stalls", "s", [stalled(each) for each in late.values()]),
            Figure("beats", "", [len(each) for each in late.values()]),
            Figure("triggers taken up meanwhile", "", [each.taken_up for each in beats.values()]),
        ],
        others=[HTTP, AIRBYTE],
        standard=HTTP,
        note=f"Measured for {seconds:g} s, and until a stall that lasts longer has ended",
    )
    ratios = {
        f"longest stall, {contender} / {OURS}": max(late[contender]) / max(late[OURS])
        for contender in (HTTP, AIRBYTE)
    }
    report = Report("stalls", "Stalls of the triggerer's event loop", [comparison], ratios)
    report.publish(json_path, plot_path)


def listen(contender: str, around: Vendors, interval: float, seconds: float) -> Beats:
    """Measure the beats beside a contender's triggers."""
    if contender == HTTP:
        around.let_references_be_missing()
    try:
        return Beats(**measure("beat", around, contender, f"{interval:g}", f"{seconds:g}"))
    finally:
        around.let_references_be_found()


def stalled(late: list[float]) -> float:
    return sum(beat for beat in late if beat > WARNED_OF)


def percentile(late: list[float], percent: int) -> float:
    if len(late) == 1:
        return late[0]
    return statistics.quantiles(late, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    typer.run(main)
