"""How the bot's modals and its App Home look. Pure functions.

A modal carries what must be known when it is submitted in its `private_metadata`, which Slack
keeps and hands back unchanged; :class:`Draft` reads and writes it.
https://docs.slack.dev/surfaces/modals
"""

from __future__ import annotations

import json
import zlib
from base64 import b85decode, b85encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from ..services.airflow_api import Dag
from .blocks import (
    MAX_NAME,
    Block,
    Message,
    actions,
    button,
    context,
    escape,
    header,
    plain,
    quote,
    section,
    shorten,
)
from .buttons import OPEN_MENU, OPEN_WORKFLOW, REFRESH

View = dict[str, Any]

FORM: Final = "talent_form"
"""`callback_id` of a modal that is submitted."""
SHOWN: Final = "talent_shown"
"""`callback_id` of a modal that is only looked at."""
SEARCH: Final = "talent_search"
"""`action_id` of the box that finds a workflow by its name."""

MAX_TITLE = 24
MAX_BLOCKS = 100
MAX_METADATA = 3000
MAX_LISTED = 40
"""Workflows that a menu lists; when there are more, it has a box to search in."""
MAX_DESCRIPTION = 200
MAX_OPTION = 75
MAX_OPTIONS = 100
MAX_VALUE = 150


class DraftTooLong(Exception):
    """More was entered than a form with several pages can hold."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that somebody is filling in.

    :param workflow: The DAG's id; empty while it is not chosen.
    :param channel: The conversation in which the person asked, from a verified request.
    :param response_url: Where the person can be told more, when it began with a command.
    :param page: Which page is shown, counted from 0.
    :param values: What earlier pages and buttons gave.
    :param kept: Names of fields that are given and not asked for.
    :param files: Id to name of files that were chosen before the workflow was.
    :param even_if_same: The person knows that the same input is running already.
    """

    workflow: str
    channel: str
    response_url: str | None = None
    page: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    even_if_same: bool = False

    def write(self) -> str:
        """:raises DraftTooLong: Slack would refuse it."""
        fields = [
            self.workflow,
            self.channel,
            self.response_url,
            self.page,
            dict(self.values),
            list(self.kept),
            dict(self.files),
            self.even_if_same,
        ]
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        if len(text) > MAX_METADATA:
            text = b85encode(zlib.compress(text.encode(), 9)).decode()
        if len(text) > MAX_METADATA:
            raise DraftTooLong
        return text

    @classmethod
    def read(cls, text: str) -> Draft:
        """:raises ValueError: it is none of `write`."""
        if not text.startswith("["):
            text = zlib.decompress(b85decode(text)).decode()
        workflow, channel, response_url, page, values, kept, files, even_if_same = json.loads(text)
        return cls(workflow, channel, response_url, page, values, tuple(kept), files, even_if_same)


def loading_view(title: str) -> View:
    """What opens at once, while Airflow is asked."""
    return _modal(title, [section(":hourglass_flowing_sand:  One moment …")])


def notice_view(title: str, message: Message) -> View:
    """A modal that says something; closing it leads back to what is below it."""
    return _modal(title, message.blocks)


def last_view(title: str, message: Message) -> View:
    """A modal that says how it ended; closing it closes everything."""
    return {**notice_view(title, message), "clear_on_close": True}


def message_of(view: View) -> Message:
    """What a modal says, as a message for somebody who has closed it."""
    blocks = [block for block in view["blocks"] if block["type"] not in ("input", "actions")]
    return Message(str(view["title"]["text"]), blocks)


def file_view(dag: Dag, draft: Draft) -> View:
    """Which of several files a workflow is for that takes one."""
    name = escape(shorten(dag.dag_display_name, MAX_NAME))
    question = section(f"*{name}* takes one file. Which?")
    return _modal(dag.dag_display_name, [question, *_file_entries(dag, draft.files)], draft)


def _file_entries(dag: Dag, files: Mapping[str, str]) -> Iterator[Block]:
    for file, name in files.items():
        label = shorten(f"Open {name}", MAX_OPTION)
        press = button("Open", OPEN_WORKFLOW, dag.dag_id, accessibility_label=label)
        yield {**quote(shorten(name, MAX_NAME)), "block_id": file, "accessory": press}


def menu_view(workflows: Sequence[Dag], draft: Draft) -> View:
    """The workflows that a person may start."""
    if not workflows:
        text = "There is no workflow that you may start here."
        return _modal("Start a workflow", [section(text)], draft)
    blocks: list[Block] = []
    if len(workflows) > MAX_LISTED:
        blocks.append(
            {
                "type": "actions",
                "block_id": "search",
                "elements": [
                    {
                        "type": "external_select",
                        "action_id": SEARCH,
                        "min_query_length": 0,
                        "placeholder": plain(f"Find one of {len(workflows)} workflows"),
                    }
                ],
            }
        )
    blocks += [_menu_entry(dag) for dag in workflows[:MAX_LISTED]]
    return _modal("Start a workflow", blocks, draft)


def form_view(dag: Dag, blocks: Sequence[Block], draft: Draft, *, pages: int) -> View:
    """One page of the form of a workflow.

    :param blocks: Its inputs.
    :param pages: How many there are.
    :raises DraftTooLong: earlier pages hold too much.
    """
    is_last = draft.page == pages - 1
    shown: list[Block] = []
    if (description := (dag.description or "").strip()) and draft.page == 0:
        shown.append(quote(shorten(description, MAX_DESCRIPTION * 5)))
    if draft.files:
        shown.append(context(f"File: {escape(', '.join(draft.files.values()))}"))
    shown += blocks or [section("It needs nothing else: press Start.")]
    if pages > 1:
        shown.append(context(f"Page {draft.page + 1} of {pages}"))
    return {
        **_modal(dag.dag_display_name, shown, draft),
        "callback_id": FORM,
        "submit": plain("Start" if is_last else "Next"),
        "close": plain("Cancel"),
    }


def same_view(dag: Dag, message: Message, draft: Draft) -> View:
    """That the same is running already, and a way to start it all the same."""
    return {
        **_modal(dag.dag_display_name, message.blocks, draft),
        "callback_id": FORM,
        "submit": plain("Start again"),
        "close": plain("Cancel"),
    }


def choices(workflows: Iterable[Dag]) -> list[Block]:
    """Workflows as options of the box to search in, as many as Slack takes."""
    # One whose id is longer than a value may be would take the others with it.
    fitting = (dag for dag in workflows if len(dag.dag_id) <= MAX_VALUE)
    return [_choice(dag) for dag in islice(fitting, MAX_OPTIONS)]


def _choice(dag: Dag) -> Block:
    option = {
        "text": plain(shorten(dag.dag_display_name, MAX_OPTION)),
        "value": dag.dag_id,
    }
    if words := " ".join((dag.description or "").split()):
        option["description"] = plain(shorten(words, MAX_OPTION))
    return option


def _menu_entry(dag: Dag) -> Block:
    text = f"*{escape(shorten(dag.dag_display_name, MAX_NAME))}*"
    if dag.description:
        text += f"\n{escape(shorten(' '.join(dag.description.split()), MAX_DESCRIPTION))}"
    return {
        **section(text),
        "block_id": dag.dag_id,
        "accessory": {
            "type": "button",
            "action_id": OPEN_WORKFLOW,
            "value": dag.dag_id,
            "text": plain("Open"),
            "accessibility_label": shorten(f"Open {dag.dag_display_name}", MAX_OPTION),
        },
    }


def _modal(title: str, blocks: Sequence[Block], draft: Draft | None = None) -> View:
    return {
        "type": "modal",
        "callback_id": SHOWN,
        "title": plain(shorten(title.strip() or "Talent", MAX_TITLE)),
        "close": plain("Close"),
        "blocks": list(blocks),
        "private_metadata": draft.write() if draft else "",
    }


def home_view(runs: Sequence[Block], questions: Sequence[Block]) -> View:
    """The App Home of a person.

    :param runs: What they started lately.
    :param questions: What waits for their answer.
    """
    start = button("Start a workflow", OPEN_MENU, "menu", style="primary")
    refresh = button("Refresh", REFRESH, "home")
    nothing = section("Nothing waits for you.")
    none = section("You have started nothing yet.")
    blocks = [
        actions(start, refresh),
        header("Waiting for you"),
        *(questions or [nothing]),
        header("Your runs"),
        *(runs or [none]),
    ]
    return {"type": "home", "blocks": blocks[:MAX_BLOCKS]}
