"""How a task's result looks, and which of its parts are too long for a message. Pure functions."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .blocks import (
    MAX_NAME,
    Block,
    Message,
    actions,
    button,
    context,
    day_and_clock,
    escape,
    mrkdwn,
    plain,
    quote,
    shorten,
    split,
)
from .buttons import ACTION, ActionKey, write_action

if TYPE_CHECKING:
    from ..provider.contracts import SlackResult

MAX_TEXT = 9000
"""Characters of a text that a message shows; a longer one becomes a file."""
BEGINNING = 1200
"""Characters of a text that is in a file which the message shows."""
MAX_FIELDS = 50
TEXTS_PER_SECTION = 10
MAX_FIELD = 2000
MAX_ROWS = 99
FIRST_ROWS = 10
"""Rows of a table that is in a file which the message shows."""
MAX_COLUMNS = 20
MAX_CELL = 200
MAX_TABLE = 9000
MAX_NOTICE = 300
MAX_LINKS = 20
MAX_LINK = 500
MAX_ACTIONS = 25

EMPTY = "-"
"""Shown for a value that is not there: Slack refuses empty texts."""

FORMULA = re.compile(r"[\s\0-\x20\u200b\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0]")
"""How a cell begins that a spreadsheet may run: OWASP's list of signs, also in full width and
behind blanks. https://owasp.org/www-community/attacks/CSV_Injection"""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ActionButton:
    """One action of a result that people may press.

    :param not_before: When it begins to make sense, when that is still to come.
    """

    key: ActionKey
    label: str
    not_before: datetime | None = None


def result_message(
    result: SlackResult, links: Sequence[str] = (), buttons: Sequence[ActionButton] = ()
) -> Message:
    """What a task wants people to see; of what is in `long_parts`, the beginning.

    :param links: Files that were not attached, where they are.
    """
    blocks = [quote(part) for part in split(_shown_text(result.text.strip()))]
    if not _text_fits(result.text):
        blocks.append(context("The whole text is in the file below."))
    blocks += _field_sections(result.fields)
    blocks += _table(result.table)
    if links:
        blocks += [quote(part) for part in split(f"Not attached:\n{_listed(links)}")]
    blocks += _action_blocks(buttons[:MAX_ACTIONS])
    notice = escape(shorten(result.text, MAX_NOTICE)) or "Result"
    return Message(notice, blocks or [quote("Result")])


def long_parts(result: SlackResult) -> dict[str, bytes]:
    """File endings and contents for what a message cannot hold in full."""
    parts = {}
    if not _text_fits(result.text):
        parts["txt"] = result.text.encode(errors="replace")
    if not _table_fits(result.table):
        parts["csv"] = _write_csv(result.table)
    return parts


def _text_fits(text: str) -> bool:
    return len(text) <= MAX_TEXT


def _shown_text(text: str) -> str:
    return text if _text_fits(text) else shorten(text, BEGINNING)


def _field_sections(fields: Mapping[str, Any]) -> Iterator[Block]:
    """Two columns: labels and values."""
    shown = [
        part
        for label, value in list(fields.items())[:MAX_FIELDS]
        for part in (
            mrkdwn(f"*{escape(shorten(str(label), MAX_NAME)) or EMPTY}*"),
            plain(shorten(str(value), MAX_FIELD) or EMPTY),
        )
    ]
    for start in range(0, len(shown), TEXTS_PER_SECTION):
        yield {"type": "section", "fields": shown[start : start + TEXTS_PER_SECTION]}


def _table_fits(rows: Rows) -> bool:
    columns = _columns(rows)
    if len(rows) > MAX_ROWS or len(columns) > MAX_COLUMNS:
        return False
    texts = [*columns, *(_text(row.get(column)) for row in rows for column in columns)]
    return max(map(len, texts), default=0) <= MAX_CELL and sum(map(len, texts)) <= MAX_TABLE


def _columns(rows: Rows) -> list[str]:
    return list(dict.fromkeys(str(key) for row in rows for key in row))


def _table(rows: Rows) -> Iterator[Block]:
    columns = _columns(rows)[:MAX_COLUMNS]
    if not columns:
        return
    is_whole = _table_fits(rows)
    lines = [[_cell(column) for column in columns]]
    used = sum(len(cell["text"]) for cell in lines[0])
    for row in rows if is_whole else rows[:FIRST_ROWS]:
        line = [_cell(row.get(column)) for column in columns]
        used += sum(len(cell["text"]) for cell in line)
        if used > MAX_TABLE:
            break
        lines.append(line)
    yield {"type": "table", "rows": lines}
    if not is_whole:
        count = f"{len(lines) - 1} of {len(rows)} rows"
        yield context(f"{count}; the whole table is in the file below.")


def _cell(value: object) -> Block:
    return {"type": "raw_text", "text": shorten(_text(value), MAX_CELL)}


def _text(value: object) -> str:
    return EMPTY if value is None or value == "" else str(value)


def _listed(links: Sequence[str]) -> str:
    lines = [f"• {shorten(link, MAX_LINK)}" for link in links[:MAX_LINKS]]
    if (more := len(links) - MAX_LINKS) > 0:
        lines.append(f"… and {more} more")
    return "\n".join(lines)


def _action_blocks(buttons: Sequence[ActionButton]) -> Iterator[Block]:
    if not buttons:
        return
    yield actions(
        *(button(one.label, f"{ACTION}:{one.key.number}", write_action(one.key)) for one in buttons)
    )
    waits = [
        f"{escape(shorten(one.label, MAX_NAME))}: next allowed {day_and_clock(one.not_before)}"
        for one in buttons
        if one.not_before
    ]
    for part in split("\n".join(waits)):
        yield context(part)


def _write_csv(rows: Rows) -> bytes:
    """A table for spreadsheets: with the mark by which Excel knows UTF-8, and no cell that one
    would run as a formula."""
    columns = _columns(rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_plain_cell(column) for column in columns])
    for row in rows:
        writer.writerow([_plain_cell(row.get(column)) for column in columns])
    return text.getvalue().encode("utf-8-sig", "replace")


def _plain_cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if FORMULA.match(text) else text
