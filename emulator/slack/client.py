"""Be the people of the emulated Slack, from a test or a script.

>>> async with SlackPeople(emulator.url) as people:
...     act = await people.command("/talent", "list")
...     messages = await people.messages("C0HIRING")
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]


class SlackActRefused(Exception):
    """The emulated Slack did not let a person do this; `code` is its word for why."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class SlackPeople:
    """The people of the emulated Slack, over HTTP.

    Acts are done by `user` in `channel`; both default to the recruiter in #hiring, where the app
    is. An act that Slack does not allow raises `SlackActRefused`.

    :param url: where the emulator is, as `http://127.0.0.1:8700`.
    """

    def __init__(self, url: str, *, user: str = "U0RECRUIT", channel: str = "C0HIRING") -> None:
        self.url = url
        self.user = user
        self.channel = channel
        self._http = httpx.AsyncClient(
            base_url=f"{url}/_emulator/slack/", timeout=90, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def command(self, command: str = "/talent", text: str = "", **more: Any) -> Json:
        """Type a slash command and wait for the app's acknowledgement.

        :param more: `user`, `channel`; `trigger_id` to force one; `deliveries` to hand the same
            command to the app several times at once.
        :return: `ack` (what the app answered, None when it did not), `error` (None,
            `operation_timeout`, `no_connection` or `dispatch_failed`), `trigger_id`,
            `deliveries` (ack and error of each).
        """
        return await self._act("commands", {"command": command, "text": text, **more})

    async def press(self, message_ts: str, action_id: str, **more: Any) -> Json:
        """Press a button, or choose from a menu with `value=`; answers as `command` does.

        :param more: as for `command`, and `block_id`, `value`.
        """
        body = {"message_ts": message_ts, "action_id": action_id, **more}
        return await self._act("actions", body)

    async def say(self, text: str, **more: Any) -> Json:
        """Write a message (`thread_ts=` to answer one); answers its `ts` and the events told."""
        return await self._act("messages", {"text": text, **more})

    async def messages(self, channel: str | None = None) -> list[Json]:
        """What was said, oldest first, with `replies`, `edits` and `ephemeral_to`."""
        answer = await self._http.get(f"conversations/{channel or self.channel}")
        return list(self._read(answer)["messages"])

    async def channel_is(self, identifier: str, **wanted: Any) -> Json:
        """Make a channel or change one: `name`, `private`, `members`, `is_archived`."""
        return self._read(await self._http.post("channels", json={"id": identifier, **wanted}))

    async def user_is(self, identifier: str, **wanted: Any) -> Json:
        """Make a user or change one: `is_restricted`, `is_stranger`, `is_deleted`, `team`."""
        return self._read(await self._http.post("users", json={"id": identifier, **wanted}))

    async def disconnect(self, reason: str = "refresh_requested") -> int:
        """End the app's Socket Mode connections; answers how many there were.

        :param reason: `refresh_requested`, `warning`, `link_disabled`, or `close`, which drops
            them without a word.
        """
        answer = await self._http.post("disconnect", json={"reason": reason})
        return int(self._read(answer)["connections"])

    async def _act(self, act: str, body: Json) -> Json:
        who = {"user": self.user, "channel": self.channel}
        return self._read(await self._http.post(act, json={**who, **body}))

    @staticmethod
    def _read(answer: httpx.Response) -> Json:
        body: Json = answer.json()
        if answer.is_error:
            raise SlackActRefused(str(body["error"]), answer.status_code)
        return body
