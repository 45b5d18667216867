"""Shortcuts: the menu from anywhere, and "Screen this CV" on a message with a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from .. import messages, views
from ..background import Background
from ..desk import Desk
from ..views import Draft, View
from .asking import Body, who_acts
from .forms import Forms, draw_chosen, file_field

OPEN: Final = "talent_open"
SCREEN: Final = "talent_screen"
"""`callback_id` of the shortcuts, as the manifest has them."""


TITLE: Final = "Screen this CV"


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """What is chosen from Slack's own menus."""

    desk: Desk
    forms: Forms
    background: Background

    def register(self, bolt: AsyncApp) -> None:
        bolt.shortcut(OPEN)(self.take_open)
        bolt.shortcut(SCREEN)(self.take_screen)

    async def take_open(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self.forms.open_menu(body, who_acts(body)))

    async def take_screen(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self.forms.open(body, TITLE, self._draw(body)))

    async def _draw(self, body: Body) -> View:
        """The form of the workflow that takes a file, or a menu when several do."""
        person = who_acts(body)
        files = {
            str(file["id"]): str(file.get("name") or "a file")
            for file in body["message"].get("files") or ()
        }
        draft = Draft("", person.channel, body.get("response_url"), files=files)
        if not files:
            return views.notice_view(TITLE, messages.holds_no_file())
        found = [dag for dag in await self.desk.workflow_details(person) if file_field(dag)]
        if not found:
            return views.notice_view(TITLE, messages.takes_no_file())
        if len(found) == 1:
            return draw_chosen(found[0], draft)
        return views.menu_view(found, draft)
