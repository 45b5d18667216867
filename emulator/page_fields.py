"""Block Kit's elements as fields of a web form, and what a person entered into them.

Source: https://docs.slack.dev/reference/block-kit/block-elements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from .slack.forms import ENTRIES

if TYPE_CHECKING:
    from .slack.records import Channel, Json, User
    from .slack.workspace import Workspace

MINUTES = "%Y-%m-%dT%H:%M"
"""How a browser writes a date with a time."""

INPUT_TYPES = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "datetime-local",
}
"""The elements that are one line to fill in, with the browser's name for each."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option as a person sees it; texts are text objects, or bare names."""

    value: str
    text: Json | str
    description: Json | None = None
    group: str = ""


def name_field(block: Json, element: Json) -> str:
    """The name of an element on its form, without a space whatever the app called it."""
    return f"{quote(block['block_id'], safe='')}/{quote(element['action_id'], safe='')}"


def name_press(block: Json, element: Json, option: str | None = None) -> str:
    """What a button says was pressed: the element, and the option when it stands for one."""
    name = name_field(block, element)
    return name if option is None else f"{name}/{quote(option, safe='')}"


def read_press(name: str) -> tuple[str, str, str | None]:
    """The block, the action and the option that `name_press` wrote; `ValueError` for others."""
    match [unquote(part) for part in name.split("/")]:
        case [block_id, action_id]:
            return block_id, action_id, None
        case [block_id, action_id, option]:
            return block_id, action_id, option
        case _:
            raise ValueError(f"{name!r} is no button to press")


def is_of_several(element: Json) -> bool:
    """Whether a person may choose more than one of its options."""
    return ENTRIES[element["type"]].is_many


def is_chosen_from_list(element: Json) -> bool:
    """Whether its options are best shown as a list, each with its own box."""
    kind = element["type"]
    is_open = kind in ("checkboxes", "radio_buttons", "external_select")
    return is_open or kind.startswith("multi_")


def list_choices(
    element: Json, workspace: Workspace, me: User, chosen: Sequence[Any]
) -> list[Choice]:
    """What can be chosen; of a menu that asks the app while one types, what is chosen."""
    match element["type"].removeprefix("multi_"):
        case "users_select":
            people = (one for one in workspace.users.values() if not one.is_bot)
            return [Choice(one.id, one.real_name) for one in people if not one.is_deleted]
        case "channels_select":
            public = (one for one in workspace.channels.values() if one.kind == "public")
            return [Choice(one.id, f"#{one.name}") for one in public]
        case "conversations_select":
            seen = (one for one in workspace.channels.values() if one.is_visible_to(me.id))
            return [Choice(one.id, name_conversation(one, workspace, me)) for one in seen]
        case "external_select":
            return [_read_option(option) for option in chosen]
        case _:
            return [*_read_options(element)]


def name_conversation(channel: Channel, workspace: Workspace, me: User) -> str:
    """A channel's name, or who else is in a conversation without one."""
    if channel.kind in ("public", "private"):
        return channel.name
    others = [workspace.users[member].real_name for member in channel.members if member != me.id]
    return ", ".join(others)


def read_suggestions(answer: Json) -> list[Choice]:
    """The choices in an app's answer to what was typed into a menu."""
    return [*_read_options(answer)]


def _read_options(holder: Json) -> Iterator[Choice]:
    for option in holder.get("options") or []:
        yield _read_option(option)
    for group in holder.get("option_groups") or []:
        for option in group["options"]:
            yield _read_option(option, str(group["label"]["text"]))


def _read_option(option: Json, group: str = "") -> Choice:
    return Choice(str(option.get("value", "")), option["text"], option.get("description"), group)


def write_entries(element: Json, held: Json) -> list[str]:
    """A field's value, as the API shows it, as a browser writes it."""
    value = held.get(ENTRIES[element["type"]].key)
    if element["type"] == "rich_text_input":
        return [_flatten(value)]
    values = value if isinstance(value, list) else [value]
    return [_write(element, one) for one in values if one not in (None, "")]


def _write(element: Json, value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("value", ""))
    if element["type"] == "datetimepicker":
        return datetime.fromtimestamp(value, UTC).strftime(MINUTES)
    return str(value)


def _flatten(rich: Any) -> str:
    """The text in a rich text object, a line for each of its parts."""
    if not isinstance(rich, dict):
        return ""
    separator = "\n" if rich.get("type") in ("rich_text", "rich_text_list") else ""
    return str(rich.get("text", "")) + separator.join(map(_flatten, rich.get("elements", [])))


def read_entry(element: Json, entries: Sequence[str]) -> Any:
    """What a browser sent for a field, as the acts of people take it; None for nothing."""
    filled = [entry for entry in entries if entry]
    if ENTRIES[element["type"]].is_many:
        return filled
    if not filled:
        return None
    if element["type"] == "datetimepicker":
        return int(datetime.fromisoformat(filled[0]).replace(tzinfo=UTC).timestamp())
    return filled[0].replace("\r\n", "\n")
