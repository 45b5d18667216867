"""Block Kit's published limits, as one table, and the two functions that walk it.

Slack refuses a whole message with `invalid_blocks` when one block breaks a limit; the sentence
that says which (with a JSON pointer) is what developers search for, so it is given here in
Slack's own wording. Numbers: https://docs.slack.dev/reference/block-kit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Json = dict[str, Any]

MAX_BLOCKS = 50
MAX_ID = 255
MAX_TABLE_CELLS = 20
MAX_TABLE_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """A field that is a bare string."""

    field: str
    most: int
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A field that is a text object."""

    field: str
    most: int
    is_required: bool = False
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of text objects."""

    field: str
    most: int
    most_each: int
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """A list of elements, each checked by its own type, which must be one of `types`."""

    field: str
    most: int
    types: frozenset[str]
    is_required: bool = True
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One element, checked by its own type."""

    field: str
    types: frozenset[str]
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of a menu, a radio group or a set of boxes."""

    most: int
    may_be_grouped: bool = False


Rule = Line | Text | Texts | Parts | Part | Options

_ACTION = Line("action_id", MAX_ID)
_PLACEHOLDER = Text("placeholder", 150, is_plain=True)

ELEMENTS: dict[str, tuple[Rule, ...]] = {
    "button": (
        _ACTION,
        Text("text", 75, is_required=True, is_plain=True),
        Line("value", 2000),
        Line("url", 3000),
        Line("accessibility_label", 75),
    ),
    "static_select": (_ACTION, _PLACEHOLDER, Options(100, may_be_grouped=True)),
    "multi_static_select": (_ACTION, _PLACEHOLDER, Options(100, may_be_grouped=True)),
    "users_select": (_ACTION, _PLACEHOLDER),
    "channels_select": (_ACTION, _PLACEHOLDER),
    "conversations_select": (_ACTION, _PLACEHOLDER),
    "datepicker": (_ACTION, _PLACEHOLDER),
    "timepicker": (_ACTION, _PLACEHOLDER),
    "datetimepicker": (_ACTION,),
    "overflow": (_ACTION, Options(5)),
    "radio_buttons": (_ACTION, Options(10)),
    "checkboxes": (_ACTION, Options(10)),
    "image": (
        Line("image_url", 3000, is_required=True),
        Line("alt_text", 2000, is_required=True),
    ),
    "plain_text": (Line("text", 3000, is_required=True),),
    "mrkdwn": (Line("text", 3000, is_required=True),),
}

OPTION = (Text("text", 75, is_required=True), Line("value", 150), Text("description", 75))
CONFIRM = (Text("title", 100), Text("text", 300), Text("confirm", 30), Text("deny", 30))

INTERACTIVE = frozenset(ELEMENTS) - {"image", "plain_text", "mrkdwn"}
RICH_INLINE: dict[str, tuple[Rule, ...]] = {
    "text": (Line("text", 12_000, is_required=True),),
    "link": (Line("url", 3000, is_required=True), Line("text", 3000)),
    "user": (Line("user_id", 32, is_required=True),),
    "usergroup": (Line("usergroup_id", 32, is_required=True),),
    "channel": (Line("channel_id", 32, is_required=True),),
    "broadcast": (Line("range", 32, is_required=True),),
    "emoji": (Line("name", 100, is_required=True),),
    "color": (Line("value", 32, is_required=True),),
    "date": (Line("format", 300, is_required=True), Line("fallback", 300)),
}
_INLINE = Parts("elements", 1000, frozenset(RICH_INLINE), may_be_empty=True)
_ITEMS = Parts("elements", 1000, frozenset({"rich_text_section"}))
RICH: dict[str, tuple[Rule, ...]] = {
    "rich_text_section": (_INLINE,),
    "rich_text_preformatted": (_INLINE,),
    "rich_text_quote": (_INLINE,),
    "rich_text_list": (_ITEMS,),
}
PARTS = {**ELEMENTS, **RICH_INLINE, **RICH}
RICH_TEXT = (Parts("elements", 1000, frozenset(RICH)),)
CELLS: dict[str, tuple[Rule, ...]] = {
    "raw_text": (Line("text", MAX_TABLE_CHARACTERS),),
    "rich_text": RICH_TEXT,
}

BLOCKS: dict[str, tuple[Rule, ...]] = {
    "section": (
        Text("text", 3000),
        Texts("fields", 10, 2000),
        Part("accessory", INTERACTIVE | {"image"}),
    ),
    "header": (Text("text", 150, is_required=True, is_plain=True),),
    "divider": (),
    "image": (
        Line("image_url", 3000, is_required=True),
        Line("alt_text", 2000, is_required=True),
        Text("title", 2000, is_plain=True),
    ),
    "context": (Parts("elements", 10, frozenset({"image", "plain_text", "mrkdwn"})),),
    "actions": (Parts("elements", 25, INTERACTIVE),),
    "markdown": (Line("text", 12_000, is_required=True),),
    "rich_text": RICH_TEXT,
    "table": (),
    # Known to Slack, not checked here.
    **dict.fromkeys(
        (
            "alert",
            "call",
            "card",
            "carousel",
            "container",
            "context_actions",
            "file",
            "input",
            "plan",
            "task_card",
            "video",
        ),
        (),
    ),
}


def find_block_problem(blocks: object) -> str | None:
    """Slack's sentence about the first limit that `blocks` breaks, or None.

    The checks below stop there too: each may rely on what those before it have found in order.
    """
    return next(_problems(blocks), None)


def name_blocks(blocks: list[Json], number: Callable[[], int]) -> list[Json]:
    """A copy of valid blocks in which each has a `block_id` and each element that people can use
    an `action_id`, as Slack adds them; `number` gives the next free number."""
    named = []
    for block in blocks:
        block = {**block, "block_id": block.get("block_id") or f"b{number()}"}
        for field in _used_fields(block):
            parts = block[field]
            if isinstance(parts, list):
                block[field] = [_name_element(part, number) for part in parts]
            else:
                block[field] = _name_element(parts, number)
        named.append(block)
    return named


def interactive_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every (block, element) of a message that a person can press or choose from."""
    for block in blocks:
        for field in _used_fields(block):
            parts = block[field] if isinstance(block[field], list) else [block[field]]
            yield from ((block, part) for part in parts if part["type"] in INTERACTIVE)


def _used_fields(block: Json) -> list[str]:
    """Where a block keeps what people can use."""
    field = {"actions": "elements", "section": "accessory"}.get(block["type"])
    return [field] if field and block.get(field) else []


def _name_element(element: Json, number: Callable[[], int]) -> Json:
    if element["type"] not in INTERACTIVE:
        return element
    return {**element, "action_id": element.get("action_id") or f"a{number()}"}


def _problems(blocks: object) -> Iterator[str]:
    yield from _list_problems(blocks, MAX_BLOCKS, "/blocks")
    assert isinstance(blocks, list)  # noqa: S101 - the line above has seen to it
    for index, block in enumerate(blocks):
        yield from _typed_problems(block, BLOCKS, f"/blocks/{index}")
    yield from _twin_problems(blocks, "block_id", "/blocks")
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield "only_one_table_allowed [json-pointer:/blocks]"


def _typed_problems(
    value: object, known: Mapping[str, tuple[Rule, ...]], pointer: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"must be an object [json-pointer:{pointer}]"
        return
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in known:
        yield f"unsupported type: {kind} [json-pointer:{pointer}/type]"
        return
    yield from _object_problems(value, (Line("block_id", MAX_ID), *known[kind]), pointer)
    if kind == "section" and not (value.get("text") or value.get("fields")):
        yield f"missing required field: text [json-pointer:{pointer}]"
    if kind == "table":
        yield from _table_problems(value, pointer)


def _object_problems(value: object, rules: tuple[Rule, ...], pointer: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"must be an object [json-pointer:{pointer}]"
        return
    for rule in rules:
        yield from _rule_problems(value, rule, pointer)


def _rule_problems(value: Json, rule: Rule, pointer: str) -> Iterator[str]:
    if isinstance(rule, Options):
        yield from _choice_problems(value, rule, pointer)
        return
    found, place = value.get(rule.field), f"{pointer}/{rule.field}"
    if found is None:
        if rule.is_required:
            yield f"missing required field: {rule.field} [json-pointer:{pointer}]"
        return
    match rule:
        case Line(_, most, is_required):
            yield from _line_problems(found, most, place, may_be_empty=not is_required)
        case Text(_, most, _, is_plain):
            yield from _text_problems(found, most, place, is_plain=is_plain)
        case Texts(_, most, most_each):
            yield from _list_problems(found, most, place)
            for index, text in enumerate(found):
                yield from _text_problems(text, most_each, f"{place}/{index}")
        case Part(_, types):
            yield from _part_problems(found, types, place)
        case Parts(_, most, types, _, may_be_empty):
            yield from _list_problems(found, most, place, may_be_empty=may_be_empty)
            for index, part in enumerate(found):
                yield from _part_problems(part, types, f"{place}/{index}")
            yield from _twin_problems(found, "action_id", place)


def _part_problems(part: object, types: frozenset[str], pointer: str) -> Iterator[str]:
    yield from _typed_problems(part, {kind: PARTS[kind] for kind in types}, pointer)
    if isinstance(part, dict) and part.get("confirm") is not None:
        yield from _object_problems(part["confirm"], CONFIRM, f"{pointer}/confirm")


def _twin_problems(items: list[Json], field: str, pointer: str) -> Iterator[str]:
    counts = Counter(item[field] for item in items if item.get(field))
    for name, count in counts.items():
        if count > 1:
            yield f"`{field}` already exists: {name} [json-pointer:{pointer}]"


def _list_problems(
    items: object, most: int, pointer: str, *, may_be_empty: bool = True
) -> Iterator[str]:
    if not isinstance(items, list):
        yield f"must be an array [json-pointer:{pointer}]"
    elif len(items) > most:
        yield f"no more than {most} items allowed [json-pointer:{pointer}]"
    elif not (items or may_be_empty):
        yield f"no fewer than 1 items allowed [json-pointer:{pointer}]"


def _line_problems(
    line: object, most: int, pointer: str, *, may_be_empty: bool = True
) -> Iterator[str]:
    if not isinstance(line, str):
        yield f"must be a string [json-pointer:{pointer}]"
    elif len(line) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{pointer}]"
    elif not (line or may_be_empty):
        yield f"must be more than 0 characters [json-pointer:{pointer}]"


def _text_problems(
    text: object, most: int, pointer: str, *, is_plain: bool = False
) -> Iterator[str]:
    kinds = ("plain_text",) if is_plain else ("plain_text", "mrkdwn")
    rules = (Line("text", most, is_required=True),)
    yield from _typed_problems(text, dict.fromkeys(kinds, rules), pointer)


def _choice_problems(value: Json, rule: Options, pointer: str) -> Iterator[str]:
    """A menu has options, or groups of them when its kind allows groups."""
    options, groups = value.get("options"), value.get("option_groups")
    if options is None and not rule.may_be_grouped:
        yield f"missing required field: options [json-pointer:{pointer}]"
    elif options is None and groups is None:
        yield f"missing required field: options or option_groups [json-pointer:{pointer}]"
    elif options is not None:
        yield from _option_problems(options, rule.most, f"{pointer}/options")
    else:
        place = f"{pointer}/option_groups"
        yield from _list_problems(groups, rule.most, place, may_be_empty=False)
        for index, group in enumerate(groups or []):
            label = Text("label", 75, is_required=True, is_plain=True)
            yield from _object_problems(group, (label,), f"{place}/{index}")
            yield from _option_problems(group.get("options"), rule.most, f"{place}/{index}/options")


def _option_problems(options: object, most: int, pointer: str) -> Iterator[str]:
    yield from _list_problems(options, most, pointer, may_be_empty=False)
    assert isinstance(options, list)  # noqa: S101 - the line above has seen to it
    for index, option in enumerate(options):
        yield from _object_problems(option, OPTION, f"{pointer}/{index}")


def _table_problems(table: Json, pointer: str) -> Iterator[str]:
    rows = table.get("rows")
    yield from _list_problems(rows, 100, f"{pointer}/rows", may_be_empty=False)
    columns = table.get("column_settings") or []
    yield from _list_problems(columns, MAX_TABLE_CELLS, f"{pointer}/column_settings")
    characters = 0
    for index, row in enumerate(rows or []):
        yield from _list_problems(row, MAX_TABLE_CELLS, f"{pointer}/rows/{index}")
        for column, cell in enumerate(row):
            yield from _typed_problems(cell, CELLS, f"{pointer}/rows/{index}/{column}")
            characters += len(cell.get("text") or "")
    if characters > MAX_TABLE_CHARACTERS:
        yield f"must be less than {MAX_TABLE_CHARACTERS + 1} characters [json-pointer:{pointer}]"
