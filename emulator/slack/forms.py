"""Filling in: what a person may put into each element, and how the app is told of it.

Sources: https://docs.slack.dev/reference/block-kit/block-elements and
https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any

from .blocks import elements_of as elements_of
from .blocks import options_of
from .records import Json, SlackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class Reading:
    """Who enters something, into which element, and what there is to choose from."""

    element: Json
    workspace: Workspace
    user: str
    base_url: str
    suggested: list[Json]


@dataclass(frozen=True, slots=True)
class Entry:
    """How one type of element is filled in.

    `key` names its value in a state, `initial` the field of the element with the first value,
    `read` turns what a person enters into the value, or refuses what nobody could enter there.
    """

    key: str
    initial: str
    read: Callable[[Reading, Any], Any]
    is_many: bool = False


def _read_line(_: Reading, entered: Any) -> str | None:
    return None if entered is None or entered == "" else str(entered)


def _read_rich_text(reading: Reading, entered: Any) -> Json | None:
    """Rich text as it is, or typed text as the one paragraph it makes."""
    if entered is None or entered == "" or isinstance(entered, dict):
        return entered or None
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": str(entered)}]}
    return {"type": "rich_text", "elements": [section]}


def _read_option(reading: Reading, entered: Any) -> Json | None:
    return None if entered in (None, "") else _find_option(reading, entered)


def _read_options(reading: Reading, entered: Any) -> list[Json]:
    return [_find_option(reading, value) for value in _as_list(reading, entered)]


def _find_option(reading: Reading, value: Any) -> Json:
    for option in [*options_of(reading.element), *reading.suggested]:
        if value == option or value == option.get("value"):
            return option
    raise SlackError("option_not_found")


def _read_user(reading: Reading, entered: Any) -> str | None:
    if entered in (None, ""):
        return None
    return reading.workspace.user(str(entered)).id


def _read_channel(reading: Reading, entered: Any) -> str | None:
    if entered in (None, ""):
        return None
    return reading.workspace.find_place(str(entered), seen_by=reading.user).id


def _read_public_channel(reading: Reading, entered: Any) -> str | None:
    channel = _read_channel(reading, entered)
    if channel and reading.workspace.channels[channel].kind != "public":
        raise SlackError("channel_not_found")
    return channel


def _read_date(_: Reading, entered: Any) -> str | None:
    return None if entered in (None, "") else _parse(date.fromisoformat, entered).isoformat()


def _read_time(_: Reading, entered: Any) -> str | None:
    return None if entered in (None, "") else _parse(time.fromisoformat, entered).strftime("%H:%M")


def _read_moment(_: Reading, entered: Any) -> int | None:
    return None if entered in (None, "") else int(_parse(int, entered))


def _parse(parse: Callable[[str], Any], entered: Any) -> Any:
    try:
        return parse(str(entered))
    except ValueError:
        raise SlackError("invalid_value", value=str(entered)) from None


def _read_files(reading: Reading, entered: Any) -> list[Json]:
    files = []
    for identifier in _as_list(reading, entered):
        file = reading.workspace.files.get(str(identifier))
        if file is None or file.user != reading.user:
            raise SlackError("file_not_found")
        files.append(file.shown(reading.base_url))
    return files


def _many(read: Callable[[Reading, Any], Any]) -> Callable[[Reading, Any], list[Any]]:
    def read_each(reading: Reading, entered: Any) -> list[Any]:
        return [read(reading, one) for one in _as_list(reading, entered)]

    return read_each


def _as_list(reading: Reading, entered: Any) -> list[Any]:
    listed = entered if isinstance(entered, list) else [] if entered in (None, "") else [entered]
    if len(listed) > reading.element.get("max_selected_items", len(listed)):
        raise SlackError("too_many_options")
    return listed


ENTRIES: Mapping[str, Entry] = {
    "plain_text_input": Entry("value", "initial_value", _read_line),
    "number_input": Entry("value", "initial_value", _read_line),
    "email_text_input": Entry("value", "initial_value", _read_line),
    "url_text_input": Entry("value", "initial_value", _read_line),
    "rich_text_input": Entry("rich_text_value", "initial_value", _read_rich_text),
    "static_select": Entry("selected_option", "initial_option", _read_option),
    "external_select": Entry("selected_option", "initial_option", _read_option),
    "radio_buttons": Entry("selected_option", "initial_option", _read_option),
    "checkboxes": Entry("selected_options", "initial_options", _read_options, is_many=True),
    "multi_static_select": Entry(
        "selected_options", "initial_options", _read_options, is_many=True
    ),
    "multi_external_select": Entry(
        "selected_options", "initial_options", _read_options, is_many=True
    ),
    "users_select": Entry("selected_user", "initial_user", _read_user),
    "multi_users_select": Entry("selected_users", "initial_users", _many(_read_user), is_many=True),
    "conversations_select": Entry("selected_conversation", "initial_conversation", _read_channel),
    "multi_conversations_select": Entry(
        "selected_conversations", "initial_conversations", _many(_read_channel), is_many=True
    ),
    "channels_select": Entry("selected_channel", "initial_channel", _read_public_channel),
    "multi_channels_select": Entry(
        "selected_channels", "initial_channels", _many(_read_public_channel), is_many=True
    ),
    "datepicker": Entry("selected_date", "initial_date", _read_date),
    "timepicker": Entry("selected_time", "initial_time", _read_time),
    "datetimepicker": Entry("selected_date_time", "initial_date_time", _read_moment),
    "file_input": Entry("files", "", _read_files, is_many=True),
}
"""Every element that keeps what was entered; buttons and overflow menus do not."""


def find_element(
    blocks: Iterable[Json], action_id: str, block_id: str | None = None
) -> tuple[Json, Json]:
    """The (block, element) of this action; `action_not_found` when there is none."""
    for block, element in elements_of(blocks):
        if element["action_id"] == action_id and block_id in (None, block["block_id"]):
            return block, element
    raise SlackError("action_not_found")


def find_field(blocks: Iterable[Json], name: str) -> tuple[Json, Json]:
    """The (block, element) that a person calls by its block_id, action_id or label."""
    for block, element in elements_of(blocks):
        label = block["label"]["text"] if block["type"] == "input" else None
        if name in (block["block_id"], element["action_id"], label) and element["type"] in ENTRIES:
            return block, element
    raise SlackError("field_not_found", field=name)


def read_value(reading: Reading, entered: Any) -> Json:
    """What an element's state becomes when a person enters something."""
    kind = reading.element["type"]
    entry = ENTRIES[kind]
    return {"type": kind, entry.key: entry.read(reading, entered)}


def read_state(blocks: Iterable[Json], entered: Mapping[str, Mapping[str, Json]]) -> Json:
    """The values of all elements by block_id and action_id: what was entered, else the first."""
    state: Json = {}
    for block, element in elements_of(blocks):
        if element["type"] in ENTRIES:
            known = entered.get(block["block_id"], {}).get(element["action_id"])
            values = state.setdefault(block["block_id"], {})
            values[element["action_id"]] = known or _first_value(element)
    return state


def keep_entered(
    blocks: Iterable[Json], state: Mapping[str, Mapping[str, Json]]
) -> dict[str, dict[str, Json]]:
    """What of a state stays when blocks are replaced: elements with the same ids and type."""
    kept: dict[str, dict[str, Json]] = {}
    for block, element in elements_of(blocks):
        value = state.get(block["block_id"], {}).get(element["action_id"])
        if value and value["type"] == element["type"]:
            kept.setdefault(block["block_id"], {})[element["action_id"]] = value
    return kept


def _first_value(element: Json) -> Json:
    entry = ENTRIES[element["type"]]
    first = element.get(entry.initial)
    return {"type": element["type"], entry.key: [] if entry.is_many and not first else first}


@dataclass(frozen=True, slots=True)
class Filling:
    """One person before the elements of a message or a view.

    `entered` is filled in; `suggested` holds what the app offered for external menus.
    """

    blocks: list[Json]
    entered: dict[str, dict[str, Json]]
    suggested: Mapping[str, list[Json]]
    workspace: Workspace
    user: str
    base_url: str

    def enter(self, values: Mapping[str, Any]) -> None:
        """Put values into fields, named as `find_field` finds them: all of them, or none."""
        found = [(*find_field(self.blocks, name), value) for name, value in values.items()]
        read = [(block, element, self._read(element, value)) for block, element, value in found]
        for block, element, state in read:
            self._keep(block, element, state)

    def use(self, action_id: str, block_id: str | None, value: Any) -> tuple[Json, Json, Json]:
        """Press or choose: the block, the element, and what an action says was done to it."""
        block, element = find_element(self.blocks, action_id, block_id)
        if element["type"] in ENTRIES:
            state = self._read(element, value)
            self._keep(block, element, state)
            return block, element, state
        if element["type"] == "overflow":
            return block, element, {"selected_option": _find_option(self._reading(element), value)}
        kept = ("text", "value", "style", "url")
        return block, element, {key: element[key] for key in kept if key in element}

    def _read(self, element: Json, value: Any) -> Json:
        return read_value(self._reading(element), value)

    def _reading(self, element: Json) -> Reading:
        suggested = self.suggested.get(element["action_id"], [])
        return Reading(element, self.workspace, self.user, self.base_url, suggested)

    def _keep(self, block: Json, element: Json, state: Json) -> None:
        self.entered.setdefault(block["block_id"], {})[element["action_id"]] = state
