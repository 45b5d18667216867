"""Whole indexes as files, record by record, so memory does not grow with their length."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from airflow.sdk import ObjectStoragePath

from ..clients.registry import endpoints_of
from .arguments import (
    ArgumentInvalid,
    bind,
    check_literal,
    is_template,
    make_call,
    one_of,
    required,
)
from .base import VendorOperator
from .export_formats import WRITERS, Format, columns_of
from .storage import written_whole

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.calls import Endpoint


OBJECTS_BETWEEN_COLLECTIONS = 50_000


class ExportOperator(VendorOperator):
    """Stores an index as JSON Lines, CSV or Parquet. Subclasses say whose.

    Memory does not grow with the number of records: pages are fetched ahead, as
    many as the connection has ``max_connections``, and an answer without pages is
    read while it arrives. Slow storage slows the fetching.

    JSON Lines has every field of a record. CSV and Parquet have the same columns whatever
    comes: the model's fields, nested ones as JSON, and ``other_fields``, a JSON object of
    what the model does not know. In CSV, text that a spreadsheet would run as a formula
    gets an apostrophe before it.

    Returns ``{"path", "rows"}``.

    :param index: name of a call that lists.
    :param path: file in any object storage (templated). It appears, or is replaced,
        when it is whole; a task that is killed may leave ``.<name>.<digits>.part``
        beside it.
    :param format: ``jsonl``, ``csv`` or ``parquet`` (needs the extra ``parquet``);
        None goes by the path's extension.
    :param arguments: arguments of the call (templated).
    :raises ArgumentInvalid: when the DAG is parsed: no such index or format, arguments
        that the call does not take.
    """

    vendor: ClassVar[str]
    template_fields: Sequence[str] = ("path", "arguments")

    def __init__(
        self,
        *,
        index: str,
        path: str,
        format: Format | None = None,  # noqa: A002  # the usual name
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.index = one_of("index", index, tuple(self._indexes))
        self.path = path
        self.format = format
        self.arguments = dict(arguments or {})
        check_literal("path", path)
        if format or not is_template(path):
            _format_of(format, path)
        bind(self._endpoint, self.arguments)

    def act(self, context: Context) -> dict[str, Any]:
        endpoint = self._endpoint
        path = ObjectStoragePath(required("path", self.path))
        write = WRITERS[_format_of(self.format, self.path)]
        records = self.hook.iterate(make_call(endpoint, self.arguments))
        with written_whole(path) as file, _few_collections():
            count = write(file, records, columns_of(record_type(endpoint)))
        self.log.info("Stored %d rows", count)
        return {"path": str(path), "rows": count}

    @property
    def _indexes(self) -> Mapping[str, Endpoint[..., Any]]:
        endpoints = endpoints_of(self.vendor)
        return {name: call for name, call in endpoints.items() if name.startswith("list_")}

    @property
    def _endpoint(self) -> Endpoint[..., Any]:
        # Not a template, since its arguments could not be checked.
        if self.index not in self._indexes:
            raise ArgumentInvalid("index must be the name of a call, not a template")
        return self._indexes[self.index]


@contextmanager
def _few_collections() -> Iterator[None]:
    """Have the garbage collector look seldom.

    Records are many objects and none of them a cycle; looking for some every 700 objects,
    and now and then at everything that Airflow has loaded, would take half of the time.
    """
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def record_type(endpoint: Endpoint[..., Any]) -> Any:
    """What the pages of an index hold, or its only list."""
    result = endpoint.result_type
    items = result.model_fields["items"].annotation if hasattr(result, "model_fields") else result
    return next(iter(get_args(items)), None)


def _format_of(chosen: str | None, path: str) -> str:
    return one_of("format", chosen or str(path).rpartition(".")[2], get_args(Format))
