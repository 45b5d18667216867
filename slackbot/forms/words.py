"""What a form says of a field: its label, its hint, and an example in the empty input.

All of it is plain text, in which Slack makes no links and no pings.
"""

from __future__ import annotations

import re
from html import unescape
from inspect import cleandoc

from ..blocks import Block, plain, shorten
from ..fields import BOUNDS, FORMATS, Field

MAX_LABEL = 2000
MAX_HINT = 2000
MAX_PLACEHOLDER = 150

NUMBER_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")

MARKDOWN = (
    (re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL), ""),
    (re.compile(r"<(https?://[^<>\s]+)>"), r"\1"),
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]+)\]\(([^)\s]+)[^)]*\)"), r"\1 (\2)"),
    (re.compile(r"^\s*(```|~~~).*$", re.MULTILINE), ""),
    (re.compile(r"^\s*(#{1,6}|>)\s+", re.MULTILINE), ""),
    (re.compile(r"^(\s*)[*+-]\s+", re.MULTILINE), r"\1• "),
    (re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])([*_])(?=\S)([^*_\n]+?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"`+([^`]+)`+"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!<>-])"), r"\1"),
    (re.compile(r"\n{3,}"), "\n\n"),
)
"""What of Markdown would only be noise in plain text, and what stays of it."""


def label_of(field: Field) -> str:
    """The `title` of a field, or its name as people would write it."""
    title = " ".join(str(field.schema.get("title") or "").split())
    name = " ".join(re.sub(r"[_\s]+", " ", field.name).split())
    return shorten(title or name[:1].upper() + name[1:] or "Value", MAX_LABEL)


def section_of(field: Field) -> str | None:
    """The heading under which Airflow's own form would put a field."""
    section = field.schema.get("section")
    return " ".join(section.split()) or None if isinstance(section, str) else None


def hint_of(field: Field, usage: str = "") -> Block | None:
    """The description of a field.

    :param usage: What to know about how it is entered.
    """
    described = _describe(field)
    stop = "." if described and usage and described[-1].isalnum() else ""
    text = f"{described}{stop} {usage}".strip()
    return plain(shorten(text, MAX_HINT)) if text else None


def placeholder_of(field: Field) -> Block | None:
    """What an entry may look like, from the field's `examples` or its `format`."""
    examples = field.schema.get("examples")
    if isinstance(examples, list) and examples:
        shown = [str(example) for example in examples if example not in (None, "")]
        text = f"e.g. {', '.join(shown)}" if shown else ""
    else:
        text = FORMATS.get(str(field.schema.get("format")), ("", ""))[1]
    return plain(shorten(text, MAX_PLACEHOLDER)) if text else None


def strip_markdown(text: str) -> str:
    """The words of a Markdown text, links with their addresses, without its marks."""
    for mark, kept in MARKDOWN:
        text = mark.sub(kept, text)
    return unescape(text).strip()


def bounds_of(field: Field) -> str:
    """Between what a number must be, as a sentence."""
    schema = field.schema
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{least} to {most}."
    said = [BOUNDS[rule].format(schema[rule]) for rule in NUMBER_BOUNDS if rule in schema]
    text = ", ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _describe(field: Field) -> str:
    markdown = field.schema.get("description_md")
    if isinstance(markdown, str) and markdown.strip():
        return strip_markdown(cleandoc(markdown))
    said = field.description or field.schema.get("description")
    return cleandoc(said).strip() if isinstance(said, str) else ""
