"""What importing the operators and sensors adds to importing Airflow, beside other providers.

Each module is imported in a fresh interpreter that has ``airflow.sdk`` already; the contenders
take turns. Imports happen whenever a DAG file is parsed, so they are everybody's cost. The aim
is below 0.05 s.
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from typing import Annotated

import typer

from airflow_talent.benchmarks.common.figures import timings
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report

MODULES = (
    "airflow_talent.operators.vitay",
    "airflow_talent.sensors.vitay",
    "airflow.providers.slack.operators.slack",
    "airflow.providers.http.sensors.http",
)

IMPORT = """
import airflow.sdk, importlib, sys, time
from airflow.sdk import BaseOperator, BaseSensorOperator, BaseHook
started = time.perf_counter()
importlib.import_module(sys.argv[1])
print(time.perf_counter() - started)
"""


def main(
    *,
    runs: Annotated[int, typer.Option(help="Imports of each module.")] = 9,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Import each module so many times."""
    times: dict[str, list[float]] = {module: [] for module in MODULES}
    for _ in range(runs):
        for module in MODULES:
            times[module].append(import_time(module))
    operators, sensors, slack, http = (median(times[module]) for module in MODULES)
    ratios = {
        "our operators / Slack's operators": operators / slack,
        "our sensors / HTTP's sensor": sensors / http,
    }
    title = "Importing, beyond airflow.sdk"
    # The packages need no more room than their last names.
    shown = {module.removeprefix("airflow.providers."): each for module, each in times.items()}
    comparison = timings(title, shown, others=[*shown][2:])
    Report("import_time", title, [comparison], ratios).publish(json_path, plot_path)


def import_time(module: str) -> float:
    command = [sys.executable, "-W", "ignore", "-c", IMPORT, module]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    typer.run(main)
