"""Whether Slack would take blocks and views, and the names it gives to what has none.

Slack refuses a whole message or view when one part breaks a limit; the sentence that says which
(with a JSON pointer) is what developers search for, so it is given here in Slack's own wording.
The numbers are in `limits`.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from .limits import (
    CELLS,
    INTERACTIVE,
    MAX_BLOCKS,
    MAX_INPUT,
    MAX_OPTIONS,
    MAX_TABLE_CELLS,
    MAX_TABLE_CHARACTERS,
    OPTION,
    PARTS,
    SURFACES,
    TEXTS,
    UNCHECKED,
    VIEWS,
    Count,
    Flag,
    Line,
    Options,
    Part,
    Parts,
    Record,
    Rule,
    Rules,
    Surface,
    Text,
    Texts,
    Unchecked,
    Word,
    Words,
)
from .records import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


SUGGESTION = Options(MAX_OPTIONS, OPTION, may_be_grouped=True)


def find_block_problem(blocks: object) -> str | None:
    """Slack's sentence about the first limit that the blocks of a message break, or None.

    The checks below stop there too: each may rely on what those before it have found in order.
    """
    return next(_block_problems(blocks, "message", "/blocks"), None)


def find_view_problem(view: object, surface: Surface) -> str | None:
    """The same of a view that is to be a modal or a home."""
    return next(_view_problems(view, surface), None)


def find_suggestion_problem(suggestion: Json) -> str | None:
    """The same of what an app offers for an external menu; no options at all are fine."""
    if suggestion.get("options") == []:
        return None
    return next(_choice_problems(suggestion, SUGGESTION, ""), None)


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


def elements_of(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Every (block, element) that a person can press, choose from or fill in."""
    for block in blocks:
        for field in _used_fields(block):
            parts = block[field] if isinstance(block[field], list) else [block[field]]
            yield from ((block, part) for part in parts if part["type"] in INTERACTIVE)


def options_of(menu: Json) -> list[Json]:
    """What a menu offers, in groups or not."""
    groups = menu.get("option_groups") or []
    return [*(menu.get("options") or []), *(one for group in groups for one in group["options"])]


def _used_fields(block: Json) -> list[str]:
    """Where a block keeps what people can use."""
    places = {"actions": "elements", "section": "accessory", "input": "element"}
    field = places.get(block["type"])
    return [field] if field and block.get(field) else []


def _name_element(element: Json, number: Callable[[], int]) -> Json:
    if element["type"] not in INTERACTIVE:
        return element
    return {**element, "action_id": element.get("action_id") or f"a{number()}"}


def _view_problems(view: object, surface: Surface) -> Iterator[str]:
    if not isinstance(view, dict):
        yield "must be an object [json-pointer:/view]"
        return
    if view.get("type") != surface:
        yield f"unsupported type: {view.get('type')} [json-pointer:/view/type]"
    yield from _object_problems(view, VIEWS[surface], "/view", more=("type",))
    blocks = view["blocks"]
    yield from _block_problems(blocks, surface, "/view/blocks", may_be_empty=False)
    for index, block in enumerate(blocks):
        if block["type"] == "input" and surface == "modal" and not view.get("submit"):
            yield (
                "must define `submit` to use `input` block "
                f"[json-pointer:/view/blocks/{index}/input]"
            )
    focused = [part for _, part in elements_of(blocks) if part.get("focus_on_load")]
    if len(focused) > 1:
        yield "only one element can have `focus_on_load` [json-pointer:/view/blocks]"


def _block_problems(
    blocks: object, surface: Surface, pointer: str, *, may_be_empty: bool = True
) -> Iterator[str]:
    yield from _list_problems(blocks, MAX_BLOCKS[surface], pointer, may_be_empty=may_be_empty)
    assert isinstance(blocks, list)  # noqa: S101 - the line above has seen to it
    for index, block in enumerate(blocks):
        yield from _typed_problems(block, SURFACES[surface], f"{pointer}/{index}")
    yield from _twin_problems(blocks, "block_id", pointer)
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield f"only_one_table_allowed [json-pointer:{pointer}]"


def _typed_problems(value: object, known: Mapping[str, Rules], pointer: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"must be an object [json-pointer:{pointer}]"
        return
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in known:
        yield f"unsupported type: {kind} [json-pointer:{pointer}/type]"
        return
    if kind in UNCHECKED:
        return
    yield from _object_problems(value, known[kind], pointer, more=("type",))
    if check := TOGETHER.get(kind):
        yield from check(value, pointer)


def _object_problems(
    value: object, rules: Rules, pointer: str, *, more: tuple[str, ...] = ()
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"must be an object [json-pointer:{pointer}]"
        return
    for rule in rules:
        yield from _rule_problems(value, rule, pointer)
    known = {*more, *(field for rule in rules for field in _fields_of(rule))}
    for field in value:
        if field not in known:
            yield f"invalid additional property: {field} [json-pointer:{pointer}]"


def _fields_of(rule: Rule) -> tuple[str, ...]:
    if isinstance(rule, Options):
        chosen = (rule.chosen,) if rule.chosen else ()
        return (
            ("options", "option_groups", *chosen) if rule.may_be_grouped else ("options", *chosen)
        )
    return (rule.field,)


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
        case Line(_, most, is_required, form):
            yield from _line_problems(found, most, place, may_be_empty=not is_required, form=form)
        case Flag():
            if not isinstance(found, bool):
                yield f"must be a boolean [json-pointer:{place}]"
        case Count(_, least, most):
            yield from _count_problems(found, least, most, place)
        case Word(_, words):
            if found not in words:
                yield f"must be one of: {', '.join(words)} [json-pointer:{place}]"
        case Words(_, words, may_be_empty):
            yield from _list_problems(found, MAX_OPTIONS, place, may_be_empty=may_be_empty)
            for index, word in enumerate(found):
                if not isinstance(word, str) or (words and word not in words):
                    yield f"must be a valid enum value [json-pointer:{place}/{index}]"
        case Text(_, most, _, is_plain):
            yield from _text_problems(found, most, place, is_plain=is_plain)
        case Texts(_, most, most_each):
            yield from _list_problems(found, most, place)
            for index, text in enumerate(found):
                yield from _text_problems(text, most_each, f"{place}/{index}")
        case Record(_, rules):
            yield from _object_problems(found, rules, place)
        case Part(_, types):
            yield from _part_problems(found, types, place)
        case Parts(_, most, types, _, may_be_empty):
            yield from _list_problems(found, most, place, may_be_empty=may_be_empty)
            for index, part in enumerate(found):
                yield from _part_problems(part, types, f"{place}/{index}")
            yield from _twin_problems(found, "action_id", place)
        case Unchecked():
            pass


def _part_problems(part: object, types: frozenset[str], pointer: str) -> Iterator[str]:
    yield from _typed_problems(part, {kind: PARTS[kind] for kind in types}, pointer)


def _twin_problems(items: list[Json], field: str, pointer: str) -> Iterator[str]:
    names = (item.get(field) for item in items)
    # What is no text is another problem, which is told elsewhere.
    counts = Counter(name for name in names if name and isinstance(name, str))
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
    line: object, most: int, pointer: str, *, may_be_empty: bool = True, form: str = ""
) -> Iterator[str]:
    if not isinstance(line, str):
        yield f"must be a string [json-pointer:{pointer}]"
    elif len(line) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{pointer}]"
    elif not (line or may_be_empty):
        yield f"must be more than 0 characters [json-pointer:{pointer}]"
    elif form and not re.fullmatch(form, line):
        yield f"must match the regexp {form} [json-pointer:{pointer}]"


def _count_problems(count: object, least: int, most: int, pointer: str) -> Iterator[str]:
    if not isinstance(count, int) or isinstance(count, bool):
        yield f"must be an integer [json-pointer:{pointer}]"
    elif count < least:
        yield f"must be greater than or equal to {least} [json-pointer:{pointer}]"
    elif count > most:
        yield f"must be less than or equal to {most} [json-pointer:{pointer}]"


def _text_problems(
    text: object, most: int, pointer: str, *, is_plain: bool = False
) -> Iterator[str]:
    kinds = ("plain_text",) if is_plain else ("plain_text", "mrkdwn")
    yield from _typed_problems(text, {kind: TEXTS[kind] for kind in kinds}, pointer)
    assert isinstance(text, dict)  # noqa: S101 - the line above has seen to it
    yield from _line_problems(text["text"], most, f"{pointer}/text")


def _choice_problems(value: Json, rule: Options, pointer: str) -> Iterator[str]:
    """A menu has options, or groups of them when its kind allows groups."""
    options, groups = value.get("options"), value.get("option_groups")
    if options is None and not rule.may_be_grouped:
        yield f"missing required field: options [json-pointer:{pointer}]"
    elif options is None and groups is None:
        yield f"missing required field: options or option_groups [json-pointer:{pointer}]"
    elif options is not None and groups is not None and rule.may_be_grouped:
        yield f"options and option_groups cannot both be specified [json-pointer:{pointer}]"
    elif options is not None:
        yield from _option_problems(options, rule, f"{pointer}/options")
    else:
        place = f"{pointer}/option_groups"
        yield from _list_problems(groups, rule.most, place, may_be_empty=False)
        for index, group in enumerate(groups or []):
            label = (Text("label", 75, is_required=True, is_plain=True), Unchecked("options"))
            yield from _object_problems(group, label, f"{place}/{index}")
            yield from _option_problems(group.get("options"), rule, f"{place}/{index}/options")
    if rule.chosen and (chosen := value.get(rule.chosen)) is not None:
        yield from _chosen_problems(value, chosen, rule, f"{pointer}/{rule.chosen}")


def _option_problems(options: object, rule: Options, pointer: str) -> Iterator[str]:
    yield from _list_problems(options, rule.most, pointer, may_be_empty=False)
    assert isinstance(options, list)  # noqa: S101 - the line above has seen to it
    for index, option in enumerate(options):
        yield from _object_problems(option, rule.option, f"{pointer}/{index}")


def _chosen_problems(menu: Json, chosen: object, rule: Options, pointer: str) -> Iterator[str]:
    """What comes chosen is one of the options, word for word."""
    if rule.chosen == "initial_option":
        chosen = [chosen]
    yield from _list_problems(chosen, rule.most, pointer, may_be_empty=False)
    assert isinstance(chosen, list)  # noqa: S101 - the line above has seen to it
    offered = options_of(menu)
    for option in chosen:
        if option not in offered:
            yield f"must exactly match one of the options [json-pointer:{pointer}]"


def _section_problems(section: Json, pointer: str) -> Iterator[str]:
    if not (section.get("text") or section.get("fields")):
        yield f"missing required field: text [json-pointer:{pointer}]"


def _image_problems(image: Json, pointer: str) -> Iterator[str]:
    if not (image.get("image_url") or image.get("slack_file")):
        yield f"missing required field: image_url [json-pointer:{pointer}]"


def _input_problems(block: Json, pointer: str) -> Iterator[str]:
    """A file cannot tell the app by itself that it was chosen."""
    if block.get("dispatch_action") and block["element"]["type"] == "file_input":
        yield f"unsupported type: file_input [json-pointer:{pointer}/element/type]"


def _length_problems(element: Json, pointer: str) -> Iterator[str]:
    if element.get("min_length", 0) > element.get("max_length", MAX_INPUT):
        yield f"min_length cannot be greater than max_length [json-pointer:{pointer}]"


def _bound_problems(element: Json, pointer: str) -> Iterator[str]:
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and most is not None and float(least) > float(most):
        yield f"min_value cannot be greater than max_value [json-pointer:{pointer}]"


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


TOGETHER: Mapping[str, Callable[[Json, str], Iterator[str]]] = {
    "section": _section_problems,
    "image": _image_problems,
    "input": _input_problems,
    "plain_text_input": _length_problems,
    "number_input": _bound_problems,
    "table": _table_problems,
}
"""What holds between the fields of an object, each of which is in order by itself."""
