"""The formats that Rezora speaks, read as they arrive and written whole.

Every answer is a collection of flat records whose values are all text. A decoder
takes bytes in pieces of any size and gives records as soon as they are complete,
so an answer needs no more memory than a piece of it. There is one decoder per
format, for whole answers and for streams. Source: fact sheet sections 4 and 5.
"""

from __future__ import annotations

import codecs
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import escape

import ijson  # type: ignore[import-untyped]  # has no types
from defusedxml import DefusedXmlException  # type: ignore[import-untyped]  # as above
from defusedxml.expatreader import create_parser  # type: ignore[import-untyped]  # as above

Format = Literal["json", "xml", "csv"]
RequestFormat = Literal["json", "xml", "text"]
Fields = dict[str, str]
"""A record as it was sent: values by name."""

LONGEST_RECORD = 1_000_000
"""Characters; what is longer has an end that never comes."""


class Decoder(ABC):
    """Turns the bytes of one answer into records.

    An answer without a single byte has no records, as one that says so.
    """

    @abstractmethod
    def feed(self, chunk: bytes) -> list[Fields]:
        """The records that ``chunk`` completes.

        :raises ValueError: this is not an answer in this format.
        """

    @abstractmethod
    def end(self) -> list[Fields]:
        """What was complete but for its end: at most one record of a last line without an end.

        :raises ValueError: the answer was cut off.
        """


def make_decoder(form: Format, *, columns: Sequence[str] | None = None) -> Decoder:
    """A decoder for one answer.

    :param columns: names of the columns of a CSV without a header row; None reads
        them from its first row.
    """
    match form:
        case "json":
            return _JSONDecoder()
        case "xml":
            return _XMLDecoder()
        case "csv":
            return _CSVDecoder(columns)


def read_records(
    form: Format, chunks: Iterable[bytes], *, columns: Sequence[str] | None = None
) -> Iterator[Fields]:
    """Every record of an answer, as its bytes come.

    :raises ValueError: the answer is not in this format, or was cut off.
    """
    decoder = make_decoder(form, columns=columns)
    for chunk in chunks:
        yield from decoder.feed(chunk)
    yield from decoder.end()


_BLANK = codecs.BOM_UTF8 + b" \t\r\n"
"""What may stand before the first character of JSON."""


class _JSONDecoder(Decoder):
    """An array of flat objects."""

    def __init__(self) -> None:
        self._found: Any = ijson.sendable_list()
        self._parser = ijson.items_coro(self._found, "item")
        self._is_array = False

    def feed(self, chunk: bytes) -> list[Fields]:
        if not self._is_array:
            # Of anything but an array nothing would be found, which must not look like no records.
            chunk = chunk.lstrip(_BLANK)
            if not chunk:
                return []
            if not chunk.startswith(b"["):
                raise ValueError("expected a JSON array")
            self._is_array = True
        try:
            self._parser.send(chunk)
        except ijson.JSONError:
            raise ValueError("this is not JSON") from None
        found = [_flatten(each) for each in self._found]
        self._found.clear()
        return found

    def end(self) -> list[Fields]:
        if self._is_array:
            try:
                self._parser.close()
            except ijson.JSONError:
                raise ValueError("the JSON array was cut off") from None
        return []


def _flatten(found: Any) -> Fields:
    if not isinstance(found, dict):
        raise ValueError("expected an array of objects")
    return {k: v if isinstance(v, str) else _as_text(v) for k, v in found.items()}


def _as_text(value: Any) -> str:
    """A value as the text that it should have been; servers of other days may send numbers."""
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case dict() | list():
            raise ValueError("expected flat objects")
    return str(value)


class _XMLDecoder(Decoder):
    """A root around one element per record around one element per field; no DTD, no entities."""

    _ALL_DECLARATIONS_BUT_THE_LAST = re.compile(
        rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml\s[^>]*\?>\s*)*(?=<\?xml\s)"
    )
    _FIRST_TAG = re.compile(rb"<[^?]")

    def __init__(self) -> None:
        self._handler = _Records()
        self._parser = create_parser(forbid_dtd=True)
        self._parser.setContentHandler(self._handler)
        self._head: bytes | None = b""

    def feed(self, chunk: bytes) -> list[Fields]:
        if self._head is not None:
            self._head += chunk
            if len(self._head) < LONGEST_RECORD and not self._FIRST_TAG.search(self._head):
                return []
            # The documents print the declaration twice, which is no XML.
            surplus = self._ALL_DECLARATIONS_BUT_THE_LAST.match(self._head)
            chunk = self._head[surplus.end() if surplus else 0 :]
            self._head = None
        return self._parse(self._parser.feed, chunk)

    def end(self) -> list[Fields]:
        if self._head is None:
            return self._parse(self._parser.close)
        if self._head.strip():
            raise ValueError("this is not XML")
        return []

    def _parse(self, parse: Callable[..., None], *chunk: bytes) -> list[Fields]:
        try:
            parse(*chunk)
        except (SAXException, DefusedXmlException) as error:
            raise ValueError(f"this is not XML as it should be ({type(error).__name__})") from None
        found, self._handler.found = self._handler.found, []
        return found


class _Records(ContentHandler):
    """Keeps what stands on the third level of a document and refuses any below it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Fields] = []
        self._record: Fields = {}
        self._text: list[str] = []
        self._level = 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # SAX's own name
        self._level += 1
        if self._level > 3:
            raise SAXException("expected flat records")
        self._text.clear()

    def characters(self, content: str) -> None:
        self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802  # SAX's own name
        if self._level == 3:
            self._record[name] = "".join(self._text)
        elif self._level == 2:
            self.found.append(self._record)
            self._record = {}
        self._text.clear()
        self._level -= 1


_QUOTED = r'"((?:[^"\\]++|\\.|"")*+)"'
_BARE = r'((?:[^"|\r\n][^|\r\n]*+)?+)'
_QUOTED_OR_BARE = rf"(?:{_QUOTED}|{_BARE})"


class _CSVDecoder(Decoder):
    r"""Rows of cells between bars, quoted or bare, with ``\"`` or ``""`` for a quote.

    The standard library's reader has no such dialect: it drops the backslash of
    ``C:\new``, where Rezora's escapes are ``\"`` and ``\\`` alone.
    """

    _ROW = re.compile(rf"{_QUOTED_OR_BARE}(?:\|{_QUOTED_OR_BARE})*+\r?\n", re.DOTALL)
    _CELL = re.compile(rf"{_QUOTED_OR_BARE}(?:\||\r?\n)", re.DOTALL)
    _ESCAPE = re.compile(r'\\(["\\])|"(")')
    _NAME = re.compile(r"[A-Za-z]\w*")

    def __init__(self, columns: Sequence[str] | None) -> None:
        self._columns = columns
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._rest = ""

    def feed(self, chunk: bytes) -> list[Fields]:
        return self._take_rows(self._rest + self._decode(chunk))

    def end(self) -> list[Fields]:
        text = self._rest + self._decode(b"", True)  # noqa: FBT003  # it takes no keywords
        # What ends with a bar was cut off before its last cell, which must not look empty.
        may_be_whole = self._columns is not None and not text.endswith("|")
        found = self._take_rows(f"{text}\n") if text and may_be_whole else []
        if self._rest:
            raise ValueError("the last row is not complete")
        return found

    def _take_rows(self, text: str) -> list[Fields]:
        found: list[Fields] = []
        start = 0
        while row := self._ROW.match(text, start):
            start = row.end()
            if not row[0].isspace():
                found += self._read(row[0])
        self._rest = text[start:]
        if len(self._rest) > LONGEST_RECORD:
            raise ValueError("expected rows between bars and line ends")
        return found

    def _read(self, row: str) -> Iterator[Fields]:
        cells = [
            self._unescape(quoted) if quoted else bare for quoted, bare in self._CELL.findall(row)
        ]
        if self._columns is None:
            if not all(map(self._NAME.fullmatch, cells)):
                raise ValueError("expected a first row of field names")
            self._columns = cells
        elif len(cells) != len(self._columns):
            raise ValueError(f"expected {len(self._columns)} cells in a row, got {len(cells)}")
        else:
            yield dict(zip(self._columns, cells, strict=True))

    def _unescape(self, cell: str) -> str:
        if "\\" not in cell and '"' not in cell:
            return cell
        return self._ESCAPE.sub(lambda escape: escape[1] or escape[2], cell)


_INVALID_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_json(fields: Mapping[str, str]) -> bytes:
    """A request body; the fields stand in ``data``."""
    return json.dumps({"data": fields}, ensure_ascii=False).encode()


def write_xml(fields: Mapping[str, str]) -> bytes:
    """A request body, as :func:`write_json`.

    :raises ValueError: a value holds what XML cannot carry, such as a control character.
    """
    children = "".join(f"<{name}>{_escape(value)}</{name}>" for name, value in fields.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><data>{children}</data>'.encode()


def _escape(value: str) -> str:
    if _INVALID_IN_XML.search(value):
        raise ValueError("XML cannot carry a control character")
    # A reader of XML takes a carriage return for a line feed unless it is written so.
    return escape(value, {"\r": "&#13;"})


def write_text(fields: Mapping[str, str]) -> bytes:
    """A request body; pairs as a form sends them."""
    return urlencode(fields).encode()


WRITERS: Mapping[RequestFormat, Callable[[Mapping[str, str]], bytes]] = {
    "json": write_json,
    "xml": write_xml,
    "text": write_text,
}
"""How the fields of a request become its body; what cannot be written is a ValueError."""
