"""How the demo looks: lines as things happen, and below them, on a terminal, how far it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

COLOURS = {
    "airflow": "cyan",
    "slack": "magenta",
    "vitay": "green",
    "storage": "yellow",
    "demo": "bold",
}


class Screen:
    """Prints what happens with the seconds since the start; progress only on a terminal."""

    def __init__(self, steps: int) -> None:
        self.console = Console(highlight=False)
        self._start = time.monotonic()
        self._steps: list[tuple[str, float]] = []
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._bar = self._progress.add_task("", total=steps)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def say(self, place: str, text: str) -> None:
        """Print one line about something that happened."""
        colour = COLOURS[place]
        self.console.print(
            f"{self.elapsed:5.1f} s  [{colour}]{place:8}[/{colour}] {escape(text)}",
            soft_wrap=True,
        )

    def wait_for(self, title: str) -> None:
        """Show what is waited for."""
        self._progress.update(
            self._bar, description=f"next: {escape(title[0].lower() + title[1:])}"
        )

    def reach(self, title: str) -> None:
        """Print that a step is done, and take its time."""
        self._steps.append((title, self.elapsed))
        self._progress.advance(self._bar)
        self.console.print(f"{self.elapsed:5.1f} s  [bold green]✓ {escape(title)}[/bold green]")

    def summarise(self, facts: Sequence[tuple[str, str]]) -> None:
        """Print what each step took, and what else is worth knowing."""
        self._progress.stop()
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(justify="right")
        table.add_column(overflow="fold")
        before = 0.0
        for title, at in self._steps:
            table.add_row(f"{at - before:.1f} s", escape(title))
            before = at
        self.console.print()
        self.console.print(table)
        self.console.print()
        for name, fact in facts:
            self.console.print(f"[bold]{escape(name)}[/bold]  {escape(fact)}", soft_wrap=True)
