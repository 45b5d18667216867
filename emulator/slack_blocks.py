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
    from collections.abc import Callable, Iterator

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


@dataclass(frozen=True, slots=True)
class Parts:
    """A list of elements, each checked by its own type, which must be one of `types`."""

    field: str
    most: int
    types: frozenset[str]
    is_required: bool = True


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
    is_required: bool = True


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
    "static_select": (_ACTION, _PLACEHOLDER, Options(100, is_required=False)),
    "multi_static_select": (_ACTION, _PLACEHOLDER, Options(100, is_required=False)),
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

INTERACTIVE = frozenset(ELEMENTS) - {"image", "plain_text", "mrkdwn"}
RICH_PARTS = frozenset(
    {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
)

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
    "rich_text": (Parts("elements", 1000, RICH_PARTS),),
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
    """Slack's sentence about the first limit that `blocks` breaks, or None."""
    return next(_problems(blocks), None)


def name_blocks(blocks: list[Json], number: Callable[[], int]) -> list[Json]:
    """A copy in which each block has a `block_id` and each element that people can use an
    `action_id`, as Slack adds them; `number` gives the next free number."""
    named = []
    for block in blocks:
        block = {"block_id": f"b{number()}", **block}
        if "elements" in block and block["type"] == "actions":
            block["elements"] = [_name_element(part, number) for part in block["elements"]]
        if "accessory" in block:
            block["accessory"] = _name_element(block["accessory"], number)
        named.append(block)
    return named


def interactive_elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every (block, element) of a message that a person can press or choose from."""
    for block in blocks:
        parts = block.get("elements", []) if block["type"] == "actions" else []
        for part in [*parts, block.get("accessory", {})]:
            if part.get("type") in INTERACTIVE:
                yield block, part


def _name_element(element: Json, number: Callable[[], int]) -> Json:
    if element.get("type") not in INTERACTIVE:
        return element
    return {"action_id": f"a{number()}", **element}


def _problems(blocks: object) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield "must be an array [json-pointer:/blocks]"
        return
    if len(blocks) > MAX_BLOCKS:
        yield f"no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]"
    for index, block in enumerate(blocks):
        yield from _typed_problems(block, BLOCKS, f"/blocks/{index}")
    ids = Counter(block["block_id"] for block in blocks if block.get("block_id"))
    yield from (f"`block_id` already exists: {one}" for one, count in ids.items() if count > 1)
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield "only_one_table_allowed [json-pointer:/blocks]"


def _typed_problems(
    value: object, known: dict[str, tuple[Rule, ...]], pointer: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"must be an object [json-pointer:{pointer}]"
        return
    kind = value.get("type")
    if kind not in known:
        yield f"unsupported type: {kind} [json-pointer:{pointer}/type]"
        return
    yield from _line_problems(value, Line("block_id", MAX_ID), pointer)
    for rule in known[kind]:
        yield from _rule_problems(value, rule, pointer)
    if kind == "section" and not (value.get("text") or value.get("fields")):
        yield f"missing required field: text [json-pointer:{pointer}]"
    if kind == "table":
        yield from _table_problems(value, pointer)


def _rule_problems(value: Json, rule: Rule, pointer: str) -> Iterator[str]:
    match rule:
        case Line():
            yield from _line_problems(value, rule, pointer)
        case Options():
            yield from _option_problems(value, rule, pointer)
        case Text(field, most, required, plain):
            if field in value:
                yield from _text_problems(value[field], most, f"{pointer}/{field}", plain=plain)
            elif required:
                yield f"missing required field: {field} [json-pointer:{pointer}]"
        case Texts(field, most, most_each):
            items = value.get(field, [])
            yield from _length_problems(items, most, f"{pointer}/{field}")
            for index, item in enumerate(items):
                yield from _text_problems(item, most_each, f"{pointer}/{field}/{index}")
        case Part(field, types, required):
            if field in value:
                yield from _part_problems(value[field], types, f"{pointer}/{field}")
            elif required:
                yield f"missing required field: {field} [json-pointer:{pointer}]"
        case Parts(field, most, types, required):
            items = value.get(field, [])
            if required and not items:
                yield f"missing required field: {field} [json-pointer:{pointer}]"
            yield from _length_problems(items, most, f"{pointer}/{field}")
            for index, item in enumerate(items):
                yield from _part_problems(item, types, f"{pointer}/{field}/{index}")
            yield from _twin_problems(items, f"{pointer}/{field}")


def _part_problems(part: object, types: frozenset[str], pointer: str) -> Iterator[str]:
    known = {kind: ELEMENTS.get(kind, ()) for kind in types}
    yield from _typed_problems(part, known, pointer)
    if isinstance(part, dict) and "confirm" in part:
        confirm: tuple[tuple[str, int], ...] = (
            ("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)
        )  # fmt: skip
        for field, most in confirm:
            yield from _rule_problems(part["confirm"], Text(field, most), f"{pointer}/confirm")


def _twin_problems(items: list[Any], pointer: str) -> Iterator[str]:
    actions = Counter(
        item["action_id"] for item in items if isinstance(item, dict) and item.get("action_id")
    )
    for action, count in actions.items():
        if count > 1:
            yield f"`action_id` already exists: {action} [json-pointer:{pointer}]"


def _length_problems(items: object, most: int, pointer: str) -> Iterator[str]:
    if not isinstance(items, list):
        yield f"must be an array [json-pointer:{pointer}]"
    elif len(items) > most:
        yield f"no more than {most} items allowed [json-pointer:{pointer}]"


def _line_problems(value: Json, rule: Line, pointer: str) -> Iterator[str]:
    line = value.get(rule.field)
    if line is None:
        if rule.is_required:
            yield f"missing required field: {rule.field} [json-pointer:{pointer}]"
    elif not isinstance(line, str):
        yield f"must be a string [json-pointer:{pointer}/{rule.field}]"
    elif len(line) > rule.most:
        yield f"must be less than {rule.most + 1} characters [json-pointer:{pointer}/{rule.field}]"
    elif rule.is_required and not line:
        yield f"must be more than 0 characters [json-pointer:{pointer}/{rule.field}]"


def _text_problems(text: object, most: int, pointer: str, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, dict):
        yield f"must be an object [json-pointer:{pointer}]"
        return
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if text.get("type") not in kinds:
        yield f"must be one of: {', '.join(kinds)} [json-pointer:{pointer}/type]"
    yield from _line_problems(text, Line("text", most, is_required=True), pointer)


def _option_problems(value: Json, rule: Options, pointer: str) -> Iterator[str]:
    options = value.get("options")
    if not options:
        if rule.is_required or not value.get("option_groups"):
            yield f"missing required field: options [json-pointer:{pointer}]"
        return
    yield from _length_problems(options, rule.most, f"{pointer}/options")
    for index, option in enumerate(options):
        place = f"{pointer}/options/{index}"
        yield from _text_problems(option.get("text"), 75, f"{place}/text")
        yield from _line_problems(option, Line("value", 150), place)


def _table_problems(table: Json, pointer: str) -> Iterator[str]:
    rows = table.get("rows") or []
    if not rows:
        yield f"missing required field: rows [json-pointer:{pointer}]"
    yield from _length_problems(rows, 100, f"{pointer}/rows")
    yield from _length_problems(table.get("column_settings", []), 20, f"{pointer}/column_settings")
    for index, row in enumerate(rows):
        yield from _length_problems(row, MAX_TABLE_CELLS, f"{pointer}/rows/{index}")
        for column, cell in enumerate(row):
            if cell.get("type") not in ("raw_text", "rich_text"):
                place = f"{pointer}/rows/{index}/{column}/type"
                yield f"unsupported type: {cell.get('type')} [json-pointer:{place}]"
    characters = sum(len(cell.get("text") or "") for row in rows for cell in row)
    if characters > MAX_TABLE_CHARACTERS:
        yield f"must be less than {MAX_TABLE_CHARACTERS + 1} characters [json-pointer:{pointer}]"
