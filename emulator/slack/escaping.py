"""What people type, as an app with `should_escape` gets it: mentions by id, links marked.

Source: https://docs.slack.dev/interactivity/implementing-slash-commands and
https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .workspace import Workspace

_MARKED = re.compile(
    r"(?P<link>https?://[^\s<>|]+)"
    r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<!\w)@(?P<user>[\w.-]+)"
    r"|(?<!\w)#(?P<channel>[\w-]+)"
)


def escape_text(text: str, workspace: Workspace) -> str:
    """Mentions that name somebody or something, links and addresses in Slack's marks; the three
    characters that mark them as entities."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    users = {user.name: user.id for user in workspace.users.values()}
    channels = {
        one.name: one.id for one in workspace.channels.values() if one.kind in ("public", "private")
    }

    def mark(found: re.Match[str]) -> str:
        value = found[str(found.lastgroup)]
        match found.lastgroup:
            case "link":
                return f"<{value}>"
            case "mail":
                return f"<mailto:{value}|{value}>"
            case "user" if value in users:
                return f"<@{users[value]}|{value}>"
            case "channel" if value in channels:
                return f"<#{channels[value]}|{value}>"
        return found[0]

    return _MARKED.sub(mark, plain)
