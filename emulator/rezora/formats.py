"""How Rezora writes its answers and reads its requests: JSON, XML, CSV, and pairs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal
from urllib.parse import parse_qsl
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]  # has no types
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # as above

from .records import Row
from .settings import RezoraSettings

Format = Literal["json", "xml", "csv"]

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "xml": "application/xml",
    "csv": "text/csv",
}

FORMATS_ACCEPTED: dict[str, Format] = {
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
}

ROWS_AT_A_TIME = 500

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class Collection:
    """What every answer is: rows in a container.

    ``columns`` are the fields of all rows, for the header of a CSV.
    """

    root: str
    item: str
    columns: Sequence[str]
    rows: Iterable[Row]


def choose_format(extension: str | None, accept: str) -> Format | None:
    """The format of an answer: the extension wins over ``Accept``, else CSV; None is unknown."""
    if extension is not None:
        return next((each for each in MEDIA_TYPES if each == extension), None)
    wanted = (_read_type(part) for part in accept.split(","))
    for media_type, _ in sorted(wanted, key=lambda pair: -pair[1]):
        if media_type in FORMATS_ACCEPTED:
            return FORMATS_ACCEPTED[media_type]
    return "csv"


def _read_type(text: str) -> tuple[str, float]:
    media_type, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
    try:
        return media_type, float(quality)
    except ValueError:
        return media_type, 0


def write(collection: Collection, form: Format, settings: RezoraSettings) -> Iterator[bytes]:
    """A collection in pieces, so that a long one is never held whole."""
    for piece in _WRITERS[form](collection, settings):
        yield piece.encode()


def _write_json(collection: Collection, settings: RezoraSettings) -> Iterator[str]:
    separator = "["
    for rows in _batches(collection.rows):
        printed: list[Any] = [_with_numbers(row) for row in rows] if settings.json_numbers else rows
        yield separator + json.dumps(printed)[1:-1]
        separator = ","
    yield "]" if separator == "," else "[]"


def _with_numbers(row: Row) -> dict[str, Any]:
    return {name: int(value) if value.isdecimal() else value for name, value in row.items()}


def _write_xml(collection: Collection, settings: RezoraSettings) -> Iterator[str]:
    yield DECLARATION * (2 if settings.double_xml_declaration else 1)
    yield f'<{collection.root} version="1.0">\n'
    for rows in _batches(collection.rows):
        yield "".join(
            f" <{collection.item}>{_write_fields(row)}</{collection.item}>\n" for row in rows
        )
    yield f"</{collection.root}>\n"


def _write_fields(row: Row) -> str:
    return "".join(
        f"<{name}>{escape(value, {chr(13): '&#13;'})}</{name}>" for name, value in row.items()
    )


def _write_csv(collection: Collection, settings: RezoraSettings) -> Iterator[str]:
    print_cell = _quote if settings.csv_look == "quoted" else str
    if settings.csv_look == "quoted":
        yield "|".join(map(_quote, collection.columns)) + "\r\n"
    for rows in _batches(collection.rows):
        lines = ("|".join(print_cell(row[name]) for name in collection.columns) for row in rows)
        yield "".join(f"{line}\r\n" for line in lines)


def _quote(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, ROWS_AT_A_TIME)):
        yield batch


_WRITERS: dict[Format, Callable[[Collection, RezoraSettings], Iterator[str]]] = {
    "json": _write_json,
    "xml": _write_xml,
    "csv": _write_csv,
}


def read_fields(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a request; ``ValueError`` says what is wrong with it."""
    media_type = content_type.partition(";")[0].strip().lower() or "text/plain"
    read = _READERS.get(media_type)
    if read is None:
        raise ValueError(f"A body of type {media_type} is not known here")
    return {str(name): _text(value) for name, value in read(body).items()}


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ValueError("A field holds one value")
    return "" if value is None else str(value)


def _read_json(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        raise ValueError("The body is not JSON") from None
    match read:
        case {"data": dict() as fields}:
            return fields
    raise ValueError("The fields of JSON stand in an object called data")


def _read_xml(body: bytes) -> Mapping[str, Any]:
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException):
        raise ValueError("The body is not XML") from None
    if root.tag != "data":
        raise ValueError("The root of XML is called data")
    return {child.tag: child.text or "" for child in root}


def _read_text(body: bytes) -> Mapping[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict"
        )
    except ValueError:
        raise ValueError("The body is not made of pairs") from None
    return dict(pairs)


_READERS: dict[str, Callable[[bytes], Mapping[str, Any]]] = {
    "application/json": _read_json,
    "application/xml": _read_xml,
    "text/xml": _read_xml,
    "text/plain": _read_text,
    "application/x-www-form-urlencoded": _read_text,
}
