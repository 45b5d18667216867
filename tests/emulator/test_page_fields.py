"""Block Kit's elements as fields of a web form: what goes out comes back the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.emulator.page_fields import (
    list_choices,
    name_field,
    name_press,
    read_entry,
    read_press,
    read_suggestions,
    write_entries,
)
from airflow_talent.emulator.slack.workspace import Workspace

MINUTES = st.integers(0, 4_000_000_000 // 60).map(lambda minutes: minutes * 60)
NAMES = st.text(min_size=1).filter(lambda name: name.isprintable() or "\n" in name)


def option(name: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": name}, "value": name.lower()}


@given(NAMES, NAMES, st.none() | st.text())
def test_a_press_is_read_as_it_was_written(block: str, action: str, chosen: str | None) -> None:
    block_with, element = {"block_id": block}, {"action_id": action}
    written = name_press(block_with, element, chosen)
    assert read_press(written) == (block, action, chosen)
    assert not any(character.isspace() for character in written)
    assert written.startswith(name_field(block_with, element))


@pytest.mark.parametrize("name", ["", "one", "a/b/c/d"])
def test_a_press_that_no_button_has_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="press"):
        read_press(name)


@given(MINUTES)
def test_a_moment_is_read_as_it_was_written(moment: int) -> None:
    element = {"type": "datetimepicker"}
    (entry,) = write_entries(element, {"selected_date_time": moment})
    assert read_entry(element, [entry]) == moment


@pytest.mark.parametrize(
    ("element", "held", "entries", "value"),
    [
        ("plain_text_input", {"value": "Ada"}, ["Ada"], "Ada"),
        ("plain_text_input", {"value": None}, [], None),
        ("number_input", {"value": "3.5"}, ["3.5"], "3.5"),
        ("datepicker", {"selected_date": "2026-12-01"}, ["2026-12-01"], "2026-12-01"),
        ("static_select", {"selected_option": option("Offer")}, ["offer"], "offer"),
        ("checkboxes", {"selected_options": [option("A"), option("B")]}, ["a", "b"], ["a", "b"]),
        ("checkboxes", {"selected_options": []}, [], []),
        ("users_select", {"selected_user": "U0LEAD"}, ["U0LEAD"], "U0LEAD"),
        ("multi_users_select", {"selected_users": ["U0LEAD"]}, ["U0LEAD"], ["U0LEAD"]),
    ],
)
def test_what_a_field_holds_comes_back(
    element: str, held: dict[str, Any], entries: list[str], value: object
) -> None:
    assert write_entries({"type": element}, held) == entries
    assert read_entry({"type": element}, entries) == value


def test_rich_text_is_shown_as_its_text() -> None:
    section = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": "one "}, {"type": "text", "text": "line"}],
    }
    rich = {"type": "rich_text", "elements": [section, section]}
    held = {"rich_text_value": rich}
    assert write_entries({"type": "rich_text_input"}, held) == ["one line\none line"]


def test_line_ends_of_a_browser_become_those_of_slack() -> None:
    assert read_entry({"type": "plain_text_input"}, ["two\r\nlines"]) == "two\nlines"


@pytest.mark.parametrize(
    ("element", "names"),
    [
        ("users_select", ["Lee Lead", "Gale Guest"]),
        ("multi_channels_select", ["#general", "#random"]),
        ("conversations_select", ["general", "random", "Talent"]),
        ("external_select", []),
    ],
)
def test_a_guest_is_offered_what_a_guest_can_see(element: str, names: list[str]) -> None:
    workspace = Workspace(lambda: datetime.now(UTC))
    workspace.open_conversation(["U0GUEST"])
    workspace.open_conversation(["U0LEAD"])
    for gone in ("U0RECRUIT", "U0ENGINEER", "U0APPROVE"):
        workspace.users[gone].is_deleted = True
    offered = list_choices({"type": element}, workspace, workspace.users["U0GUEST"], [])
    assert [choice.text for choice in offered] == names


def test_the_groups_of_a_menu_are_kept() -> None:
    label = {"type": "plain_text", "text": "Open"}
    answer = {"option_groups": [{"label": label, "options": [option("Sales")]}]}
    (choice,) = read_suggestions(answer)
    assert (choice.value, choice.group) == ("sales", "Open")
