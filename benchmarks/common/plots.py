"""The picture of a report: a row of panels for each comparison, a bar for each contender."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_talent.benchmarks.common.reporting import show

if TYPE_CHECKING:
    from airflow_talent.benchmarks.common.reporting import Comparison, Figure, Report

OTHERS, STANDARD = "#2b6a99", "#9a9a9a"
PANEL_WIDTH, BAR_HEIGHT, AROUND_BARS = 3.3, 0.36, 1.3
"""Inches."""

ROOM_FOR_NUMBERS = 1.75
"""How many times the longest bar a panel is wide."""


class NoPlot(Exception):
    """The picture could not be drawn; the text says why."""


def draw(report: Report, path: Path) -> None:
    """Draw every figure that is to be plotted.

    :raises NoPlot: nothing is to be plotted, or matplotlib is not there.
    """
    try:
        # Not by name, since it is there only with the extra ``bench``.
        pyplot_figure: Any = import_module("matplotlib.figure").Figure
    except ImportError:
        raise NoPlot(
            "No picture: matplotlib is not installed; `make bench-…` installs it"
        ) from None
    shown = [(each, plotted) for each in report.comparisons if (plotted := plotted_of(each))]
    if not shown:
        raise NoPlot("No picture: this report has none")
    heights = [AROUND_BARS + BAR_HEIGHT * len(each.contenders) for each, _ in shown]
    width = 2.2 + PANEL_WIDTH * max(len(plotted) for _, plotted in shown)
    picture = pyplot_figure(figsize=(width, sum(heights)), dpi=150, layout="constrained")
    rows = picture.subfigures(len(shown), 1, height_ratios=heights, squeeze=False)[:, 0]
    for row, (comparison, plotted) in zip(rows, shown, strict=True):
        row.suptitle(comparison.title, fontsize=10, x=0.01, horizontalalignment="left")
        panels = row.subplots(1, len(plotted), sharey=True, squeeze=False)[0]
        for panel, figure in zip(panels, plotted, strict=True):
            _draw_panel(panel, comparison, figure)
    picture.savefig(path)


def plotted_of(comparison: Comparison) -> list[Figure]:
    """The figures of a comparison that its picture shows."""
    return [figure for figure in comparison.figures if figure.is_plotted]


def _draw_panel(panel: Any, comparison: Comparison, figure: Figure) -> None:
    contenders = [*comparison.contenders]
    colours = [STANDARD if each == comparison.standard else OTHERS for each in contenders]
    bars = panel.barh(contenders, [value or 0 for value in figure.values], color=colours)
    numbers = [
        show(value, comparison.ratio(figure, contender))
        for contender, value in zip(contenders, figure.values, strict=True)
    ]
    panel.bar_label(bars, numbers, padding=3, fontsize=8)
    panel.set_xlim(0, ROOM_FOR_NUMBERS * (max((v or 0 for v in figure.values), default=0) or 1))
    panel.set_xlabel(f"{figure.name}, {figure.unit}" if figure.unit else figure.name, fontsize=8)
    panel.tick_params(labelsize=8)
    panel.locator_params(axis="x", nbins=5)
    panel.spines[["top", "right"]].set_visible(False)
    if not panel.yaxis_inverted():
        panel.invert_yaxis()
