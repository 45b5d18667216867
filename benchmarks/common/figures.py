"""What was measured of contenders, and how it compares."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


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


def cells(comparison: Comparison, figure: Figure) -> list[str]:
    """What stands in the row of a figure."""
    return [
        show(value, comparison.ratio(figure, contender))
        for contender, value in zip(comparison.contenders, figure.values, strict=True)
    ]


def show(value: float | None, ratio: float | None = None) -> str:
    """A number with the digits that count, and a ratio."""
    if value is None:
        return "-"
    if ratio is None:
        return _round(value, 3)
    return f"{_round(value, 3)} ({_round(ratio, 3 if ratio >= 1 else 2)}×)"


def _round(value: float, digits: int) -> str:
    """As many digits as count, more where a whole number has them."""
    if value == int(value) or abs(value) >= 10**digits:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"
