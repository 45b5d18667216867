"""Block Kit's published limits as tables: which fields there are, how long, how many, where.

A field that no rule names is refused, as Slack refuses it. `blocks` walks these tables.
Sources: https://docs.slack.dev/reference/block-kit (blocks, block elements, composition objects;
https://docs.slack.dev/blocks.json for what goes where) and https://docs.slack.dev/reference/views.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Surface = Literal["message", "modal", "home"]

MAX_BLOCKS: Mapping[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MAX_ID = 255
MAX_INPUT = 3000
MAX_TABLE_CELLS = 20
MAX_TABLE_CHARACTERS = 10_000
MAX_OPTIONS = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A field that is a bare string; `form` is what it must look like."""

    field: str
    most: int
    is_required: bool = False
    form: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """A field that is true or false."""

    field: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """A field that is a whole number within bounds."""

    field: str
    least: int
    most: int
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A field that is one of a few strings."""

    field: str
    words: tuple[str, ...]
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A list of strings, of any when `words` names none."""

    field: str
    words: tuple[str, ...] = ()
    may_be_empty: bool = True
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A field that is a text object."""

    field: str
    most: int
    is_required: bool = False
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of text objects."""

    field: str
    most: int
    most_each: int
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """A list of elements, each checked by its own type, which must be one of `types`."""

    field: str
    most: int
    types: frozenset[str]
    is_required: bool = True
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One element, checked by its own type."""

    field: str
    types: frozenset[str]
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """An object without a type, checked by rules of its own."""

    field: str
    rules: tuple[Rule, ...]
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of a menu, a radio group or a set of boxes, with those that come chosen."""

    most: int
    option: Rules
    may_be_grouped: bool = False
    chosen: Literal["initial_option", "initial_options"] | None = None
    """The field with the option, or options, to begin with."""


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A field that is known and left alone."""

    field: str
    is_required: bool = False


Rule = (
    Line | Flag | Count | Word | Words | Text | Texts | Parts | Part | Record | Options | Unchecked
)
Rules = tuple[Rule, ...]

DATE = r"\d{4}-\d{2}-\d{2}"
TIME = r"([01]\d|2[0-3]):[0-5]\d"
DECIMAL = r"-?\d+(\.\d+)?"

TEXTS: dict[str, Rules] = {
    "plain_text": (Line("text", 3000, is_required=True), Flag("emoji")),
    "mrkdwn": (Line("text", 3000, is_required=True), Flag("verbatim")),
}
OPTION: Rules = (
    Text("text", 75, is_required=True, is_plain=True),
    Line("value", 150, is_required=True),
    Text("description", 75, is_plain=True),
)
LINK_OPTION: Rules = (*OPTION, Line("url", 3000))
"""Of an overflow menu."""
MARKED_OPTION: Rules = (
    Text("text", 75, is_required=True),
    Line("value", 150, is_required=True),
    Text("description", 75),
)
"""Of radio buttons and checkboxes, which take mrkdwn."""
CONFIRM: Rules = (
    Text("title", 100, is_required=True, is_plain=True),
    Text("text", 300, is_required=True),
    Text("confirm", 30, is_required=True, is_plain=True),
    Text("deny", 30, is_required=True, is_plain=True),
    Word("style", ("primary", "danger")),
)
FILTER: Rules = (
    Words("include", ("im", "mpim", "private", "public"), may_be_empty=False),
    Flag("exclude_external_shared_channels"),
    Flag("exclude_bot_users"),
)
DISPATCH: Rules = (
    Words("trigger_actions_on", ("on_enter_pressed", "on_character_entered"), may_be_empty=False),
)

_ACTION = Line("action_id", MAX_ID)
_CONFIRM = Record("confirm", CONFIRM)
_FOCUS = Flag("focus_on_load")
_PLACEHOLDER = Text("placeholder", 150, is_plain=True)
_DISPATCH = Record("dispatch_action_config", DISPATCH)
_FILTER = Record("filter", FILTER)
_PICKED: Rules = (_ACTION, _CONFIRM, _FOCUS)
_MENU: Rules = (*_PICKED, _PLACEHOLDER)
_MENU_OF_MANY: Rules = (*_MENU, Count("max_selected_items", 1, MAX_OPTIONS))
_QUERY = Count("min_query_length", 0, 100)
_TYPED: Rules = (_ACTION, _FOCUS, _PLACEHOLDER, _DISPATCH)

ELEMENTS: dict[str, Rules] = {
    "button": (
        _ACTION,
        _CONFIRM,
        Text("text", 75, is_required=True, is_plain=True),
        Line("value", 2000),
        Line("url", 3000),
        Word("style", ("primary", "danger")),
        Line("accessibility_label", 75),
    ),
    "overflow": (_ACTION, _CONFIRM, Options(5, LINK_OPTION)),
    "static_select": (
        *_MENU,
        Options(MAX_OPTIONS, OPTION, may_be_grouped=True, chosen="initial_option"),
    ),
    "multi_static_select": (
        *_MENU_OF_MANY,
        Options(MAX_OPTIONS, OPTION, may_be_grouped=True, chosen="initial_options"),
    ),
    "external_select": (*_MENU, _QUERY, Record("initial_option", OPTION)),
    "multi_external_select": (*_MENU_OF_MANY, _QUERY, Unchecked("initial_options")),
    "users_select": (*_MENU, Line("initial_user", 32)),
    "multi_users_select": (*_MENU_OF_MANY, Words("initial_users")),
    "channels_select": (
        *_MENU,
        Line("initial_channel", 32),
        Flag("response_url_enabled"),
    ),
    "multi_channels_select": (*_MENU_OF_MANY, Words("initial_channels")),
    "conversations_select": (
        *_MENU,
        Line("initial_conversation", 32),
        Flag("default_to_current_conversation"),
        Flag("response_url_enabled"),
        _FILTER,
    ),
    "multi_conversations_select": (
        *_MENU_OF_MANY,
        Words("initial_conversations"),
        Flag("default_to_current_conversation"),
        _FILTER,
    ),
    "datepicker": (*_MENU, Line("initial_date", 10, form=DATE)),
    "timepicker": (*_MENU, Line("initial_time", 5, form=TIME), Line("timezone", 64)),
    "datetimepicker": (*_PICKED, Count("initial_date_time", 1_000_000_000, 9_999_999_999)),
    "radio_buttons": (*_PICKED, Options(10, MARKED_OPTION, chosen="initial_option")),
    "checkboxes": (*_PICKED, Options(10, MARKED_OPTION, chosen="initial_options")),
    "plain_text_input": (
        *_TYPED,
        Line("initial_value", MAX_INPUT),
        Flag("multiline"),
        Count("min_length", 0, MAX_INPUT),
        Count("max_length", 1, MAX_INPUT),
    ),
    "number_input": (
        *_TYPED,
        Flag("is_decimal_allowed", is_required=True),
        Line("initial_value", 100, form=DECIMAL),
        Line("min_value", 100, form=DECIMAL),
        Line("max_value", 100, form=DECIMAL),
    ),
    "email_text_input": (*_TYPED, Line("initial_value", MAX_INPUT)),
    "url_text_input": (*_TYPED, Line("initial_value", MAX_INPUT)),
    "rich_text_input": (
        *_TYPED,
        Part("initial_value", frozenset({"rich_text"})),
        Count("min_lines", 1, 100),
        Count("max_lines", 1, 100),
    ),
    "file_input": (_ACTION, Words("filetypes", may_be_empty=False), Count("max_files", 1, 10)),
    "image": (
        Line("image_url", 3000),
        Unchecked("slack_file"),
        Line("alt_text", 2000, is_required=True),
    ),
    **TEXTS,
}

MENUS = frozenset(kind for kind in ELEMENTS if kind.endswith("_select"))
MENUS_OF_MANY = frozenset(kind for kind in MENUS if kind.startswith("multi_"))
PICKED = frozenset({"checkboxes", "datepicker", "radio_buttons", "timepicker"})
TYPED = frozenset(kind for kind in ELEMENTS if kind.endswith("_input"))

IN_SECTION = MENUS | PICKED | {"button", "image", "overflow"}
IN_ACTIONS = MENUS | PICKED | {"button", "datetimepicker", "overflow", "rich_text_input"}
IN_INPUT = MENUS | PICKED | {"datetimepicker"} | TYPED
IN_CONTEXT = frozenset({"image", "plain_text", "mrkdwn"})
INTERACTIVE = IN_SECTION | IN_ACTIONS | IN_INPUT - {"image"}
"""What has an `action_id`."""

_STYLE = Unchecked("style")
RICH_INLINE: dict[str, Rules] = {
    "text": (Line("text", 12_000, is_required=True), _STYLE),
    "link": (
        Line("url", 3000, is_required=True),
        Line("text", 3000),
        Flag("unsafe"),
        _STYLE,
    ),
    "user": (Line("user_id", 32, is_required=True), _STYLE),
    "usergroup": (Line("usergroup_id", 32, is_required=True), _STYLE),
    "channel": (Line("channel_id", 32, is_required=True), _STYLE),
    "broadcast": (Word("range", ("here", "channel", "everyone"), is_required=True), _STYLE),
    "emoji": (
        Line("name", 100, is_required=True),
        Line("unicode", 100),
        Line("url", 3000),
        _STYLE,
    ),
    "color": (Line("value", 32, is_required=True), _STYLE),
    "date": (
        Unchecked("timestamp", is_required=True),
        Line("format", 300, is_required=True),
        Line("fallback", 300),
        Line("url", 3000),
        _STYLE,
    ),
}
_INLINE = Parts("elements", 1000, frozenset(RICH_INLINE), may_be_empty=True)
_BORDER = Count("border", 0, 1)
RICH: dict[str, Rules] = {
    "rich_text_section": (_INLINE,),
    "rich_text_preformatted": (_INLINE, _BORDER, Line("language", 100)),
    "rich_text_quote": (_INLINE, _BORDER),
    "rich_text_list": (
        Parts("elements", 1000, frozenset({"rich_text_section"})),
        Word("style", ("bullet", "ordered"), is_required=True),
        Count("indent", 0, 8),
        Count("offset", 0, 10_000),
        _BORDER,
    ),
}
_BLOCK_ID = Line("block_id", MAX_ID)
RICH_TEXT: Rules = (_BLOCK_ID, Parts("elements", 1000, frozenset(RICH)))
PARTS: dict[str, Rules] = {**ELEMENTS, **RICH_INLINE, **RICH, "rich_text": RICH_TEXT}
CELLS: dict[str, Rules] = {
    "raw_text": (Line("text", MAX_TABLE_CHARACTERS),),
    "raw_number": (Unchecked("value", is_required=True), Line("text", MAX_TABLE_CHARACTERS)),
    "rich_text": RICH_TEXT,
}

_INPUT: Rules = (
    _BLOCK_ID,
    Text("label", 2000, is_required=True, is_plain=True),
    Part("element", IN_INPUT - {"file_input"}, is_required=True),
    Text("hint", 2000, is_plain=True),
    Flag("optional"),
    Flag("dispatch_action"),
)
BLOCKS: dict[str, Rules] = {
    "section": (
        _BLOCK_ID,
        Text("text", 3000),
        Texts("fields", 10, 2000),
        Part("accessory", IN_SECTION),
        Flag("expand"),
    ),
    "header": (_BLOCK_ID, Text("text", 150, is_required=True, is_plain=True)),
    "divider": (_BLOCK_ID,),
    "image": (
        _BLOCK_ID,
        Line("image_url", 3000),
        Unchecked("slack_file"),
        Line("alt_text", 2000, is_required=True),
        Text("title", 2000, is_plain=True),
    ),
    "context": (_BLOCK_ID, Parts("elements", 10, IN_CONTEXT)),
    "actions": (_BLOCK_ID, Parts("elements", 25, IN_ACTIONS)),
    "input": _INPUT,
    "rich_text": RICH_TEXT,
}
"""What goes everywhere."""

UNCHECKED_EVERYWHERE = ("card", "video")
UNCHECKED_IN_MESSAGES = (
    *("call", "carousel", "container", "context_actions", "data_table", "data_visualization"),
    *("file", "plan", "task_card"),
)
UNCHECKED = frozenset((*UNCHECKED_EVERYWHERE, *UNCHECKED_IN_MESSAGES))
"""Blocks known to Slack whose insides are not looked at here."""

SURFACES: Mapping[Surface, dict[str, Rules]] = {
    "message": {
        **BLOCKS,
        "markdown": (_BLOCK_ID, Line("text", 12_000, is_required=True)),
        "table": (_BLOCK_ID, Unchecked("rows", is_required=True), Unchecked("column_settings")),
        **dict.fromkeys((*UNCHECKED_EVERYWHERE, *UNCHECKED_IN_MESSAGES), ()),
    },
    "modal": {
        **BLOCKS,
        "input": tuple(
            replace(rule, types=IN_INPUT) if isinstance(rule, Part) else rule for rule in _INPUT
        ),
        "alert": (
            _BLOCK_ID,
            Text("text", 200, is_required=True),
            Word("level", ("default", "info", "warning", "error", "success")),
        ),
        **dict.fromkeys(UNCHECKED_EVERYWHERE, ()),
    },
    "home": {**BLOCKS, **dict.fromkeys((*UNCHECKED_EVERYWHERE, "carousel"), ())},
}
"""The blocks that each surface takes, and what each of them may hold there."""

_VIEW: Rules = (
    Line("private_metadata", 3000),
    Line("callback_id", MAX_ID),
    Line("external_id", MAX_ID),
    Unchecked("blocks", is_required=True),
)
VIEWS: Mapping[str, Rules] = {
    "modal": (
        Text("title", 24, is_required=True, is_plain=True),
        Text("submit", 24, is_plain=True),
        Text("close", 24, is_plain=True),
        Flag("clear_on_close"),
        Flag("notify_on_close"),
        *_VIEW,
    ),
    "home": (Text("title", 24, is_plain=True), *_VIEW),
}
