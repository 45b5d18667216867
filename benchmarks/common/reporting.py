"""One shape for what a benchmark found: tables for people, JSON for machines, a picture."""

from __future__ import annotations

import json
import os
import platform
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

from airflow_talent.benchmarks.common.figures import Comparison, cells
from airflow_talent.benchmarks.common.plots import NoPlot, draw

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
            draw(self.comparisons, plot_path)
        except NoPlot as reason:
            console.print(str(reason))
        else:
            console.print(f"Picture: {plot_path}")


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
