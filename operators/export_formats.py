"""Records as files, a lot of them at a time, so memory does not grow with their number.

A record is written as its model has it: the vendor's oddities are mended, and what
the model does not know is kept. JSON Lines has every field under its own name. CSV and
Parquet have the same columns whatever comes: the model's fields in their order, and
``other_fields``, a JSON object of the fields that the model does not know. What is no
plain value stands in its column as JSON.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from itertools import islice
from types import NoneType, UnionType
from typing import IO, Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import to_json, to_jsonable_python

Format = Literal["jsonl", "csv", "parquet"]

Columns: TypeAlias = Mapping[str, type]
"""The type of each column; ``object`` is anything that is written as JSON."""

Write: TypeAlias = Callable[[IO[bytes], Iterable[Any], Columns], int]
"""Writes records to a file and returns how many there were."""

OTHER_FIELDS = "other_fields"

LOT = 1_000
"""Records that are written at a time."""

ROW_GROUP = 10_000
"""Records to a row group of a Parquet file, which is held until it is full."""

PLAIN = (bool, int, float, str, datetime, date)

FORMULA = re.compile(r"[\s\0-\x20\u200b\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0]")
"""How a cell begins that a spreadsheet may run: OWASP's list of signs, their full-width
forms too, also behind blanks and invisible characters, which some programs drop."""


def columns_of(record_type: Any) -> Columns:
    """The columns of a model's records; nested fields, and whatever else is not plain, as JSON."""
    if not (isinstance(record_type, type) and issubclass(record_type, BaseModel)):
        return {}
    return {name: _plain(field.annotation) for name, field in record_type.model_fields.items()}


def write_jsonl(file: IO[bytes], records: Iterable[Any], columns: Columns) -> int:
    """One JSON object a line."""
    count = 0
    for lot in _lots(records, LOT):
        file.write(b"".join(_json(record) + b"\n" for record in lot))
        count += len(lot)
    return count


def write_csv(file: IO[bytes], records: Iterable[Any], columns: Columns) -> int:
    """A line of names, then one a record: text as it is, nothing for null, all else as JSON.

    Text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    count = 0
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*columns, OTHER_FIELDS])
    for lot in _lots(records, LOT):
        for record in lot:
            values = to_jsonable_python(record, by_alias=False, inf_nan_mode="null")
            writer.writerow([_cell(value) for value in _row(values, columns)])
        _move(text, file)
        count += len(lot)
    _move(text, file)
    return count


def write_parquet(file: IO[bytes], records: Iterable[Any], columns: Columns) -> int:
    """Typed columns: text, whole and other numbers, booleans, days, instants in UTC.

    :raises AirflowOptionalProviderFeatureException: pyarrow is not installed.
    """
    try:
        import pyarrow  # type: ignore[import-untyped]  # it ships no types
        from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped]  # as above
    except ImportError:
        from airflow.exceptions import AirflowOptionalProviderFeatureException

        raise AirflowOptionalProviderFeatureException(
            "Parquet needs pyarrow: pip install 'airflow-provider-talent[parquet]'"
        ) from None

    types = {
        str: pyarrow.string(),
        bool: pyarrow.bool_(),
        int: pyarrow.int64(),
        float: pyarrow.float64(),
        date: pyarrow.date32(),
        datetime: pyarrow.timestamp("us", tz="UTC"),
        object: pyarrow.string(),
    }
    kinds = [*columns.values(), object]
    schema = pyarrow.schema(
        zip([*columns, OTHER_FIELDS], map(types.__getitem__, kinds), strict=True)
    )
    count = 0
    with ParquetWriter(file, schema) as writer:
        for lot in _lots(records, ROW_GROUP):
            rows = (_row(_fields(record), columns) for record in lot)
            arrays = [
                pyarrow.array(map(_json_text, values) if kind is object else values, field.type)
                for kind, values, field in zip(kinds, zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            count += len(lot)
    return count


WRITERS: Mapping[str, Write] = {"jsonl": write_jsonl, "csv": write_csv, "parquet": write_parquet}


def _plain(annotation: Any) -> type:
    """The one plain type that a field has beside None, ``object`` if there is none."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        kinds = {_plain(choice) for choice in get_args(annotation) if choice is not NoneType}
        return kinds.pop() if len(kinds) == 1 else object
    if get_origin(annotation) is Literal:
        kinds = {type(choice) for choice in get_args(annotation)}
        return kinds.pop() if kinds == {str} else object
    if annotation in PLAIN:
        return annotation  # type: ignore[no-any-return]  # one of those
    if (
        isinstance(annotation, type)
        and issubclass(annotation, Enum)
        and issubclass(annotation, str)
    ):
        return str
    return object


def _lots(records: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(records)
    while lot := list(islice(iterator, size)):
        yield lot


def _fields(record: Any) -> dict[str, Any]:
    return record.model_dump() if isinstance(record, BaseModel) else dict(record)


def _row(fields: dict[str, Any], columns: Columns) -> list[Any]:
    """The values of the columns; takes them from ``fields``, so that the others remain."""
    row = [fields.pop(name, None) for name in columns]
    row.append(fields or None)
    return row


def _json(value: Any) -> bytes:
    return to_json(value, by_alias=False, inf_nan_mode="null")


def _json_text(value: Any) -> str | None:
    return None if value is None else _json(value).decode()


def _cell(value: Any) -> str | None:
    if not isinstance(value, str):
        return _json_text(value)
    return f"'{value}" if FORMULA.match(value) else value


def _move(text: io.StringIO, file: IO[bytes]) -> None:
    file.write(text.getvalue().encode())
    text.seek(0)
    text.truncate()
