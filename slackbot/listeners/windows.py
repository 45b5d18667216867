"""Modals that open in time: at once when there is something to show, else to say so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from ..explain import EXPLAINED, explain
from ..slack_api import SlackApi
from ..views import View, loading_view, notice_view
from .asking import Body

MOMENT: Final = 0.5
"""Seconds after which a loading view opens."""

Found = TypeVar("Found")


@dataclass(slots=True)
class Window:
    """A modal, open or not yet: a person's act lets one be opened, once and for three seconds.

    :param put: Opens it.
    """

    slack: SlackApi
    put: Callable[[View], Awaitable[str]]
    view_id: str | None = None

    @property
    def is_open(self) -> bool:
        return self.view_id is not None

    async def show(self, view: View) -> None:
        """:raises TooLate: it cannot be opened any more."""
        if self.view_id is None:
            self.view_id = await self.put(view)
        else:
            await self.slack.update_view(self.view_id, view)

    async def wait(self, title: str, work: Coroutine[Any, Any, Found]) -> Found:
        """Wait for something, with a loading view when it takes longer than a moment. What goes
        wrong then stands there too.

        :raises TooLate: the loading view could not be opened.
        """
        working = asyncio.create_task(work)
        try:
            done, _ = await asyncio.wait({working}, timeout=MOMENT)
            if not done:
                await self.show(loading_view(title))
            return await working
        except EXPLAINED as error:
            if self.is_open:
                await self.show(notice_view(title, explain(error, title)))
            raise
        finally:
            working.cancel()


def window_of(slack: SlackApi, body: Body) -> Window:
    """The window that an act may open: on top of the modal in which it happened, if in one."""
    is_in_modal = (body.get("view") or {}).get("type") == "modal"
    put = slack.push_view if is_in_modal else slack.open_view
    return Window(slack, partial(put, str(body["trigger_id"])))
