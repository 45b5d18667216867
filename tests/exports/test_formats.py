"""Records in files: the same columns whatever comes, nothing lost, nothing run, little held."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal

import pyarrow  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # as above
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from airflow_talent.clients.fields import Count, Flag, Moment, Number, Text
from airflow_talent.clients.registry import VENDORS, endpoints_of
from airflow_talent.operators import export_formats
from airflow_talent.operators.export import record_type
from airflow_talent.operators.export_formats import OTHER_FIELDS, ROW_GROUP, WRITERS, columns_of


class Stage(StrEnum):
    """Where somebody is."""

    new = "NEW"


class Part(BaseModel):
    """Something inside a record."""

    id: str


class Row(BaseModel):
    """A record with a field of each kind."""

    model_config = ConfigDict(extra="allow")

    id: str
    name: Text = None
    is_active: Flag = None
    count: Count = None
    score: Number = None
    at: Moment = None
    day: date | None = None
    stage: Stage | None = None
    kind: Literal["a", "b"] | None = None
    parts: list[Part] = []
    part: Part | None = None
    anything: Any = None
    named: Text = Field(default=None, validation_alias="Named")


COLUMNS = columns_of(Row)

FULL = Row.model_validate(
    {
        "id": "r-1",
        "name": "Zoë",
        "is_active": "true",
        "count": "3",
        "score": "0.5",
        "at": "2024-02-03T04:05:06+02:00",
        "day": "2024-02-03",
        "stage": "NEW",
        "kind": "a",
        "parts": [{"id": "p-1"}],
        "part": {"id": "p-2"},
        "anything": {"a": [1]},
        "Named": "alias",
        "later": {"b": None},
        "new": 7,
    }
)
BLANK = Row(id="r-2")


def written(form: str, records: list[Any], columns: Any = COLUMNS) -> bytes:
    file = io.BytesIO()
    assert WRITERS[form](file, iter(records), columns) == len(records)
    return file.getvalue()


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_json_lines_hold_the_models_values_and_unknown_fields() -> None:
    full, blank = map(json.loads, written("jsonl", [FULL, BLANK]).splitlines())
    assert full["is_active"] is True
    assert full["count"] == 3
    assert full["at"] == "2024-02-03T04:05:06+02:00"
    assert full["named"] == "alias"
    assert full["later"] == {"b": None}
    assert blank == {**dict.fromkeys(COLUMNS), "id": "r-2", "parts": []}
    assert "Zoë".encode() in written("jsonl", [FULL])


def test_csv_holds_text_as_it_is_nothing_for_null_and_all_else_as_json() -> None:
    full, blank = csv_rows(written("csv", [FULL, BLANK]))
    assert list(full) == [*COLUMNS, OTHER_FIELDS]
    assert full == {
        "id": "r-1",
        "name": "Zoë",
        "is_active": "true",
        "count": "3",
        "score": "0.5",
        "at": "2024-02-03T04:05:06+02:00",
        "day": "2024-02-03",
        "stage": "NEW",
        "kind": "a",
        "parts": '[{"id":"p-1"}]',
        "part": '{"id":"p-2"}',
        "anything": '{"a":[1]}',
        "named": "alias",
        OTHER_FIELDS: '{"later":{"b":null},"new":7}',
    }
    assert {name: value for name, value in blank.items() if value} == {"id": "r-2", "parts": "[]"}


def test_parquet_has_a_type_for_every_column() -> None:
    table = pq.read_table(io.BytesIO(written("parquet", [FULL, BLANK])))
    text = pyarrow.string()
    assert dict(zip(table.schema.names, table.schema.types, strict=True)) == {
        "id": text,
        "name": text,
        "is_active": pyarrow.bool_(),
        "count": pyarrow.int64(),
        "score": pyarrow.float64(),
        "at": pyarrow.timestamp("us", tz="UTC"),
        "day": pyarrow.date32(),
        "stage": text,
        "kind": text,
        "parts": text,
        "part": text,
        "anything": text,
        "named": text,
        OTHER_FIELDS: text,
    }
    full, blank = table.to_pylist()
    assert full["at"] == datetime(2024, 2, 3, 2, 5, 6, tzinfo=UTC)
    assert full["day"] == date(2024, 2, 3)
    assert full["parts"] == '[{"id":"p-1"}]'
    assert full[OTHER_FIELDS] == '{"later":{"b":null},"new":7}'
    assert blank["parts"] == "[]"
    assert blank["at"] is blank["part"] is blank[OTHER_FIELDS] is None


def test_parquet_keeps_its_row_groups_small() -> None:
    content = written("parquet", [Row(id=str(number)) for number in range(2 * ROW_GROUP + 1)])
    groups = pq.ParquetFile(io.BytesIO(content)).metadata
    assert [groups.row_group(place).num_rows for place in range(groups.num_row_groups)] == [
        ROW_GROUP,
        ROW_GROUP,
        1,
    ]


def test_an_empty_index_has_its_columns_all_the_same() -> None:
    assert written("jsonl", []) == b""
    assert written("csv", []).decode() == ",".join([*COLUMNS, OTHER_FIELDS]) + "\r\n"
    table = pq.read_table(io.BytesIO(written("parquet", [])))
    assert table.schema.names == [*COLUMNS, OTHER_FIELDS]
    assert table.num_rows == 0


@pytest.mark.parametrize("form", WRITERS)
def test_records_without_a_model_lose_nothing(form: str) -> None:
    content = written(form, [{"a": 1}, {"b": "x"}], columns_of(dict[str, Any]))
    if form == "jsonl":
        assert [json.loads(line) for line in content.splitlines()] == [{"a": 1}, {"b": "x"}]
        return
    read = (
        pq.read_table(io.BytesIO(content)).to_pylist() if form == "parquet" else csv_rows(content)
    )
    assert [json.loads(row[OTHER_FIELDS]) for row in read] == [{"a": 1}, {"b": "x"}]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+41 44 000",
        "-5",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\tx",
        "\x00=1",
        "  =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
        '=HYPERLINK("http://127.0.0.1")',
    ],
)
def test_text_that_a_spreadsheet_would_run_is_made_text(text: str) -> None:
    (row,) = csv_rows(written("csv", [Row(id=text)]))
    assert row["id"] == f"'{text}"
    assert json.loads(written("jsonl", [Row(id=text)]))["id"] == text


@pytest.mark.parametrize("text", ["a=1", "1-2", "ada@people.test", "'=1", "x\n=1", " ", "", "(=1)"])
def test_other_text_stays_as_it_is(text: str) -> None:
    (row,) = csv_rows(written("csv", [Row(id=text)]))
    assert row["id"] == text


def test_numbers_are_no_formulas() -> None:
    (row,) = csv_rows(written("csv", [Row(id="r", count=-3, score=-0.5)]))
    assert (row["count"], row["score"]) == ("-3", "-0.5")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_any_text_comes_back_but_for_an_apostrophe(texts: list[str]) -> None:
    records = [Row(id=text, name=text) for text in texts]
    for row, text in zip(csv_rows(written("csv", records)), texts, strict=True):
        assert row["id"] in (text, f"'{text}")
        assert not row["id"].lstrip().startswith(("=", "+", "-", "@"))
    lines = written("jsonl", records).split(b"\n")[:-1]
    assert [json.loads(line)["id"] for line in lines] == texts
    table = pq.read_table(io.BytesIO(written("parquet", records)))
    assert table["name"].to_pylist() == texts


class Counted(Row):
    """Knows how many of its kind there are."""

    alive: ClassVar[int] = 0

    def model_post_init(self, _: Any) -> None:
        Counted.alive += 1

    def __del__(self) -> None:
        Counted.alive -= 1


@pytest.mark.parametrize("form", WRITERS)
def test_no_more_records_are_held_than_are_written_at_a_time(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_formats, "LOT", 10)
    monkeypatch.setattr(export_formats, "ROW_GROUP", 10)
    held: list[int] = []

    def records() -> Iterator[Row]:
        for number in range(500):
            held.append(Counted.alive)
            yield Counted(id=str(number))

    assert WRITERS[form](io.BytesIO(), records(), COLUMNS) == 500
    # A lot that is written while the next one is gathered.
    assert max(held) <= 20


def indexes() -> list[tuple[str, str]]:
    return [
        (vendor, name) for vendor in VENDORS for name in endpoints_of(vendor) if "list_" in name
    ]


@pytest.mark.parametrize(("vendor", "name"), indexes())
def test_every_index_of_every_vendor_has_columns(vendor: str, name: str) -> None:
    columns = columns_of(record_type(endpoints_of(vendor)[name]))
    assert len(columns) > 1
    written("parquet", [], columns)
