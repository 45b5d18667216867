"""What benchmarks print, write and draw, and how it comes into the documentation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_talent.benchmarks.common.document import main as document
from airflow_talent.benchmarks.common.figures import Comparison, Figure, cells, show, timings
from airflow_talent.benchmarks.common.reporting import Report

REQUESTS = Figure("requests", "a minute", [12, 480], is_plotted=True)
BEATS = Figure("beats", "", [3, 4])
ENDINGS = Figure("answer to done", "s", [1.25, None])


@pytest.fixture
def comparison() -> Comparison:
    return Comparison(
        "Two ways to wait",
        contenders=["ours", "theirs"],
        figures=[REQUESTS, BEATS, ENDINGS],
        others=["theirs"],
        standard="theirs",
        note="Both on one machine",
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (0, "0"), (1234.5, "1,234"), (12.345, "12.3"), (0.012345, "0.0123")],
)
def test_a_number_is_shown_with_the_digits_that_count(value: float | None, shown: str) -> None:
    assert show(value) == shown


def test_a_contender_is_told_as_a_multiple_of_the_standard(comparison: Comparison) -> None:
    assert cells(comparison, REQUESTS) == ["12 (0.025×)", "480"]


def test_what_has_no_unit_or_no_standard_is_not_compared(comparison: Comparison) -> None:
    assert cells(comparison, BEATS) == ["3", "4"]
    assert cells(comparison, ENDINGS) == ["1.25", "-"]


def test_timings_are_told_by_their_median() -> None:
    compared = timings("Calls", {"ours": [0.002, 0.001, 0.009]}, others=[])
    assert compared.figures[0].values[0] == pytest.approx(2.0)


def test_a_report_leaves_figures_and_a_picture(comparison: Comparison, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "deep" / "waiting.json"
    Report("waiting", "Waiting", [comparison], {"ours / theirs": 0.5}).publish(file, None)

    written = json.loads(file.read_text())
    assert written["comparisons"][0]["figures"][0]["values"] == [12, 480]
    assert written["machine"]["cores"]
    assert file.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_a_page_takes_the_last_figures_and_keeps_the_rest(
    comparison: Comparison, tmp_path: Path
) -> None:
    Report("waiting", "Waiting", [comparison]).publish(tmp_path / "waiting.json", None)
    page = tmp_path / "page.md"
    mark = "Before\n<!-- figures: {} -->\nold\n<!-- end -->\nafter\n"
    page.write_text(mark.format("waiting") + mark.format("stalls"))

    document(page, figures=tmp_path)
    filled = page.read_text()
    document(page, figures=tmp_path)

    assert page.read_text() == filled
    assert "| requests | a minute | 12 (0.025×) | 480 |" in filled
    assert filled.count("old") == 1
    assert filled.endswith(mark.format("stalls"))
