"""One shape for what a benchmark found: tables for people, JSON for machines, a picture."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console
from rich.table import Table

BUILD = Path("build/benchmarks")
"""Where files go unless told otherwise, below the folder in which a benchmark is run."""

JsonFile = Annotated[
    Path | None,
    typer.Option("--json", help="File for the figures. [default: build/benchmarks/NAME.json]"),
]
PlotFile = Annotated[
    Path | None,
    typer.Option("--plot", help="File for the picture. [default: beside the figures, as .png]"),
]

NARROWEST = 120
"""Columns of a table that is not printed to a terminal."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a table: what was measured of each contender.

    :param unit: as it stands beside the numbers; "" for what is not to be compared.
    :param values: in the order of the contenders, None where there is nothing to measure.
    :param is_plotted: whether a picture shows it.
    """

    name: str
    unit: str
    values: Sequence[float | None]
    is_plotted: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Contenders side by side.

    :param others: of the contenders, those that are not this package.
    :param standard: the contender as whose multiple the rest is told, None for no such one.
    :param note: what a reader must know beside the numbers, such as settings.
    """

    title: str
    contenders: Sequence[str]
    figures: Sequence[Figure]
    others: Sequence[str] = ()
    standard: str | None = None
    note: str = ""

    def ratio(self, figure: Figure, contender: str) -> float | None:
        """How many times the standard a contender is, None where that cannot be told."""
        if not figure.unit or not self.standard or contender == self.standard:
            return None
        value = figure.values[self.contenders.index(contender)]
        standard = figure.values[self.contenders.index(self.standard)]
        return None if value is None or not standard else value / standard


@dataclass(frozen=True, slots=True)
class Report:
    """All that one benchmark found.

    :param name: of the benchmark, as in ``make bench-NAME``.
    :param ratios: those that its aims are about.
    :param details: raw measurements, for the JSON only.
    """

    name: str
    title: str
    comparisons: Sequence[Comparison]
    ratios: Mapping[str, float] = field(default_factory=dict)
    details: Any = None

    def publish(self, json_path: Path | None, plot_path: Path | None) -> None:
        """Print the tables, write the JSON, draw the picture and say where both are.

        :param json_path: None for the default place.
        :param plot_path: None for a file beside the JSON.
        """
        from airflow_talent.benchmarks.common.plots import NoPlot, draw

        console = Console()
        console = Console(width=max(console.width, NARROWEST))
        for comparison in self.comparisons:
            console.print(tabulate(comparison))
        for name, ratio in self.ratios.items():
            console.print(f"{name}: {ratio:.2f}")
        json_path = json_path or BUILD / f"{self.name}.json"
        plot_path = plot_path or json_path.with_suffix(".png")
        for path in (json_path, plot_path):
            path.parent.mkdir(parents=True, exist_ok=True)
        json_path.write_text(json.dumps({**asdict(self), "machine": describe_machine()}, indent=2))
        console.print(f"Figures: {json_path}")
        try:
            draw(self, plot_path)
        except NoPlot as reason:
            console.print(str(reason))
        else:
            console.print(f"Picture: {plot_path}")


def timings(
    title: str,
    times: Mapping[str, Sequence[float]],
    *,
    others: Sequence[str],
    standard: str | None = None,
) -> Comparison:
    """Seconds that each contender took, several times, as a comparison in milliseconds."""
    quartiles = [
        [1e3 * quartile for quartile in statistics.quantiles(seconds, n=4, method="inclusive")]
        for seconds in times.values()
    ]
    lows, medians, highs = zip(*quartiles, strict=True)
    return Comparison(
        title,
        contenders=[*times],
        figures=[
            Figure("median", "ms", medians, is_plotted=True),
            Figure("lower quartile", "ms", lows),
            Figure("upper quartile", "ms", highs),
            Figure("runs", "", [len(seconds) for seconds in times.values()]),
        ],
        others=others,
        standard=standard,
    )


def tabulate(comparison: Comparison) -> Table:
    """A row for each figure; beside each number how many times the standard it is."""
    table = Table(title=comparison.title, caption=comparison.note or None, title_justify="left")
    table.add_column()
    table.add_column("unit")
    for contender in comparison.contenders:
        table.add_column(contender, justify="right")
    for figure in comparison.figures:
        table.add_row(figure.name, figure.unit, *cells(comparison, figure))
    return table


def cells(comparison: Comparison, figure: Figure) -> list[str]:
    """What stands in the row of a figure."""
    return [
        show(value, comparison.ratio(figure, contender))
        for contender, value in zip(comparison.contenders, figure.values, strict=True)
    ]


def show(value: float | None, ratio: float | None = None) -> str:
    """A number, and a ratio with fewer digits."""
    if value is None:
        return "-"
    return _round(value, 3) if ratio is None else f"{_round(value, 3)} ({_round(ratio, 2)}×)"


def _round(value: float, digits: int) -> str:
    """As many digits as count, more where a whole number has them."""
    if value == int(value) or abs(value) >= 10**digits:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def describe_machine() -> dict[str, Any]:
    """What the figures depend on and a reader cannot see."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "load_average": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "airflow": version("apache-airflow-core"),
    }
