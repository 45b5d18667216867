"""What exporting an index costs, beside dlt and beside a bare loop over the same pages.

A server in its own process replays answers that were recorded from the emulator, each page
after 50 ms, so that it is not what is measured. Each contender runs in a process of its own,
whose memory is its own too, and they take turns, so that whatever else the machine does hits
all. What is measured begins before the first request and ends when the file is written; each
has exported one page before, so imports are not in it. Compare the ratios; the times depend
on the machine.

dlt's ``rest_api`` source asks for one page after the other and writes JSON Lines to its
``filesystem`` destination. The bare loop is httpx with 16 requests at a time, which parses the
JSON and writes a line a record. The aims: 8 times as fast as dlt, 0.7 of the bare loop, memory
that does not grow with the rows.

dlt comes with the extra ``bench``; without it, it is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Annotated

import typer

from airflow_talent.benchmarks.common.contenders import in_turn
from airflow_talent.benchmarks.common.figures import Comparison, Figure
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report

LATENCY = 0.05
CONNECTIONS = 16
NO_LIMITS = {"max_requests_per_second": 1_000_000, "max_connections": CONNECTIONS}
FEW = 2_000

PACKAGE = "airflow_talent.benchmarks.exporting"


@dataclass(frozen=True)
class Taken:
    """What one export took: seconds, seconds of the processor, bytes of memory at its peak."""

    rows: int
    seconds: float
    cpu: float
    before: int
    peak: int

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def main(
    *,
    rows: Annotated[int, typer.Option(help="Of the index that all contenders export.")] = 20_000,
    many: Annotated[
        int, typer.Option(help="Of the index whose export shall take no more memory than 2,000.")
    ] = 200_000,
    runs: Annotated[int, typer.Option(help="Exports by each contender.")] = 3,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Export the same indexes by all contenders, and short and long ones by this package."""
    ratios: dict[str, float] = {}
    comparisons: list[Comparison] = []
    with server() as url:
        for vendor in ("vitay", "riminder"):
            taken = compete(vendor, url, rows, runs)
            taken["export, default limits"] = [measure("export", vendor, url, FEW, {})]
            title = f"{rows:,} rows of {vendor}, {1000 * LATENCY:.0f} ms a page of 100"
            note = f"With default limits {FEW:,} rows are exported: compare the rate, not the time"
            comparisons.append(compare(title, taken, "dlt", note=note))
            rates = {name: median(each.rate for each in every) for name, every in taken.items()}
            for other in ("dlt", "bare"):
                if other in rates:
                    ratios[f"{vendor}: export / {other}"] = rates["export"] / rates[other]
        for index, vendor, extra in INDEXES:
            short, long = f"{FEW:,} rows", f"{many:,} rows"
            taken = {
                length: [measure("export", vendor, url, count, extra)]
                for length, count in ((short, FEW), (long, many))
            }
            comparisons.append(compare(f"A short and a long export of {index}", taken, short))
            ratios[f"{index}: memory of {long} / {short}"] = (
                taken[long][0].peak / taken[short][0].peak
            )
    Report("exports", "Exporting an index", comparisons, ratios).publish(json_path, plot_path)


INDEXES: list[tuple[str, str, Mapping[str, object]]] = [
    ("vitay candidates", "vitay", NO_LIMITS),
    ("riminder profiles", "riminder", NO_LIMITS),
    *(
        (f"rezora contacts, {form}", "rezora", {**NO_LIMITS, "format": form})
        for form in ("json", "xml", "csv")
    ),
]


def compete(vendor: str, url: str, rows: int, runs: int) -> dict[str, list[Taken]]:
    """Every contender so many times, another one first each time."""
    contenders = ["export", "bare", *(["dlt"] if find_spec("dlt") else [])]
    taken: dict[str, list[Taken]] = {name: [] for name in contenders}
    for turn in range(runs):
        for name in in_turn(contenders, turn):
            taken[name].append(measure(name, vendor, url, rows, NO_LIMITS))
    return taken


def measure(contender: str, vendor: str, url: str, rows: int, extra: Mapping[str, object]) -> Taken:
    """One export in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "AIRFLOW_HOME": folder,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        }
        arguments = [contender, vendor, url, str(rows), folder, json.dumps(extra)]
        command = [sys.executable, "-m", f"{PACKAGE}.contenders", *arguments]
        ended = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
    taken = Taken(**json.loads(ended.stdout.splitlines()[-1]))
    assert taken.rows == rows, f"{contender} wrote {taken.rows} of {rows} rows"
    return taken


@contextmanager
def server() -> Iterator[str]:
    """The replaying server, in a process of its own."""
    command = [sys.executable, "-m", f"{PACKAGE}.replay", str(LATENCY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


FIGURES: Mapping[str, tuple[str, Callable[[list[Taken]], float]]] = {
    "rate": ("rows/s", lambda every: median(each.rate for each in every)),
    "slowest rate": ("rows/s", lambda every: min(each.rate for each in every)),
    "fastest rate": ("rows/s", lambda every: max(each.rate for each in every)),
    "time": ("s", lambda every: median(each.seconds for each in every)),
    "CPU time": ("s", lambda every: median(each.cpu for each in every)),
    "peak memory": ("MiB", lambda every: median(each.peak for each in every) / 2**20),
    "grown by": ("MiB", lambda every: median(each.peak - each.before for each in every) / 2**20),
}
PLOTTED = {"rate", "peak memory"}


def compare(
    title: str, taken: Mapping[str, list[Taken]], standard: str, *, note: str = ""
) -> Comparison:
    """Medians, as multiples of the standard."""
    return Comparison(
        title,
        contenders=[*taken],
        figures=[
            Figure(name, unit, [*map(read, taken.values())], is_plotted=name in PLOTTED)
            for name, (unit, read) in FIGURES.items()
        ],
        others=["bare", "dlt"],
        standard=standard if standard in taken else None,
        note=note,
    )


if __name__ == "__main__":
    typer.run(main)
