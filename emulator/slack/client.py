"""Be the people of the emulated Slack, from a test or a script.

>>> async with SlackPeople(emulator.url) as people:
...     act = await people.command("/talent", "list")
...     messages = await people.messages("C0HIRING")
"""

from __future__ import annotations

import base64
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
            command to the app several times at once, `redeliveries` to do so once more after that.
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

    async def shortcut(self, callback_id: str, message_ts: str | None = None, **more: Any) -> Json:
        """Choose a global shortcut of the app, or one of a message; answers as `command` does."""
        body: Json = {"user": self.user, "callback_id": callback_id, **more}
        if message_ts is not None:
            body = {"channel": self.channel, **body, "message_ts": message_ts}
        return self._read(await self._http.post("shortcuts", json=body))

    async def views(self, user: str | None = None) -> Json:
        """What a person has before them: `modal` (its views, bottom to top, each with the `errors`
        shown below its inputs and the `problem` shown above them) and `home` (or None)."""
        seen = self._read(await self._http.get(f"people/{user or self.user}"))
        return {"modal": seen["modal"], "home": seen["home"]}

    async def modal(self, user: str | None = None) -> Json | None:
        """The view in front of a person, None when no modal is open."""
        stack: list[Json] = (await self.views(user))["modal"]
        return stack[-1] if stack else None

    async def submit(self, view_id: str, values: Json | None = None, **more: Any) -> Json:
        """Fill in the view in front of a person and press its submit button.

        :param values: by block_id, action_id or label: text, a number as text, an option's value,
            a date, a time, epoch seconds, ids of users, conversations or files; a list where there
            may be several. What is not named stays as it is.
        :return: as `command`, and `view`: what the person then sees (`id`, `errors`, `problem`,
            `stack`). `error` is `invalid_input` when Slack itself did not let the values through.
        """
        body = {"user": self.user, "values": values or {}, **more}
        return self._read(await self._http.post(f"views/{view_id}/submit", json=body))

    async def choose(self, view_id: str, action_id: str, value: Any = None, **more: Any) -> Json:
        """Press or choose something in a modal or the App Home; answers as `submit` does.

        :param more: `block_id`; `values` for what was entered elsewhere before.
        """
        body = {"user": self.user, "action_id": action_id, "value": value, **more}
        return self._read(await self._http.post(f"views/{view_id}/actions", json=body))

    async def close(self, view_id: str, **more: Any) -> Json:
        """Close the view in front of a person, or with `whole_modal=True` all of them."""
        body = {"user": self.user, **more}
        return self._read(await self._http.post(f"views/{view_id}/close", json=body))

    async def home(self, user: str | None = None, tab: str = "home") -> Json:
        """Open the app's home (`tab="messages"` for its messages); answers `home` and `events`."""
        body = {"user": user or self.user, "tab": tab}
        return self._read(await self._http.post("home", json=body))

    async def options(self, action_id: str, value: str, **more: Any) -> list[Json]:
        """Type into an external menu of a view (`view_id=`) or message (`message_ts=`)."""
        body = {"user": self.user, "action_id": action_id, "value": value, **more}
        if "message_ts" in more:
            body = {"channel": self.channel, **body}
        return list(self._read(await self._http.post("options", json=body))["options"])

    async def upload(
        self, name: str, content: bytes, channel: str | None = None, **more: Any
    ) -> Json:
        """Upload a file; answers `file`, its id, and `ts` when it was shared into `channel`."""
        body = {
            "user": self.user,
            "name": name,
            "content_base64": base64.b64encode(content).decode(),
            "channel": channel,
            **more,
        }
        return self._read(await self._http.post("files", json=body))

    async def group_is(self, identifier: str, **wanted: Any) -> Json:
        """Make a user group or change one: `users`, `name`, `handle`, `is_disabled`."""
        return self._read(await self._http.post("groups", json={"id": identifier, **wanted}))

    async def say(self, text: str, **more: Any) -> Json:
        """Write a message (`thread_ts=` to answer one); answers its `ts` and the events told."""
        return await self._act("messages", {"text": text, **more})

    async def messages(self, channel: str | None = None) -> list[Json]:
        """What was said, oldest first, with `replies`, `edits` and `ephemeral_to`."""
        answer = await self._http.get(f"conversations/{channel or self.channel}")
        return list(self._read(answer)["messages"])

    async def channel_is(self, identifier: str, **wanted: Any) -> Json:
        """Make a channel or change one: `name`, `private` (or `kind`: public, private, im, mpim),
        `members`, `is_archived`, `is_ext_shared` (with another workspace)."""
        return self._read(await self._http.post("channels", json={"id": identifier, **wanted}))

    async def user_is(self, identifier: str, **wanted: Any) -> Json:
        """Make a user or change one: `is_restricted` and `is_ultra_restricted` (guests),
        `is_stranger`, `is_deleted`, `team`, `name`, `real_name`."""
        return self._read(await self._http.post("users", json={"id": identifier, **wanted}))

    async def install(self, manifest: Json) -> Json:
        """Install the app anew from its manifest: it has the scopes, events, commands, shortcuts
        and tabs named there and no others. Answers the settings that came of it."""
        return self._read(await self._http.post("install", json={"manifest": manifest}))

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
