"""Ids, signatures and the note: what makes every step repeatable."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.services.airflow_api import RunKey
from airflow_talent.slackbot.identity import (
    Starter,
    Step,
    derive_key,
    name_run,
    read_starter,
    sign,
    step_of,
)
from airflow_talent.slackbot.note import (
    MAX_NOTE,
    Line,
    NoteIsFull,
    Post,
    read_line,
    write_line,
)

RUN = RunKey("reference_check", "slack__T1__U1__0123456789abcdef")
STARTER = Starter("T1", "C1", "U1")
KEY = derive_key(b"secret")
LINE = Line(
    "k3x9", posts={"C1": Post("C1", "1.2"), "C2": Post("D1", "3.4", told="success 1769851802.123")}
)


def test_the_same_request_always_names_the_same_run() -> None:
    name = name_run("T1", "U1", "13345224609.738474920.8088930838d88f008e0")

    assert name == name_run("T1", "U1", "13345224609.738474920.8088930838d88f008e0")
    assert name != name_run("T1", "U1", "13345224609.738474920.8088930838d88f008e1")
    # What Airflow allows in run ids.
    assert re.fullmatch(r"slack__T1__U1__[0-9a-f]{16}", name)


def test_a_signed_conf_names_its_starter() -> None:
    assert read_starter({"slack": sign(RUN, STARTER, KEY)}, RUN, KEY) == STARTER


@pytest.mark.parametrize(
    "conf",
    [
        None,
        {},
        {"slack": "T1"},
        {"slack": {"team": "T1", "channel": "C1", "user": "U1"}},
        {"slack": {"team": "T1", "channel": "C1", "user": "U1", "signature": "0" * 64}},
        {"slack": {"team": "T1", "channel": "C1", "user": "U1", "signature": "ä"}},
        {"slack": {"team": 1, "channel": [], "user": None, "signature": {}}},
    ],
)
def test_an_unsigned_conf_names_nobody(conf: Any) -> None:
    assert read_starter(conf, RUN, KEY) is None


@pytest.mark.parametrize("part", ["team", "channel", "user"])
def test_a_changed_part_breaks_the_signature(part: str) -> None:
    forged = {**sign(RUN, STARTER, KEY), part: "X1"}

    assert read_starter({"slack": forged}, RUN, KEY) is None


@pytest.mark.parametrize("run", [RUN._replace(dag_id="x"), RUN._replace(run_id="x")])
def test_a_conf_copied_into_another_run_names_nobody(run: RunKey) -> None:
    assert read_starter({"slack": sign(RUN, STARTER, KEY)}, run, KEY) is None


def test_another_bots_signature_names_nobody() -> None:
    assert read_starter({"slack": sign(RUN, STARTER, derive_key(b"other"))}, RUN, KEY) is None


def test_every_step_has_an_id_of_its_own_for_ever() -> None:
    root, result = Step(RUN, "root@C1"), Step(RUN, "result:a:-1@C1")

    assert root.message_id == Step(RUN, "root@C1").message_id
    assert len({root.message_id, result.message_id, Step(RUN, "root@C2").message_id}) == 3


def test_a_message_is_recognised_by_its_metadata() -> None:
    step = Step(RUN, "root@C1")

    assert step_of({"metadata": step.metadata}) == step


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"metadata": None},
        {"metadata": {"event_type": "talent_run"}},
        {"metadata": {"event_type": "other", "event_payload": Step(RUN, "x").metadata}},
    ],
)
def test_other_messages_are_no_steps(message: dict[str, Any]) -> None:
    assert step_of(message) is None


def test_a_line_is_read_back() -> None:
    assert read_line(write_line(None, LINE)) == LINE


@given(st.text(max_size=300))
def test_what_people_wrote_in_a_note_is_never_changed(note: str) -> None:
    once = write_line(note, LINE)
    twice = write_line(once, replace(LINE, follower=None))

    own = len(write_line(None, LINE))
    assert once == (f"{note}\n" if note else "") + once[-own:]
    assert twice.split("\n")[:-1] == once.split("\n")[:-1]
    assert read_line(twice) == replace(LINE, follower=None)


def test_the_line_is_replaced_where_it_stands() -> None:
    note = write_line("before", LINE) + "\nafter"

    changed = write_line(note, Line("other"))

    assert changed == 'before\ntalent: {"by":"other"}\nafter'


@pytest.mark.parametrize("note", [None, "", "talent: call Ann", "talent: [1]", "a talent: {}"])
def test_lines_that_people_wrote_are_not_taken_for_the_bots(note: str | None) -> None:
    assert read_line(note) is None


@pytest.mark.parametrize(
    "note", ['talent: {"by":1,"posts":[]}', 'talent: {"posts":{"C1":{"ts":1},"C2":null}}']
)
def test_a_damaged_line_says_nothing(note: str) -> None:
    assert read_line(note) == Line()


def test_a_full_note_is_left_alone() -> None:
    with pytest.raises(NoteIsFull):
        write_line("x" * (MAX_NOTE - 10), LINE)
