"""Slack's text as HTML: mrkdwn, mentions, links, emoji.

Whatever a message holds, only the tags written here come out: every other character is escaped,
and a link leads to http, https or mailto or is shown as text.
Source: https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup, escape

ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
LINK_SCHEMES = ("http://", "https://", "mailto:")
BROADCASTS = {"here", "channel", "everyone"}

EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "arrow_forward": "▶️",
    "arrows_counterclockwise": "🔄",
    "ballot_box_with_check": "☑️",
    "bar_chart": "📊",
    "bell": "🔔",
    "black_square_for_stop": "⏹️",
    "bulb": "💡",
    "bust_in_silhouette": "👤",
    "calendar": "📆",
    "checkered_flag": "🏁",
    "clock3": "🕒",
    "date": "📅",
    "double_vertical_bar": "⏸️",
    "email": "📧",
    "exclamation": "❗",
    "file_folder": "📁",
    "grey_question": "❔",
    "heavy_check_mark": "✔️",
    "heavy_minus_sign": "➖",  # noqa: RUF001 - the sign itself
    "hourglass_flowing_sand": "⏳",
    "information_source": "ℹ️",  # noqa: RUF001 - the sign itself
    "large_blue_circle": "🔵",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "link": "🔗",
    "lock": "🔒",
    "mag": "🔍",
    "memo": "📝",
    "moneybag": "💰",
    "no_bell": "🔕",
    "no_entry": "⛔",
    "page_facing_up": "📄",
    "paperclip": "📎",
    "pencil2": "✏️",
    "question": "❓",
    "raised_hand": "✋",
    "red_circle": "🔴",
    "repeat": "🔁",
    "robot_face": "🤖",
    "rocket": "🚀",
    "stop_sign": "🛑",
    "stopwatch": "⏱️",
    "tada": "🎉",
    "thumbsdown": "👎",
    "thumbsup": "👍",
    "warning": "⚠️",
    "wave": "👋",
    "white_check_mark": "✅",
    "white_circle": "⚪️",
    "x": "❌",
}

_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTE = re.compile(r"^(?:&gt;|>) ?", re.MULTILINE)
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<control>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<bold>\S|\S[^*\n]*?\S)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>\S|\S[^_\n]*?\S)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>\S|\S[^~\n]*?\S)~(?![\w~])"
    r"|:(?P<emoji>[a-z0-9_+-]+):"
)
_TAGS = {"bold": "b", "italic": "i", "strike": "s"}
_DATE = re.compile(r"\{(\w+)\}")
_DATE_FORMS = {
    "date": "%B %d, %Y",
    "date_short": "%b %d, %Y",
    "date_long": "%A, %B %d, %Y",
    "date_num": "%Y-%m-%d",
    "time": "%H:%M",
    "time_secs": "%H:%M:%S",
}


@dataclass(frozen=True, slots=True)
class Mrkdwn:
    """Renders text; `find_name` knows what a user, channel or group id is called."""

    find_name: Callable[[str], str]

    def render(self, text: str) -> Markup:
        """Text with mrkdwn as HTML."""
        parts = _FENCE.split(text)
        rendered = [
            self._lines(part) if index % 2 == 0 else Markup("<pre>{}</pre>").format(_decode(part))
            for index, part in enumerate(parts)
        ]
        return Markup().join(rendered)

    def render_plain(self, text: str) -> Markup:
        """Text as it stands, emoji and line ends apart."""
        parts = re.split(r":([a-z0-9_+-]+):", text)
        shown = "".join(
            part if index % 2 == 0 else find_emoji(part) for index, part in enumerate(parts)
        )
        return _break_lines(shown)

    def _lines(self, text: str) -> Markup:
        blocks: list[tuple[bool, list[str]]] = []
        for line in text.split("\n"):
            is_quote = _QUOTE.match(line) is not None
            if not blocks or blocks[-1][0] != is_quote:
                blocks.append((is_quote, []))
            blocks[-1][1].append(_QUOTE.sub("", line, count=1) if is_quote else line)
        rendered = []
        for is_quote, lines in blocks:
            inner = self._inline("\n".join(lines))
            rendered.append(
                Markup("<blockquote>{}</blockquote>").format(inner) if is_quote else inner
            )
        return Markup().join(rendered)

    def _inline(self, text: str) -> Markup:
        pieces: list[Markup] = []
        end = 0
        for match in _INLINE.finditer(text):
            pieces.append(_break_lines(_decode(text[end : match.start()])))
            pieces.append(self._mark(match))
            end = match.end()
        pieces.append(_break_lines(_decode(text[end:])))
        return Markup().join(pieces)

    def _mark(self, match: re.Match[str]) -> Markup:
        kind, value = str(match.lastgroup), str(match[str(match.lastgroup)])
        match kind:
            case "code":
                return Markup("<code>{}</code>").format(_decode(value))
            case "control":
                return self._control(value)
            case "emoji":
                return escape(find_emoji(value))
            case _:
                tag = Markup(_TAGS[kind])  # noqa: S704 - one of three tags named above
                return Markup("<{0}>{1}</{0}>").format(tag, self._inline(value))

    def _control(self, value: str) -> Markup:
        """What stands between < and >: a mention, a date, a link."""
        target, _, label = value.partition("|")
        if target[:2] in ("@U", "@W"):
            return mention(f"@{self.find_name(target[1:])}")
        if target[:1] == "#":
            return mention(f"#{self.find_name(target[1:])}")
        if target.startswith("!subteam^"):
            return mention(f"@{self.find_name(target.removeprefix('!subteam^'))}")
        if target.startswith("!date^"):
            return escape(_show_date(target, label))
        if target[:1] == "!" and target[1:] in BROADCASTS:
            return mention(f"@{target[1:]}")
        return link(_decode(target), _decode(label))


def link(target: str, label: str = "") -> Markup:
    """A link, or its text alone when it would lead anywhere but to the web or a mail program."""
    if not target.lower().startswith(LINK_SCHEMES):
        return escape(label or f"<{target}>")
    shown = label or target.removeprefix("mailto:")
    return Markup('<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>').format(
        target, shown
    )


def mention(name: str) -> Markup:
    return Markup('<span class="mention">{}</span>').format(name)


def find_emoji(name: str) -> str:
    """The character of an emoji name, or the name in colons when it is not known."""
    if name in EMOJI:
        return EMOJI[name]
    try:
        character = unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return f":{name}:"
    return character if unicodedata.category(character) == "So" else f":{name}:"


def _show_date(target: str, fallback: str) -> str:
    _, _, moment_and_form = target.partition("^")
    moment, _, form = moment_and_form.partition("^")
    form = form.partition("^")[0]
    try:
        when = datetime.fromtimestamp(int(moment), UTC)
    except (ValueError, OverflowError, OSError):
        return _decode(fallback)
    forms = {name: when.strftime(spelling) for name, spelling in _DATE_FORMS.items()}
    return _DATE.sub(lambda found: forms.get(found[1].removesuffix("_pretty"), found[0]), form)


def _decode(text: str) -> str:
    for entity, character in ENTITIES:
        text = text.replace(entity, character)
    return text


def _break_lines(text: str) -> Markup:
    return Markup("<br>").join(text.split("\n"))
