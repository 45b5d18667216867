"""Modals to open in tests, and an app that keeps what it hears of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

Json = dict[str, Any]
Ack = Callable[..., Awaitable[None]]
Open = Callable[..., Awaitable[str]]

PLAIN = {"type": "plain_text", "text": "x"}
BUTTON = {"type": "button", "action_id": "go", "text": PLAIN, "value": "7"}
TEXT = {"type": "plain_text_input"}


def field(element: Json, block_id: str = "b", **more: Any) -> Json:
    label = {"type": "plain_text", "text": f"Label of {block_id}"}
    element = {"action_id": "a", **element}
    return {"type": "input", "block_id": block_id, "label": label, "element": element, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    sent = {"type": "modal", "callback_id": "form", "title": PLAIN, "submit": PLAIN, **more}
    return {**sent, "blocks": list(blocks) or [field(TEXT)]}


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", **more, "blocks": list(blocks) or [section("Welcome")]}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def option(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value.upper()}, "value": value}


async def error_of(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


class Heard:
    """What the app heard, and what it answers to a submission next."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        self.answer: Json = {}

    def value(self, block_id: str = "b") -> Json:
        """What the last submission says of an input."""
        values: Json = self.bodies[-1]["view"]["state"]["values"]
        return dict(values[block_id]["a"])
