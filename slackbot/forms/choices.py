"""What a person can choose from: the values of a field as options of a Slack menu, and back.

An option carries its value as JSON rather than its place in the list, so that a DAG that changes
while a form is open never turns one choice into another.
https://docs.slack.dev/reference/block-kit/composition-objects/option-object
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from ..blocks import Block, plain, shorten
from ..fields import Field, is_same

MAX_BOXES = 10
"""Options of a group of radio buttons or check boxes."""
MAX_OPTIONS = 100
"""Options of a menu, or of one group in it, and groups of a menu."""
MAX_LABEL = 75
MAX_KEY = 150
MAX_MENU = 100_000
"""Characters of a menu that leave room for the rest of a view, which has at most 250 kB."""

WORDS = {"true": "Yes", "false": "No", "null": "Not set", '""': "(empty)"}
"""What is shown for values that have no words of their own, by their JSON."""


def choices_of(field: Field) -> list[Any]:
    """The values from which one must be chosen; empty when anything may be entered."""
    if set(field.types) - {"null"} == {"boolean"}:
        offered = [True, False, None]
    elif not (offered := field.schema.get("enum") or []):
        return []
    rest = Field(field.name, {key: rule for key, rule in field.schema.items() if key != "enum"})
    return [choice for choice in _without_twins(offered) if rest.fits(choice)]


def items_of(field: Field) -> list[Any]:
    """The values of which a list is made: what its items must be, or the examples that Airflow's
    own form offers."""
    if set(field.types) - {"null"} != {"array"}:
        return []
    items = field.schema.get("items")
    one = Field(field.name, items if isinstance(items, dict) else {})
    offered = one.schema.get("enum") or field.schema.get("examples")
    if not isinstance(offered, list):
        return []
    return [choice for choice in _without_twins(offered) if choice is not None and one.fits(choice)]


def draw_menu(field: Field, choices: Sequence[Any], few: str, many: str) -> Block | None:
    """An element to choose with; None when Slack could not hold so many choices.

    :param few: Type of the element that shows all choices at once.
    :param many: Type of the one that unfolds.
    """
    options = [draw_option(field, choice) for choice in choices]
    if len(options) <= MAX_BOXES:
        return {"type": few, "options": options}
    placeholder = plain("Choose one" if many == "static_select" else "Choose any")
    menu: Block = {"type": many, "placeholder": placeholder}
    if len(options) <= MAX_OPTIONS:
        return menu | {"options": options}
    groups = [_draw_group(part) for part in _parts(options)]
    is_too_large = len(groups) > MAX_OPTIONS or len(json.dumps(groups)) > MAX_MENU
    return None if is_too_large else menu | {"option_groups": groups}


def draw_option(field: Field, choice: Any) -> Block:
    """One choice; what of its words has no place in a label goes into its description."""
    words = label_of_choice(field, choice)
    option = {"text": plain(shorten(words, MAX_LABEL)), "value": key_of(choice)}
    if len(words) > MAX_LABEL:
        option["description"] = plain(shorten(f"…{words[MAX_LABEL - 1 :]}", MAX_LABEL))
    return option


def label_of_choice(field: Field, choice: Any) -> str:
    """What people read for a value: from `values_display`, else the value itself."""
    key = _write_json(choice)
    display = field.schema.get("values_display")
    names = ("null", "None") if choice is None else (str(choice), key)
    if isinstance(display, dict) and (named := next(filter(display.get, names), None)):
        words = str(display[named])
    else:
        words = WORDS.get(key) or (choice if isinstance(choice, str) else key)
    return words.strip() or key


def key_of(choice: Any) -> str:
    """What Slack sends back for a choice."""
    key = _write_json(choice)
    return key if len(key) <= MAX_KEY else f"sha256:{sha256(key.encode()).hexdigest()}"


def find_choice(choices: Sequence[Any], key: str) -> Any:
    """:raises ValueError: there is no such choice, or no longer."""
    for choice in choices:
        if key_of(choice) == key:
            return choice
    raise ValueError("is a choice that is not offered any more, choose again")


def match_choice(choices: Sequence[Any], value: Any) -> list[Any]:
    """The choice that is the value as JSON Schema sees it, as 1 is 1.0; none or one."""
    return [choice for choice in choices if is_same(choice, value)][:1]


def _without_twins(choices: Sequence[Any]) -> list[Any]:
    return list({_write_json(choice): choice for choice in choices}.values())


def _write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _parts(options: Sequence[Block]) -> Iterator[Sequence[Block]]:
    for start in range(0, len(options), MAX_OPTIONS):
        yield options[start : start + MAX_OPTIONS]


def _draw_group(options: Sequence[Block]) -> Block:
    first, last = options[0]["text"]["text"], options[-1]["text"]["text"]
    return {"label": plain(f"{shorten(first, 35)} … {shorten(last, 35)}"), "options": list(options)}
