"""The picture of a report: a row of panels for each comparison, a bar for each contender."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from airflow_talent.benchmarks.common.figures import Comparison, Figure, cells

OURS, OTHERS = "#2b6a99", "#9a9a9a"
PANEL_WIDTH, BAR_HEIGHT, AROUND_BARS, AROUND_PANELS = 3.5, 0.32, 0.7, 0.3
"""Inches."""

IN_A_ROW = 2
"""Panels side by side."""

ROOM_FOR_NUMBERS = 1.75
"""How many times the longest bar a panel is wide."""


class NoPlot(Exception):
    """The picture could not be drawn; the text says why."""


def draw(comparisons: Sequence[Comparison], path: Path) -> None:
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
    shown = [(each, plotted) for each in comparisons if (plotted := plotted_of(each))]
    if not shown:
        raise NoPlot("No picture: no figure is to be in one")
    heights = [_height(each, len(plotted)) for each, plotted in shown]
    picture = pyplot_figure(
        figsize=(1.5 + IN_A_ROW * PANEL_WIDTH, sum(heights)), dpi=150, layout="constrained"
    )
    rows = picture.subfigures(len(shown), 1, height_ratios=heights, squeeze=False)[:, 0]
    for row, (comparison, plotted) in zip(rows, shown, strict=True):
        row.suptitle(comparison.title, fontsize=10, x=0.01, horizontalalignment="left")
        panels = row.subplots(_rows(len(plotted)), IN_A_ROW, sharey=True, squeeze=False).flat
        for panel, figure in zip(panels, plotted, strict=False):
            _draw_panel(panel, comparison, figure)
        for panel in panels[len(plotted) :]:
            panel.set_visible(False)
    picture.savefig(path)


def plotted_of(comparison: Comparison) -> list[Figure]:
    """The figures of a comparison that its picture shows."""
    return [figure for figure in comparison.figures if figure.is_plotted]


def _rows(panels: int) -> int:
    return -(-panels // IN_A_ROW)


def _height(comparison: Comparison, panels: int) -> float:
    lines = sum(each.count("\n") + 1 for each in comparison.contenders)
    bars = BAR_HEIGHT * max(len(comparison.contenders), 0.6 * lines)
    return AROUND_PANELS + _rows(panels) * (AROUND_BARS + bars)


def _draw_panel(panel: Any, comparison: Comparison, figure: Figure) -> None:
    contenders = [*comparison.contenders]
    colours = [OTHERS if each in comparison.others else OURS for each in contenders]
    bars = panel.barh(contenders, [value or 0 for value in figure.values], color=colours)
    panel.bar_label(bars, cells(comparison, figure), padding=3, fontsize=8)
    panel.set_xlim(0, ROOM_FOR_NUMBERS * (max((v or 0 for v in figure.values), default=0) or 1))
    panel.set_xlabel(f"{figure.name}, {figure.unit}" if figure.unit else figure.name, fontsize=8)
    panel.tick_params(labelsize=8)
    panel.locator_params(axis="x", nbins=5)
    panel.spines[["top", "right"]].set_visible(False)
    if not panel.yaxis_inverted():
        panel.invert_yaxis()
