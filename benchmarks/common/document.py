"""Put the figures of the last runs into a page of documentation, and their pictures beside it.

A page says where each table goes::

    <!-- figures: waiting -->
    <!-- end -->

What stands between the two is replaced by the tables of ``build/benchmarks/waiting.json``, and the
picture beside that file is copied to the folder ``pictures`` beside the page. Marks of benchmarks
without figures are left as they are.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from airflow_talent.benchmarks.common.figures import Comparison, Figure, cells
from airflow_talent.benchmarks.common.reporting import BUILD

PLACE = re.compile(r"(<!-- figures: ([\w.-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
PICTURES = "pictures"


def main(
    page: Annotated[Path, typer.Argument(help="The page to fill.")] = Path("docs/benchmarks.md"),
    *,
    figures: Annotated[Path, typer.Option(help="Folder of the figures.")] = BUILD,
) -> None:
    """Fill a page with what was measured last."""

    def fill(place: re.Match[str]) -> str:
        begin, name, end = place.groups()
        file = figures / f"{name}.json"
        if not file.exists():
            print(f"{name}: no figures in {figures}, left as it is")
            return place.group()
        print(f"{name}: filled from {file}")
        report = json.loads(file.read_text())
        copy = copy_picture(file.with_suffix(".png"), page.parent / PICTURES)
        return begin + "\n".join([*write(report, copy), "", end])

    page.write_text(PLACE.sub(fill, page.read_text()))


def copy_picture(picture: Path, folder: Path) -> Path | None:
    """Where the picture is then, None where there is none."""
    if not picture.exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(picture, folder / picture.name))


def write(report: dict[str, Any], copy: Path | None) -> Iterator[str]:
    """The lines of a report in Markdown."""
    if copy is not None:
        yield f"\n![{report['title']}]({PICTURES}/{copy.name})"
    for shown in report["comparisons"]:
        comparison = Comparison(
            **{**shown, "figures": [Figure(**figure) for figure in shown["figures"]]}
        )
        yield f"\n**{comparison.title}**\n"
        heads = [each.replace("\n", " ") for each in comparison.contenders]
        yield row(["", "", *heads])
        yield row(["---", "---", *("---:" for _ in heads)])
        for figure in comparison.figures:
            yield row([figure.name, figure.unit, *cells(comparison, figure)])
        if comparison.note:
            yield f"\n{comparison.note}."
    if report["ratios"]:
        yield ""
    for name, ratio in report["ratios"].items():
        yield f"- {name}: {ratio:.2f}"
    machine = report["machine"]
    yield (
        f"\nMeasured on {machine['measured_at'][:10]}: {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, Python {machine['python']}, Airflow {machine['airflow']}."
    )


def row(values: list[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(values)} |"


if __name__ == "__main__":
    typer.run(main)
