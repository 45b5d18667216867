"""What the benchmarks share: a table for people, JSON for machines."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table


def report(title: str, times: Mapping[str, Sequence[float]], ratios: Mapping[str, float]) -> None:
    """Print what was measured: seconds of each contender, and the ratios that count."""
    table = Table("", "median", "quartiles", "runs", title=title, title_justify="left")
    for name, seconds in times.items():
        low, middle, high = statistics.quantiles(seconds, n=4)
        table.add_row(name, _show(middle), f"{_show(low)} to {_show(high)}", str(len(seconds)))
    console = Console()
    console.print(table)
    for name, ratio in ratios.items():
        console.print(f"{name}: {ratio:.2f}")
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(json.dumps({"title": title, "median_seconds": medians, "ratios": ratios}))


def _show(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"
