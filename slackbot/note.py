"""The bot's own line in a run's note: the only thing the bot remembers between two processes.

The line is `talent: {"by": …, "posts": {…}}`. The rest of the note belongs to people and is never
changed, not even by a space.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..provider.contracts import NOTE_PREFIX

MAX_NOTE = 1000
"""Characters that Airflow keeps of a note."""

USER_ID = re.compile(r"[UW][A-Z0-9]{2,}")


class NoteIsFull(Exception):
    """People have written so much that the bot's line no longer fits."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where a root message really is, and which end of the run has been told there.

    :param ts: Empty when nothing can be said in that conversation, now or later.
    :param told: The :func:`~.airflow_api.DagRun.end` of which everything owed has been said.
    :param is_second: The first root message was deleted by somebody.
    """

    channel: str
    ts: str
    told: str | None = None
    is_second: bool = False

    @property
    def is_silent(self) -> bool:
        return not self.ts


@dataclass(frozen=True, slots=True)
class Line:
    """What the bot wrote about a run.

    :param follower: The bot process that looks after the run; None when nobody does.
    :param round: How often the run has gone on, counted from 1; a cleared run begins another.
    :param since: When the round before ended, in seconds since 1970; its results have been told.
    :param cancelled_by: The Slack user who ended this round.
    :param posts: Per conversation that is owed a report, where its root message is.
    """

    follower: str | None = None
    round: int = 1
    since: float = 0.0
    cancelled_by: str | None = None
    posts: Mapping[str, Post] = field(default_factory=dict)


def begin_round(line: Line, end: str | None) -> Line:
    """The line for a run as it is now: of the next round when an end was told that is no longer
    the run's. Of many that write it after one another only the first begins the round.

    :param end: Of the run, None while it goes on.
    """
    if all(post.told in (None, end) for post in line.posts.values()):
        return line
    since = max(_moment(post.told) for post in line.posts.values() if post.told)
    posts = {target: replace(post, told=None) for target, post in line.posts.items()}
    return replace(line, round=line.round + 1, since=since, cancelled_by=None, posts=posts)


def read_line(note: str | None) -> Line | None:
    """The bot's line of a note, None when there is none."""
    found = (_parse(line) for line in (note or "").split("\n"))
    return next((line for line in found if line is not None), None)


def write_line(note: str | None, line: Line) -> str:
    """The note with the bot's line replaced, or put at the end when it is new.

    :raises NoteIsFull: the line does not fit beside what people wrote.
    """
    text = _render(line)
    lines = (note or "").split("\n") if note else []
    own = next((index for index, one in enumerate(lines) if _parse(one) is not None), None)
    if own is None:
        lines.append(text)
    else:
        lines[own] = text
    written = "\n".join(lines)
    if len(written) > MAX_NOTE:
        raise NoteIsFull
    return written


def _render(line: Line) -> str:
    content = {
        "by": line.follower,
        "round": line.round if line.round > 1 else None,
        "since": line.since,
        "cancelled": line.cancelled_by,
        "posts": {target: _render_post(post) for target, post in line.posts.items()},
    }
    return f"{NOTE_PREFIX} {json.dumps(_filled(content), separators=(',', ':'))}"


def _render_post(post: Post) -> dict[str, Any]:
    second = post.is_second or None
    return {"channel": post.channel, "ts": post.ts} | _filled({"told": post.told, "second": second})


def _filled(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value}


def _parse(line: str) -> Line | None:
    if not line.startswith(NOTE_PREFIX):
        return None
    try:
        content = json.loads(line.removeprefix(NOTE_PREFIX))
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    follower, number, since, user, posts = (
        content.get(name) for name in ("by", "round", "since", "cancelled", "posts")
    )
    return Line(
        follower if isinstance(follower, str) else None,
        number if isinstance(number, int) and number > 1 else 1,
        since if isinstance(since, float) else 0.0,
        # Anybody who may edit notes could put a ping there.
        user if isinstance(user, str) and USER_ID.fullmatch(user) else None,
        {
            target: post
            for target, value in (posts.items() if isinstance(posts, dict) else ())
            if (post := _parse_post(value))
        },
    )


def _parse_post(value: object) -> Post | None:
    if not isinstance(value, dict):
        return None
    channel, ts, told = (value.get(name) for name in ("channel", "ts", "told"))
    if not (isinstance(channel, str) and isinstance(ts, str) and isinstance(told, str | None)):
        return None
    return Post(channel, ts, told, is_second=value.get("second") is True)


def _moment(told: str) -> float:
    try:
        return float(told.rpartition(" ")[2])
    except ValueError:
        return 0.0
