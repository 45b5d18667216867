"""Whole indexes as files, row by row, so memory does not grow with their length."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any, ClassVar, Literal, get_args

from airflow.sdk import ObjectStoragePath

from ..clients.registry import endpoints_of
from .arguments import check_literal, one_of, required
from .base import VendorOperator
from .storage import written_whole

if TYPE_CHECKING:
    from airflow.sdk import Context

Format = Literal["jsonl", "csv"]

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run as a formula."""


class ExportOperator(VendorOperator):
    """Stores an index as JSON Lines or CSV. Subclasses say whose.

    :param index: name of a call that lists.
    :param path: file in any object storage (templated).
    :param format: ``jsonl`` or ``csv``; None goes by the path's extension.
    """

    vendor: ClassVar[str]
    template_fields = ("path",)

    def __init__(
        self,
        *,
        index: str,
        path: str,
        format: Format | None = None,  # noqa: A002  # the usual name
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        indexes = [name for name in endpoints_of(self.vendor) if name.startswith("list_")]
        self.index = one_of("index", index, tuple(indexes))
        check_literal("path", path)
        self.path = path
        self.format = one_of("format", format or str(path).rpartition(".")[2], get_args(Format))

    def act(self, context: Context) -> dict[str, Any]:
        path = ObjectStoragePath(required("path", self.path))
        records = self.hook.iterate(endpoints_of(self.vendor)[self.index]())
        rows = (record.model_dump(mode="json") for record in records)
        with written_whole(path, "w", encoding="utf-8", newline="") as file:
            count = WRITERS[self.format](file, rows)
        self.log.info("Stored %d rows", count)
        return {"path": str(path), "rows": count}


def write_jsonl(file: IO[str], rows: Iterator[dict[str, Any]]) -> int:
    """One JSON object a line; returns how many."""
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007  # counts
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


def write_csv(file: IO[str], rows: Iterator[dict[str, Any]]) -> int:
    """Columns of the first row; nested values as JSON; formulas made inert. Returns the rows."""
    count = 0
    writer: csv.DictWriter[str] | None = None
    for count, row in enumerate(rows, start=1):  # noqa: B007  # counts
        if writer is None:
            writer = csv.DictWriter(file, fieldnames=list(row), extrasaction="ignore")
            writer.writeheader()
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return count


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(RUN_BY_SPREADSHEETS):
        return f"'{value}"
    return value


WRITERS: dict[str, Callable[[IO[str], Iterator[dict[str, Any]]], int]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
}
