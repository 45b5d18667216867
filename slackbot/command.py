"""Reads what a person typed after `/talent`, undoing what Slack and keyboards did to it.

The grammar: one of the words of `COMMANDS`, some of them with a run; or a workflow followed by
`name=value` pairs. A value that holds spaces or lines stands in single or double quotes, typed or
typographic, and what stands inside of them is left alone; a list is `a,b,"c, d"` or the name given
several times; JSON (`[…]`, `{…}`) is taken as it is. What type a value must have is not known
here: a pair keeps its text as typed, and `read_scalar` and `read_list` take it apart once the type
is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import unescape

DOUBLE = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
SINGLE = "'\u2018\u2019\u201a\u201b"
"""The typed quote, and the typographic ones that phones and word processors put in its place."""

TYPED = str.maketrans(dict.fromkeys(DOUBLE, '"') | dict.fromkeys(SINGLE, "'"))

LINK = re.compile(r"<(?P<target>[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>")
NAME = re.compile(rf"(?P<name>[^\s={DOUBLE}{SINGLE}]+)=")
ESCAPED = re.compile(rf"\\([\\{DOUBLE}'])")


class CommandError(Exception):
    """The text cannot be read; the message says where, in words for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Help:
    """`/talent help`."""


@dataclass(frozen=True, slots=True)
class Menu:
    """`/talent` and nothing else."""


@dataclass(frozen=True, slots=True)
class ListWorkflows:
    """`/talent list`."""


@dataclass(frozen=True, slots=True)
class Status:
    """`/talent status [run]`; without one, the latest runs of whoever asks."""

    run: str | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """`/talent cancel <run>`."""

    run: str


@dataclass(frozen=True, slots=True)
class Again:
    """`/talent again <run>`."""

    run: str


@dataclass(frozen=True, slots=True)
class Start:
    """`/talent <workflow> name=value …`.

    :param values: Name and text of each pair, in order, the text still quoted.
    """

    workflow: str
    values: tuple[tuple[str, str], ...] = ()


Command = Help | Menu | ListWorkflows | Status | Cancel | Again | Start

COMMANDS = ("again", "cancel", "help", "list", "status")
"""Words that are no workflows; a workflow of such a name is started from the menu."""


def parse_command(text: str) -> Command:
    """What a person wants.

    :param text: The `text` of Slack's command payload.
    :raises CommandError: a quote is not closed, or a word is neither name nor value.
    """
    word, rest = [*restore_typed(text).split(maxsplit=1), "", ""][:2]
    match word.lower():
        case "":
            return Menu()
        case "help" | "?":
            return Help()
        case "list":
            return ListWorkflows()
        case "status":
            return Status(_read_run(rest) if rest else None)
        case "cancel":
            return Cancel(_read_run(rest))
        case "again":
            return Again(_read_run(rest))
        case _:
            return Start(word, tuple(_read_pairs(rest)))


def restore_typed(text: str) -> str:
    """The text as it was typed: without the links and the escapes that Slack made of it."""
    return unescape(LINK.sub(lambda link: _restore_link(link["target"], link["label"]), text))


def read_scalar(text: str) -> str:
    """The text of a single value without its quotes."""
    if is_quoted(text):
        return ESCAPED.sub(r"\1", text[1:-1]) if text[0] in DOUBLE else text[1:-1]
    return text.translate(TYPED)


def read_list(text: str) -> list[str]:
    """The items of a list written with commas; quoted items may hold commas."""
    items, start = [], 0
    while (start := _skip_spaces(text, start)) < len(text):
        end = _end_of_item(text, start)
        if item := text[start:end].strip():
            items.append(read_scalar(item))
        start = end + 1
    return items


def is_quoted(text: str) -> bool:
    """Whether a person insisted that the value is a text."""
    return len(text) >= 2 and _opens(text, 0) and _closing_quote(text, 0) == len(text) - 1


def write_value(value: object) -> str:
    """A value as a person would have to type it."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ",".join(_quote(item, special=",[]{}") for item in value) or "[]"
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return _quote(str(value), special="[]{}")


def write_command(workflow: str, values: Sequence[tuple[str, str]]) -> str:
    """The command line for a workflow and values that are already written."""
    return " ".join(["/talent", workflow, *(f"{name}={text}" for name, text in values)])


def _restore_link(target: str, label: str | None) -> str:
    if target[0] in "@#":
        return target[1:]
    if target.startswith("!subteam^"):
        return target.removeprefix("!subteam^")
    if target[0] == "!":
        return f"@{target[1:]}"
    for scheme in ("mailto:", "tel:"):
        if target.startswith(scheme):
            return label or target.removeprefix(scheme)
    # Slack labels what it linked by itself with the words that were typed.
    return label if label and label in target else target


def _read_run(text: str) -> str:
    words = text.split()
    if len(words) != 1:
        raise CommandError("Name one run, as its message shows it.")
    return words[0].strip("`")


def _read_pairs(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while (at := _skip_spaces(text, at)) < len(text):
        name = NAME.match(text, at)
        if not name:
            word = text[at:].split(maxsplit=1)[0]
            raise CommandError(
                f"I cannot read `{word}`: write `name=value` without spaces around the `=`,"
                " and put a value with spaces in quotes."
            )
        value = _read_json(text, name.end()) or _read_words(text, name.end(), name["name"])
        yield name["name"], value
        at = name.end() + len(value)


def _skip_spaces(text: str, at: int) -> int:
    while _ends_at(text, at) and at < len(text):
        at += 1
    return at


def _ends_at(text: str, at: int) -> bool:
    return at >= len(text) or text[at].isspace()


def _opens(text: str, at: int) -> bool:
    return text[at : at + 1] in (*DOUBLE, *SINGLE)


def _read_json(text: str, start: int) -> str:
    """The JSON that begins there, as it was typed or as it must have been; empty when none does."""
    if text[start : start + 1] in ("[", "{"):
        for readable in (text, re.sub(r"\s", " ", text.translate(TYPED))):
            # Brackets in brackets in brackets … are no JSON that anybody means.
            with suppress(ValueError, RecursionError):
                _, end = json.JSONDecoder().raw_decode(readable, start)
                if _ends_at(text, end):
                    return readable[start:end]
    return ""


def _read_words(text: str, start: int, name: str) -> str:
    at = start
    while not _ends_at(text, at):
        if _opens(text, at) and (at == start or text[at - 1] == ","):
            closing = _closing_quote(text, at)
            if closing is None:
                raise CommandError(f"The quote that opens the value of `{name}` is never closed.")
            at = closing
        at += 1
    return text[start:at]


def _end_of_item(text: str, start: int) -> int:
    if _opens(text, start):
        closing = _closing_quote(text, start)
        if closing is not None:
            return closing + 1
    end = text.find(",", start)
    return len(text) if end < 0 else end


def _closing_quote(text: str, opening: int) -> int | None:
    """Where a quote ends: the next one like it before a space, a comma or the end, so that
    `'O'Brien'` is read as people mean it. A typographic quote closes a typed one, and the other
    way round, only where nothing else does."""
    quotes = DOUBLE if text[opening] in DOUBLE else SINGLE
    alike = quotes[:1] if text[opening] == quotes[0] else quotes[1:]
    for closing in (alike, quotes):
        at = opening + 1
        while at < len(text):
            if text[at] == "\\" and quotes == DOUBLE:
                at += 1
            elif text[at] in closing and (_ends_at(text, at + 1) or text[at + 1] == ","):
                return at
            at += 1
    return None


def _quote(text: str, *, special: str) -> str:
    special += DOUBLE + SINGLE
    if text and not any(sign in special or sign.isspace() for sign in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
