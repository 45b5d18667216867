"""Fields read what means the same the same, and refuse to guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from airflow_talent.clients.fields import Count, Flag, Moment, Number, Text

FLAG: TypeAdapter[Any] = TypeAdapter(Flag)
COUNT: TypeAdapter[Any] = TypeAdapter(Count)
NUMBER: TypeAdapter[Any] = TypeAdapter(Number)
MOMENT: TypeAdapter[Any] = TypeAdapter(Moment)
TEXT: TypeAdapter[Any] = TypeAdapter(Text)

blanks = st.text(" \t\n", max_size=3)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=offsets)  # noqa: DTZ001  # hypothesis wants them naive


def spelt(word: str) -> st.SearchStrategy[str]:
    """A word in any case, with blanks around it."""
    letters = st.tuples(*(st.sampled_from([c.lower(), c.upper()]) for c in word)).map("".join)
    return st.builds("{}{}{}".format, blanks, letters, blanks)


@given(st.booleans().flatmap(lambda b: st.tuples(st.just(b), spelt(str(b)))))
def test_a_flag_is_read_however_it_is_spelt(case: tuple[bool, str]) -> None:
    meant, written = case
    assert FLAG.validate_python(written) is meant


@pytest.mark.parametrize(("value", "meant"), [(1, True), ("1", True), (0, False), ("0", False)])
def test_a_flag_may_be_a_number(value: Any, meant: bool) -> None:
    assert FLAG.validate_python(value) is meant


@given(st.text())
def test_a_flag_is_never_guessed(text: str) -> None:
    word = text.strip().lower()
    if word in {"true", "1", "yes", "t"}:
        assert FLAG.validate_python(text) is True
    elif word in {"false", "0", "no", "f"}:
        assert FLAG.validate_python(text) is False
    elif not word:
        assert FLAG.validate_python(text) is None
    else:
        with pytest.raises(ValidationError):
            FLAG.validate_python(text)


@given(blanks)
def test_blank_is_nothing(blank: str) -> None:
    for field in (FLAG, COUNT, NUMBER, MOMENT):
        assert field.validate_python(blank) is None
        assert field.validate_python(None) is None


@given(st.integers(-(10**15), 10**15))
def test_a_count_may_be_text(number: int) -> None:
    assert COUNT.validate_python(str(number)) == COUNT.validate_python(number) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_may_be_text(number: float) -> None:
    assert NUMBER.validate_python(repr(number)) == NUMBER.validate_python(number) == number


@given(moments)
def test_a_moment_is_the_same_instant_with_any_offset(moment: datetime) -> None:
    read = MOMENT.validate_python(moment.isoformat())
    assert read == moment
    assert read.tzinfo is not None
    in_utc = moment.astimezone(UTC)
    milliseconds = in_utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{in_utc.microsecond // 1000:03d}Z"
    assert abs(MOMENT.validate_python(milliseconds) - moment) < timedelta(milliseconds=1)


@given(moments)
def test_a_moment_without_an_offset_is_utc(moment: datetime) -> None:
    naive = moment.replace(tzinfo=None)
    assert MOMENT.validate_python(naive.isoformat()) == naive.replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2023-13-01T00:00:00Z", "12:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)


@given(st.one_of(st.text(), st.integers(), st.none()))
def test_text_is_kept_and_numbers_become_text(value: Any) -> None:
    assert TEXT.validate_python(value) == (value if value is None else str(value))


def test_truth_as_text_is_what_json_calls_it() -> None:
    assert (TEXT.validate_python(True), TEXT.validate_python(False)) == ("true", "false")
