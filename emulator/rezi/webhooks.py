"""The one event Rezi tells of. Its form is invented, since none is documented."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..world import format_time

if TYPE_CHECKING:
    from . import Rezi
    from .records import Resume

EVENT = "resume.section.saved"

HEADERS = {"Content-Type": "application/json"}

PAUSES = (10.0, 60.0)
"""Seconds before the second and the third try; after that the event is dropped."""

LATE = 60.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Webhooks:
    """Sends events to the address set for this vendor, and spoils them when asked to."""

    def __init__(self, rezi: Rezi) -> None:
        self._rezi = rezi
        self._sent = 0
        self._held_back: bytes | None = None

    def tell_saved(self, resume: Resume, section: str) -> None:
        """A section was saved."""
        self._sent += 1
        content = self._write(resume, section)
        match self._rezi.settings.webhook_fault:
            case "duplicate":
                self._send(content, content)
            case "reordered" if self._held_back is None:
                self._held_back = content
            case "reordered":
                self._send(content, self._held_back or b"")
                self._held_back = None
            case "late":
                self._rezi.world.plan_after(LATE, lambda: self._send(content))
            case "malformed":
                self._send(content[: len(content) // 2])
            case _:
                self._send(content)

    def _write(self, resume: Resume, section: str) -> bytes:
        values = {
            "event": EVENT,
            "id": f"evt_{self._sent}",
            "createdAt": format_time(self._rezi.world.now()) or "",
            "userID": resume.user_id,
            "resumeID": resume.id,
            "section": section,
        }
        inside_json = {name: json.dumps(value)[1:-1] for name, value in values.items()}
        return Template(self._rezi.settings.webhook_template).substitute(inside_json).encode()

    def _send(self, *contents: bytes, tries: int = 0) -> None:
        webhook = self._rezi.world.webhooks.get(self._rezi.name)
        if webhook is None or not self._may_reach(webhook.url):
            return
        self._rezi.world.start(self._deliver(webhook.url, contents, tries))

    async def _deliver(self, url: str, contents: Sequence[bytes], tries: int) -> None:
        for content in contents:
            status = await self._rezi.deliver(url, EVENT, content, HEADERS)
            is_taken = status is not None and 200 <= status < 300
            if not is_taken and tries < len(PAUSES):
                again = partial(self._send, content, tries=tries + 1)
                self._rezi.world.plan_after(PAUSES[tries], again)

    def _may_reach(self, url: str) -> bool:
        return self._rezi.settings.webhooks_to_strangers or urlsplit(url).hostname in LOOPBACK
