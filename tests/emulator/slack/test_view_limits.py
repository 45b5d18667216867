"""What a view and its inputs may hold, against the emulator's tables and the SDK's own models."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError, SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import block_elements, blocks
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.slack.blocks import (
    elements_of,
    find_block_problem,
    find_view_problem,
    name_blocks,
)
from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.emulator.slack.limits import ELEMENTS, SURFACES, Options, Rules
from airflow_talent.tests.emulator.slack.views import (
    BUTTON,
    PLAIN,
    TEXT,
    Json,
    field,
    home,
    modal,
    option,
    section,
)

FILE = {"type": "file_input"}
NUMBER = {"type": "number_input", "is_decimal_allowed": True}
MENU = {"type": "static_select", "options": [option("one")]}


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


def options(count: int) -> list[Json]:
    return [option(str(number)) for number in range(count)]


LIMITS: dict[str, tuple[int, Callable[[int], Json]]] = {
    "title": (24, lambda n: modal(title=plain(n))),
    "submit": (24, lambda n: modal(submit=plain(n))),
    "close": (24, lambda n: modal(close=plain(n))),
    "private_metadata": (3000, lambda n: modal(private_metadata="x" * n)),
    "callback_id": (255, lambda n: modal(callback_id="x" * n)),
    "external_id": (255, lambda n: modal(external_id="x" * n)),
    "blocks": (100, lambda n: modal(*[section("x")] * n)),
    "label": (2000, lambda n: modal({**field(TEXT), "label": plain(n)})),
    "hint": (2000, lambda n: modal(field(TEXT, hint=plain(n)))),
    "placeholder": (150, lambda n: modal(field({**TEXT, "placeholder": plain(n)}))),
    "initial_value": (3000, lambda n: modal(field({**TEXT, "initial_value": "x" * n}))),
    "min_length": (3000, lambda n: modal(field({**TEXT, "min_length": n}))),
    "max_length": (3000, lambda n: modal(field({**TEXT, "max_length": n}))),
    "max_files": (10, lambda n: modal(field({**FILE, "max_files": n}))),
    "menu options": (100, lambda n: modal(field({**MENU, "options": options(n)}))),
    "radio options": (
        10,
        lambda n: modal(field({"type": "radio_buttons", "options": options(n)})),
    ),
    "checkbox options": (
        10,
        lambda n: modal(field({"type": "checkboxes", "options": options(n)})),
    ),
    "option value": (
        150,
        lambda n: modal(field({**MENU, "options": [option("v" * 10) | {"value": "v" * n}]})),
    ),
    "action_id": (255, lambda n: modal(field({**TEXT, "action_id": "a" * n}))),
    "block_id": (255, lambda n: modal(field(TEXT, "b" * n))),
}

REFUSED: dict[str, tuple[Json, str]] = {
    "no title": ({**modal(), "title": None}, "missing required field: title"),
    "a title in mrkdwn": (modal(title={"type": "mrkdwn", "text": "x"}), "unsupported type: mrkdwn"),
    "a title that is a string": (modal(title="x"), "must be an object"),
    "no blocks": ({**modal(), "blocks": []}, "no fewer than 1 items"),
    "a home": (home(), "unsupported type: home"),
    "an input and nothing to submit": (
        {**modal(), "submit": None},
        "must define `submit` to use `input` block [json-pointer:/view/blocks/0/input]",
    ),
    "the id that Slack gave": (modal(id="V1"), "invalid additional property: id"),
    "a field of nobody's": (modal(field({**TEXT, "lines": 3})), "additional property: lines"),
    "a table": (
        modal({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}),
        "unsupported type: table",
    ),
    "markdown": (modal({"type": "markdown", "text": "x"}), "unsupported type: markdown"),
    "a button as input": (modal(field(BUTTON)), "unsupported type: button"),
    "an input among buttons": (
        modal({"type": "actions", "elements": [TEXT]}),
        "unsupported type: plain_text_input",
    ),
    "no label": (modal({**field(TEXT), "label": None}), "missing required field: label"),
    "the same block_id twice": (modal(field(TEXT), field(TEXT)), "`block_id` already exists: b"),
    "lengths that leave nothing": (
        modal(field({**TEXT, "min_length": 5, "max_length": 4})),
        "min_length cannot be greater",
    ),
    "a length in words": (modal(field({**TEXT, "max_length": "9"})), "must be an integer"),
    "bounds that leave nothing": (
        modal(field({**NUMBER, "min_value": "5", "max_value": "4"})),
        "min_value cannot be greater",
    ),
    "a bound that is a number": (modal(field({**NUMBER, "min_value": 1})), "must be a string"),
    "a number of an unknown kind": (
        modal(field({"type": "number_input"})),
        "missing required field: is_decimal_allowed",
    ),
    "a first option that is none": (
        modal(field({**MENU, "initial_option": option("two")})),
        "must exactly match one of the options",
    ),
    "a menu in mrkdwn": (
        modal(field({**MENU, "options": [{"text": section("x")["text"], "value": "x"}]})),
        "unsupported type: mrkdwn",
    ),
    "a link in a menu": (
        modal(field({**MENU, "options": [{**option("one"), "url": "https://x.test"}]})),
        "additional property: url",
    ),
    "no first option": (
        modal(field({"type": "checkboxes", "options": options(2), "initial_options": []})),
        "no fewer than 1 items",
    ),
    "options and groups": (
        modal(field({**MENU, "option_groups": [{"label": PLAIN, "options": options(1)}]})),
        "cannot both be specified",
    ),
    "a date of no calendar": (
        modal(field({"type": "datepicker", "initial_date": "31.01.2030"})),
        "must match",
    ),
    "a time of no day": (
        modal(field({"type": "timepicker", "initial_time": "24:00"})),
        "must match",
    ),
    "a moment in milliseconds": (
        modal(field({"type": "datetimepicker", "initial_date_time": 1893456000000})),
        "must be less than or equal",
    ),
    "a file that tells of itself": (
        modal(field(FILE, dispatch_action=True)),
        "unsupported type: file_input",
    ),
    "half a confirmation": (
        modal({"type": "actions", "elements": [{**BUTTON, "confirm": {"text": PLAIN}}]}),
        "missing required field: title [json-pointer:/view/blocks/0/elements/0/confirm]",
    ),
    "a style of nobody's": (
        modal({"type": "actions", "elements": [{**BUTTON, "style": "warning"}]}),
        "must be one of: primary, danger",
    ),
    "two that want the cursor": (
        modal(*(field({**TEXT, "focus_on_load": True}, name) for name in "ab")),
        "focus_on_load",
    ),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_the_most_is_allowed_and_one_more_is_not(limit: str) -> None:
    most, make = LIMITS[limit]
    assert find_view_problem(make(most), "modal") is None
    assert find_view_problem(make(most + 1), "modal") is not None


@pytest.mark.parametrize("what", REFUSED)
async def test_a_view_that_makes_no_sense_is_refused_with_the_reason(
    client: AsyncWebClient, people: SlackPeople, what: str
) -> None:
    view, told = REFUSED[what]
    trigger_id = (await people.command())["trigger_id"]
    with pytest.raises(SlackApiError, match="invalid_arguments") as refused:
        await client.api_call("views.open", json={"trigger_id": trigger_id, "view": view})
    generic, reason = refused.value.response["response_metadata"]["messages"]
    assert generic == "[ERROR] failed to match all allowed schemas [json-pointer:/view]"
    assert told in reason
    assert await people.modal() is None


def test_a_file_input_is_for_modals_only() -> None:
    wanted = [field(FILE)]
    assert find_view_problem(modal(*wanted), "modal") is None
    assert "unsupported type: file_input" in str(find_view_problem(home(*wanted), "home"))
    assert "unsupported type: file_input" in str(find_block_problem(wanted))


def sdk_classes() -> Iterator[tuple[str, type[JsonObject], Rules]]:
    """The SDK's class of each block and element that the tables know, by its type."""
    known = {**ELEMENTS, **SURFACES["message"], **SURFACES["modal"]}
    for module in (blocks, block_elements):
        for _, found in inspect.getmembers(module, inspect.isclass):
            kind = getattr(found, "type", None)
            if kind not in known or not issubclass(found, JsonObject):
                continue
            if found.__module__ != module.__name__:
                continue
            rules = ELEMENTS.get(kind) if module is block_elements else known[kind]
            if rules:
                yield kind, found, rules


UNKNOWN_TO_DOCS = {
    # Named by a base class or kept for experiments; the documentation has them nowhere.
    "agent_prompt",
    "agent_prompt_display",
    "alt_text",
    "confirm",
    "focus_on_load",
    "placeholder",
    "response_url_enabled",
    "visible_to_user_ids",
}


@pytest.mark.parametrize(("kind", "model", "rules"), list(sdk_classes()))
def test_the_tables_know_the_fields_the_sdk_knows(
    kind: str, model: type[JsonObject], rules: Rules
) -> None:
    instance = model.__new__(model)
    known = {rule.field for rule in rules if not isinstance(rule, Options)}
    for rule in rules:
        if isinstance(rule, Options):
            known |= {"options", *([rule.chosen] if rule.chosen else [])}
            known |= {"option_groups"} if rule.may_be_grouped else set()
    missing = set(instance.attributes) - known - {"type"}
    assert missing <= UNKNOWN_TO_DOCS, kind


def sdk_refuses(view: Json) -> bool:
    try:
        made = View(**view)
        made.validate_json()
        for block in made.blocks or []:
            block.to_dict()
    except SlackObjectFormationError:
        return True
    return False


SDK_LIMITS = (
    *("title", "submit", "close", "private_metadata", "callback_id", "blocks"),
    *("label", "hint", "placeholder", "menu options", "action_id", "block_id"),
)
"""The limits that the SDK checks itself."""


@pytest.mark.parametrize("limit", SDK_LIMITS)
def test_the_sdk_draws_the_line_where_the_emulator_does(limit: str) -> None:
    most, make = LIMITS[limit]
    assert not sdk_refuses(make(most))
    assert sdk_refuses(make(most + 1))


def test_what_the_sdk_builds_is_taken() -> None:
    view = View(
        type="modal",
        title="Reference check",
        submit="Start",
        close="Cancel",
        private_metadata="{}",
        notify_on_close=True,
        blocks=[
            field(TEXT, "one"),
            field({**NUMBER, "min_value": "1"}, "two"),
            field({**MENU, "initial_option": option("one")}, "three", hint=PLAIN),
            field({"type": "datetimepicker"}, "four", optional=True),
            field({**FILE, "filetypes": ["pdf"]}, "five"),
            field({"type": "multi_users_select", "max_selected_items": 2}, "six"),
            {"type": "actions", "elements": [BUTTON]},
        ],
    )
    assert find_view_problem(view.to_dict(), "modal") is None


KINDS = st.sampled_from(sorted({**SURFACES["modal"], **ELEMENTS}))
FIELDS = st.sampled_from(
    (
        *("text", "fields", "elements", "accessory", "options", "option_groups", "element"),
        *("label", "hint", "confirm", "filter", "initial_option", "initial_options", "min_value"),
        *("max_value", "min_length", "max_length", "action_id", "block_id", "type", "optional"),
    )
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | KINDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(FIELDS, inner, max_size=4)
        | st.builds(
            lambda kind, rest: {**rest, "type": kind}, KINDS, st.dictionaries(FIELDS, inner)
        )
    ),
    max_leaves=12,
)


@given(st.lists(ANYTHING, max_size=3) | ANYTHING, ANYTHING)
def test_whatever_is_sent_as_a_view_gets_an_answer(sent: object, title: object) -> None:
    view = {**modal(), "blocks": sent, "title": title}
    for one in (view, {**modal(), "blocks": sent}, sent):
        if find_view_problem(one, "modal") is None:
            assert isinstance(one, dict)
            list(elements_of(name_blocks(one["blocks"], iter(range(10_000)).__next__)))
