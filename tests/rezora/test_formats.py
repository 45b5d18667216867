"""What is written is read again, whatever it says and in whatever pieces it comes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_talent.clients.rezora.formats import (
    LONGEST_RECORD,
    WRITERS,
    Format,
    make_decoder,
    read_records,
)
from airflow_talent.emulator.rezora.formats import Collection, read_fields, write
from airflow_talent.emulator.rezora.settings import RezoraSettings

patient = settings(deadline=None)
"""A busy machine is no reason to fail."""

COLUMNS = ("contact_id", "contact_name", "contact_home_city")

Rows = list[dict[str, str]]

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
TRICKY = st.text(st.sampled_from("ab \\\"|\r\n\t<>&';=+%ü\u2028😀"))
TEXT = st.one_of(ANY_TEXT, TRICKY)
XML_TEXT = TEXT.map(lambda text: "".join(c for c in text if c in "\t\n\r" or c >= " ")).map(
    lambda text: text.replace("\ufffe", "").replace("\uffff", "")
)


def rows_of(text: st.SearchStrategy[str]) -> st.SearchStrategy[Rows]:
    return st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, text)), max_size=4)


def written(rows: Rows, form: Format, **settings: Any) -> bytes:
    """An answer of the emulator, which is written after the documents and not after the reader."""
    collection = Collection("contacts", "contact", COLUMNS, rows)
    return b"".join(write(collection, form, RezoraSettings(**settings)))


def in_pieces(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


def read(form: Format, content: bytes, size: int = 7, columns: Sequence[str] | None = None) -> Rows:
    return list(read_records(form, in_pieces(content, size), columns=columns))


SIZES = st.integers(1, 60)


@patient
@given(rows_of(TEXT), SIZES)
def test_json_is_read_as_it_was_written(rows: Rows, size: int) -> None:
    assert read("json", written(rows, "json"), size) == rows


@patient
@given(rows_of(XML_TEXT), SIZES, st.booleans())
def test_xml_is_read_as_it_was_written(rows: Rows, size: int, is_declared_twice: bool) -> None:
    content = written(rows, "xml", double_xml_declaration=is_declared_twice)
    assert read("xml", content, size) == rows


@patient
@given(rows_of(TEXT), SIZES)
def test_csv_is_read_as_it_was_written(rows: Rows, size: int) -> None:
    assert read("csv", written(rows, "csv"), size) == rows


@patient
@given(rows_of(TEXT), SIZES)
def test_csv_with_doubled_quotes_and_bare_line_feeds_is_read_too(rows: Rows, size: int) -> None:
    def quote(value: str) -> str:
        doubled = value.replace("\\", "\\\\").replace('"', '""')
        return f'"{doubled}"'

    lines = [COLUMNS, *([row[name] for name in COLUMNS] for row in rows)]
    content = "".join("|".join(map(quote, line)) + "\n" for line in lines)
    assert read("csv", content.encode(), size) == rows


BARE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='|"\r\n'))


@patient
@given(rows_of(BARE), SIZES)
def test_csv_of_old_without_quotes_and_header_is_read_too(rows: Rows, size: int) -> None:
    content = written(rows, "csv", csv_look="bare")
    assert read("csv", content, size, columns=COLUMNS) == rows


@patient
@pytest.mark.parametrize("form", ["json", "xml"])
@given(data=st.data())
def test_no_part_of_an_answer_passes_for_the_whole(form: Format, data: st.DataObject) -> None:
    content = written(data.draw(rows_of(XML_TEXT)), form).rstrip()
    end = data.draw(st.integers(1, len(content) - 1))
    with pytest.raises(ValueError):  # noqa: PT011  # its text is not the point
        read(form, content[:end])


@patient
@given(rows_of(TEXT), st.data())
def test_part_of_a_csv_holds_whole_rows_or_is_refused(rows: Rows, data: st.DataObject) -> None:
    content = written(rows, "csv")
    end = data.draw(st.integers(0, len(content)))
    try:
        found = read("csv", content[:end])
    except ValueError:
        return
    assert found == rows[: len(found)]


@patient
@pytest.mark.parametrize("request_format", ["json", "xml", "text"])
@given(value=XML_TEXT)
def test_a_request_says_what_was_meant(request_format: Any, value: str) -> None:
    media_type = {"json": "application/json", "xml": "text/xml", "text": "text/plain"}
    body = WRITERS[request_format]({"list_name": value, "other": ""})
    assert read_fields(media_type[request_format], body) == {"list_name": value, "other": ""}


@patient
@given(st.characters(codec="utf-8", categories=["Cc"], exclude_characters="\t\n\r\x7f"))
def test_what_xml_cannot_carry_is_not_written(character: str) -> None:
    if character < "\x20":
        with pytest.raises(ValueError, match="control character"):
            WRITERS["xml"]({"list_name": f"New{character}"})


@pytest.mark.parametrize("request_format", ["json", "xml", "text"])
def test_what_is_not_unicode_is_not_written(request_format: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # its text is not the point
        WRITERS[request_format]({"list_name": "\ud800"})


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("json", ""),
        ("json", " [ ] \n"),
        ("json", "\ufeff\r\n[]"),
        ("xml", ""),
        ("xml", '<?xml version="1.0" encoding="UTF-8"?><lists version="1.0"/>'),
        ("xml", "\ufeff<lists></lists>"),
        ("xml", '\ufeff<?xml version="1.0"?>\n<?xml version="1.0"?>\n<lists/>'),
        ("csv", ""),
        ("csv", '"list_id"|"list_name"\r\n'),
        ("csv", '\ufeff"list_id"\r\n\r\n'),
    ],
)
def test_nothing_is_no_records_however_it_is_said(form: Format, content: str) -> None:
    assert read(form, content.encode()) == []


@pytest.mark.parametrize(
    ("form", "content", "records"),
    [
        ("json", '[{"a":1,"b":null,"c":1.50,"d":true}]', [("1", "", "1.50", "1")]),
        ("xml", "<r><i><a>x &amp; &#252;</a><b/><c>\n</c><d><!-- -->y</d></i></r>", None),
        (
            "csv",
            '"a"|"b"|"c"|"d"\r\n"C:\\new"|""|"\\\\"|"x\r\n|"',
            [("C:\\new", "", "\\", "x\r\n|")],
        ),
        ("csv", "a|b|c|d\n1||'3'|\"4\"\n", [("1", "", "'3'", "4")]),
    ],
)
def test_values_are_text_whatever_they_are_sent_as(
    form: Format, content: str, records: list[tuple[str, ...]] | None
) -> None:
    found = [tuple(record.values()) for record in read(form, content.encode(), 1)]
    assert found == (records or [("x & ü", "", "\n", "y")])


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("json", "{}"),
        ("json", '{"status": "200"}'),
        ("json", "[1]"),
        ("json", '[{"a": {}}]'),
        ("json", '[{"a": []}]'),
        ("json", "[] []"),
        ("json", "<html></html>"),
        ("json", "\x00"),
        ("xml", "[]"),
        ("xml", "<a/><b/>"),
        ("xml", "<a><b><c><d/></c></b></a>"),
        ("xml", "<a>&unknown;</a>"),
        ("xml", "<p>unclosed<br></p>"),
        ("csv", "<!doctype html>\n<title>Maintenance</title>\n"),
        ("csv", '"a"|"b"\r\n"1"\r\n'),
        ("csv", '"a"\r\n"1"|"2"\r\n'),
        ("csv", '"a"\r\n"1"x\r\n'),
        ("csv", '"a"|"b'),
        ("csv", '"a"|"b"'),
    ],
)
def test_what_is_no_such_answer_is_told(form: Format, content: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # as it is of each format
        read(form, content.encode())


@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_is_not_unicode_is_told(form: Format) -> None:
    contents = {"json": b'[{"a":"\xff"}]', "csv": b'"a"\r\n"\xff"\r\n'}
    with pytest.raises(ValueError):  # noqa: PT011  # as it is of each format
        read(form, contents[form])


BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(
        f'<!ENTITY {y} "{f"&{x};" * 10}">' for x, y in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><lists><list><list_name>&i;</list_name></list></lists>"
)


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        '<!DOCTYPE lists SYSTEM "file:///etc/passwd"><lists/>',
        '<!DOCTYPE l [<!ENTITY e SYSTEM "file:///etc/passwd">]><l><i><a>&e;</a></i></l>',
        "<!DOCTYPE lists><lists/>",
    ],
)
def test_xml_with_a_document_type_is_refused_before_it_is_read(content: str) -> None:
    with pytest.raises(ValueError, match="DTDForbidden"):
        read("xml", content.encode())


def test_a_record_without_an_end_is_not_collected_for_ever() -> None:
    decoder = make_decoder("csv")
    with pytest.raises(ValueError, match="expected rows"):  # noqa: PT012  # any piece may be it
        for _ in range(LONGEST_RECORD):
            decoder.feed(b'"' + b"x" * 99_999)


def test_records_come_as_soon_as_they_are_complete() -> None:
    for form in ("json", "xml", "csv"):
        rows = [dict.fromkeys(COLUMNS, str(number)) for number in range(3)]
        decoder = make_decoder(form)
        arrived = [len(decoder.feed(piece)) for piece in in_pieces(written(rows, form), 1)]
        assert (max(arrived), sum(arrived)) == (1, 3), form
        assert decoder.end() == []


def test_json_of_php_is_read_with_its_escapes() -> None:
    assert read("json", json.dumps([{"a": "Zoë \\/ |"}]).encode()) == [{"a": "Zoë \\/ |"}]
