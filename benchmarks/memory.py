"""How much memory a wait takes in the triggerer beyond what Airflow keeps for any trigger.

So many waits share one event loop, run by the code that runs them in the triggerer, each contender
in a process of its own: this package's trigger against an emulated Vitay, the least trigger that
shares a stream, which asks nobody, and Airflow's own time trigger. Measured is what all of them
hold beyond what one does, after a few looks: Python's own allocations (tracemalloc), and in another
process, since tracing takes memory too, what the process grows by (RSS).

No task stands behind these triggers. In a real triggerer each also holds its task instance, which
is Airflow's, and for one that was started in the triggerer a copy of its DAG besides: that is what
``waiting.py`` shows, beside Airflow's own sensors.

The aim: below 10 KiB a wait beyond the least trigger.
"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from airflow_talent.benchmarks.common.figures import Comparison, Figure
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report
from airflow_talent.benchmarks.triggering.contenders import LEAST, OURS, TIME
from airflow_talent.benchmarks.triggering.stage import measure, vendors


def main(
    *,
    waits: Annotated[int, typer.Option(help="Triggers in one event loop.")] = 1000,
    interval: Annotated[float, typer.Option(help="Seconds between two looks.")] = 2,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Measure what the waits of each contender hold."""
    console = Console()
    contenders = (LEAST, TIME, OURS)
    held: dict[str, list[float]] = {"traced": [], "resident": []}
    with vendors(waits, latency=0) as around:
        for meter, found in held.items():
            for contender in contenders:
                with console.status(f"{contender}, {meter}"):
                    taken = measure("holding", around, contender, f"{interval:g}", meter)
                    found.append(taken / waits / 1024)
    beyond = {meter: [each - found[0] for each in found] for meter, found in held.items()}
    comparison = Comparison(
        f"Memory of each of {waits:,} waits",
        contenders=contenders,
        figures=[
            Figure("allocated by Python", "KiB", held["traced"], is_plotted=True),
            Figure("grown by", "KiB", held["resident"], is_plotted=True),
            Figure("allocated by Python, beyond the least", "KiB", beyond["traced"]),
            Figure("grown by, beyond the least", "KiB", beyond["resident"]),
        ],
        others=[LEAST, TIME],
        standard=LEAST,
    )
    report = Report("memory", "Memory of a wait", [comparison])
    report.publish(json_path, plot_path)


if __name__ == "__main__":
    typer.run(main)
