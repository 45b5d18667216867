"""Text and blocks: the smallest parts that everything shown in Slack is made of.

What people and vendors wrote stands in parts that know no markup: `quote`, `title`, `plain` and
the cells of tables. Names that DAG authors gave stand among the bot's own words, through `escape`.
All text objects are `verbatim`, so that Slack itself makes no link, name or ping out of them.
https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

Block = dict[str, Any]

MAX_SECTION = 3000
MAX_NAME = 100
MAX_LABEL = 75

NEWS = re.compile(r"@(?=here|channel|everyone)", re.IGNORECASE)
ENTITY_CUT = re.compile(r"&[a-z]{0,4}$")


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: the blocks are shown, the text is what notifications and screen readers
    get."""

    text: str
    blocks: list[Block]


def escape(text: object) -> str:
    """Text among the bot's own words that makes no link and no ping; `*` and the like still count
    as markup, for which Slack has no escape."""
    plain = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A word joiner is invisible and keeps even clients that parse names by themselves quiet.
    return NEWS.sub("@\u2060", plain)


def say(text: str) -> Message:
    """A message of plain words, already escaped where it must be."""
    return Message(text, [section(part) for part in split(text)])


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def quote(text: str) -> Block:
    """What people or vendors wrote, as it stands: without markup of any kind."""
    return {"type": "section", "text": plain(text)}


def title(emoji: str, text: str) -> Block:
    """What people or vendors wrote in a line of its own, in bold, as it stands."""
    parts = [
        {"type": "emoji", "name": emoji},
        {"type": "text", "text": "  "},
        {"type": "text", "text": text, "style": {"bold": True}},
    ]
    section = {"type": "rich_text_section", "elements": parts}
    return {"type": "rich_text", "elements": [section]}


def context(text: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text)]}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain(text: str) -> Block:
    """Words that Slack shows as they stand."""
    return {"type": "plain_text", "text": text, "emoji": False}


def button(text: str, action_id: str, value: str, **more: Any) -> Block:
    """:param more: `style`, `confirm`, `url` or whatever else a button of Slack may have."""
    return {
        "type": "button",
        "action_id": action_id,
        "value": value,
        "text": plain(shorten(text, MAX_LABEL)),
        **more,
    }


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def actions(*buttons: Block) -> Block:
    return {"type": "actions", "elements": list(buttons)}


def without_markup(text: str) -> str:
    """The bot's own words where Slack takes plain text only."""
    return unescape(re.sub(r"[*`]|<!date[^|]*\|([^>]*)>", r"\1", text))


def split(text: str, size: int = MAX_SECTION) -> Iterator[str]:
    """Parts of an escaped text that fit into sections, cut at lines where possible and never
    inside an entity."""
    while len(text) > size:
        cut = text.rfind("\n", size // 2, size)
        if cut < 0:
            cut = size - len(match[0]) if (match := ENTITY_CUT.search(text[:size])) else size
        yield text[:cut]
        text = text[cut:].lstrip("\n")
    if text:
        yield text


def shorten(text: str, size: int) -> str:
    """The beginning of an unescaped text, with an ellipsis where something is missing."""
    return text if len(text) <= size else f"{text[: size - 1]}…"


def duration(seconds: float) -> str:
    """A span of time in the two largest units that matter."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def clock(moment: datetime) -> str:
    """A moment of today, which Slack writes in the reader's own time zone."""
    return f"<!date^{int(moment.timestamp())}^{{time}}|{moment:%H:%M} UTC>"


def day_and_clock(moment: datetime) -> str:
    """A moment of any day, which Slack writes in the reader's own time zone."""
    fallback = f"{moment:%Y-%m-%d %H:%M %Z}"
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}}, {{time}}|{fallback}>"
