"""The bot's own line in a run's note: the only thing the bot remembers between two processes.

The line is `talent: {"by": …, "posts": {…}}`. The rest of the note belongs to people and is never
changed, not even by a space.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..provider.contracts import NOTE_PREFIX

MAX_NOTE = 1000
"""Characters that Airflow keeps of a note."""


class NoteIsFull(Exception):
    """People have written so much that the bot's line no longer fits."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where a root message really is, and whether everything owed there has been said."""

    channel: str
    ts: str
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What the bot wrote about a run.

    :param follower: The bot process that looks after the run; None when nobody does.
    :param posts: Per conversation that is owed a report, where its root message is.
    """

    follower: str | None = None
    posts: Mapping[str, Post] = field(default_factory=dict)


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
    posts = {
        target: {"channel": post.channel, "ts": post.ts, **({"done": True} if post.is_done else {})}
        for target, post in line.posts.items()
    }
    content: dict[str, Any] = {}
    if line.follower:
        content["by"] = line.follower
    if posts:
        content["posts"] = posts
    return f"{NOTE_PREFIX} {json.dumps(content, separators=(',', ':'))}"


def _parse(line: str) -> Line | None:
    if not line.startswith(NOTE_PREFIX):
        return None
    try:
        content = json.loads(line.removeprefix(NOTE_PREFIX))
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    follower, posts = content.get("by"), content.get("posts")
    return Line(
        follower if isinstance(follower, str) else None,
        {
            target: Post(post["channel"], post["ts"], is_done=post.get("done") is True)
            for target, post in (posts.items() if isinstance(posts, dict) else ())
            if isinstance(post, dict)
            and isinstance(post.get("channel"), str)
            and isinstance(post.get("ts"), str)
        },
    )
