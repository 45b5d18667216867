"""Block Kit's limits: what is just allowed is taken, one more is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    ImageBlock,
    MarkdownTextObject,
    Option,
    RichTextBlock,
    RichTextElementParts,
    RichTextSectionElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.slack.blocks import elements_of, find_block_problem, name_blocks
from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.emulator.slack.limits import ELEMENTS, SURFACES

Json = dict[str, Any]


def text(length: int, kind: str = "mrkdwn") -> Json:
    return {"type": kind, "text": "x" * length}


def plain(length: int) -> Json:
    return text(length, "plain_text")


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain(5), **more}


def confirm(length: int) -> Json:
    return {"title": plain(3), "text": text(length), "confirm": plain(3), "deny": plain(3)}


def actions(*elements: Json) -> list[Json]:
    return [{"type": "actions", "elements": list(elements)}]


def option(text_length: int = 3, value_length: int = 3) -> Json:
    return {"text": plain(text_length), "value": "v" * value_length}


def menu(*options: Json, kind: str = "static_select") -> list[Json]:
    return actions({"type": kind, "options": list(options)})


def table(rows: int, columns: int = 1, cell: str = "x") -> list[Json]:
    row = [{"type": "raw_text", "text": cell} for _ in range(columns)]
    return [{"type": "table", "rows": [row for _ in range(rows)]}]


LIMITS: dict[str, tuple[int, Callable[[int], list[Json]]]] = {
    "blocks": (50, lambda n: [{"type": "divider"}] * n),
    "block_id": (255, lambda n: [{"type": "divider", "block_id": "b" * n}]),
    "header": (150, lambda n: [{"type": "header", "text": plain(n)}]),
    "section text": (3000, lambda n: [{"type": "section", "text": text(n)}]),
    "section fields": (10, lambda n: [{"type": "section", "fields": [text(3)] * n}]),
    "section field": (2000, lambda n: [{"type": "section", "fields": [text(n)]}]),
    "context elements": (10, lambda n: [{"type": "context", "elements": [text(3)] * n}]),
    "actions elements": (25, lambda n: actions(*[button()] * n)),
    "button text": (75, lambda n: actions(button(text=plain(n)))),
    "button value": (2000, lambda n: actions(button(value="v" * n))),
    "action_id": (255, lambda n: actions(button(action_id="a" * n))),
    "confirm text": (300, lambda n: actions(button(confirm=confirm(n)))),
    "menu options": (100, lambda n: menu(*[option()] * n)),
    "overflow options": (5, lambda n: menu(*[option()] * n, kind="overflow")),
    "option text": (75, lambda n: menu(option(text_length=n))),
    "option value": (150, lambda n: menu(option(value_length=n))),
    "image alt_text": (
        2000,
        lambda n: [{"type": "image", "image_url": "https://x.test/i.png", "alt_text": "a" * n}],
    ),
    "markdown": (12_000, lambda n: [{"type": "markdown", "text": "x" * n}]),
    "table rows": (100, lambda n: table(n)),
    "table columns": (20, lambda n: table(1, n)),
    "table characters": (10_000, lambda n: table(1, 1, "x" * n)),
}

REFUSED: dict[str, object] = {
    "not a list": {"type": "divider"},
    "not an object": ["divider"],
    "no type": [{"text": text(3)}],
    "an empty section": [{"type": "section"}],
    "an empty text": [{"type": "section", "text": text(0)}],
    "a text that is a string": [{"type": "section", "text": "hello"}],
    "mrkdwn where only plain text is allowed": [{"type": "header", "text": text(3)}],
    "actions without elements": actions(),
    "an image without a description": [{"type": "image", "image_url": "https://x.test/i.png"}],
    "a button without a text": actions({"type": "button"}),
    "a menu without options": menu(),
    "a text among the buttons": actions(text(3)),
    "the same action_id twice": actions(button(action_id="a"), button(action_id="a")),
    "the same block_id twice": [{"type": "divider", "block_id": "b"}] * 2,
    "two tables": [*table(1), *table(1)],
    "a table without rows": [{"type": "table", "rows": []}],
    "a button in a table": [{"type": "table", "rows": [[button()]]}],
}


@pytest.mark.parametrize("limit", LIMITS)
async def test_the_most_is_allowed_and_one_more_is_not(client: AsyncWebClient, limit: str) -> None:
    most, make = LIMITS[limit]

    await client.chat_postMessage(channel="C0HIRING", text="x", blocks=make(most))
    with pytest.raises(SlackApiError, match="invalid_blocks") as refused:
        await client.chat_postMessage(channel="C0HIRING", text="x", blocks=make(most + 1))

    assert refused.value.response["errors"]


@pytest.mark.parametrize("what", REFUSED)
async def test_blocks_that_make_no_sense_are_refused(
    client: AsyncWebClient, people: SlackPeople, what: str
) -> None:
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await client.api_call(
            "chat.postMessage", json={"channel": "C0HIRING", "text": "x", "blocks": REFUSED[what]}
        )
    assert await people.messages() == []


async def test_the_refusal_points_at_the_place(client: AsyncWebClient) -> None:
    blocks: list[Json] = [{"type": "divider"}, {"type": "header", "text": plain(151)}]
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0HIRING", text="x", blocks=blocks)
    assert refused.value.response["errors"] == [
        "must be less than 151 characters [json-pointer:/blocks/1/text/text]"
    ]


async def test_what_the_sdk_builds_is_taken(client: AsyncWebClient, people: SlackPeople) -> None:
    blocks: list[Block] = [
        HeaderBlock(text="Reference check"),
        SectionBlock(text="*hello*", accessory=ButtonElement(text="Go", action_id="go")),
        SectionBlock(fields=["*a*\nb", "*c*\nd"]),
        DividerBlock(),
        ContextBlock(elements=[MarkdownTextObject(text="small")]),
        ImageBlock(image_url="https://x.test/i.png", alt_text="a picture"),
        ActionsBlock(
            elements=[
                ButtonElement(text="Yes", action_id="yes", style="primary"),
                StaticSelectElement(action_id="pick", options=[Option(value="1", label="One")]),
            ]
        ),
        RichTextBlock(
            elements=[
                RichTextSectionElement(elements=[RichTextElementParts.Text(text="rich")]),
            ]
        ),
    ]
    await client.chat_postMessage(channel="C0HIRING", text="x", blocks=blocks)

    (message,) = await people.messages()
    assert [block["type"] for block in message["blocks"]] == [block.type for block in blocks]
    assert all(block["block_id"] for block in message["blocks"])


KINDS = st.sampled_from(sorted({**SURFACES["message"], **ELEMENTS}))
FIELDS = st.sampled_from(
    (
        *("text", "fields", "elements", "accessory", "rows", "options", "option_groups"),
        *("confirm", "image_url", "value", "action_id", "block_id", "column_settings", "type"),
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


@given(st.lists(ANYTHING, max_size=3) | ANYTHING)
@example([{"type": "call", "block_id": [None]}])
def test_whatever_is_sent_as_blocks_gets_an_answer(blocks: object) -> None:
    problem = find_block_problem(blocks)
    if problem is None:
        assert isinstance(blocks, list)
        name_blocks(blocks, iter(range(10_000)).__next__)
        assert list(elements_of(blocks)) is not None
