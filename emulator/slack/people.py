"""What people do in the conversations of the emulated Slack, and what they then see.

A command typed, a button pressed or a shortcut chosen becomes the payload Slack would send; the
acknowledgement that comes back becomes what the person is shown. Modals and the App Home are in
`viewers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .app_link import ONCE, Act, Replay
from .escaping import escape_text
from .events import describe_message, describe_shared_file, subscriptions_of
from .forms import Filling, read_state
from .payloads import (
    describe_action,
    describe_command,
    describe_message_shortcut,
    describe_press,
    describe_shortcut,
)
from .records import BOT_USER, SLACKBOT, Channel, File, Json, Message, SlackError
from .workspace import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .app_link import AppLink
    from .delivery import Answer
    from .responses import ResponseUrls
    from .triggers import Triggers
    from .workspace import Workspace


@dataclass(frozen=True, slots=True)
class People:
    """The people of one workspace.

    Every act takes `base_url`, where the emulator is reached, for the addresses it hands out, and
    `replay`, how often the app hears of it.
    """

    workspace: Workspace
    app: AppLink
    responses: ResponseUrls
    triggers: Triggers

    async def type_command(
        self,
        user: str,
        channel: str,
        command: str,
        text: str,
        *,
        base_url: str,
        replay: Replay = ONCE,
    ) -> Act:
        """A person types a slash command; works wherever that person is, with the bot or not."""
        person = self.workspace.actor(user)
        place = self.workspace.find_place(channel, seen_by=user)
        settings = self.app.settings()
        if settings.commands is not None and command not in settings.commands:
            raise SlackError("unknown_command")
        trigger_id = self.triggers.issue(user, wanted=replay.trigger_id)
        payload = describe_command(
            person,
            place,
            command,
            escape_text(text, self.workspace) if settings.escape_commands else text,
            trigger_id=trigger_id,
            response_url=self._response_url(base_url, place, user),
        )
        answers = await self.app.hand_over("slash_commands", payload, replay)
        for answer in answers:
            self._show_answer(answer, place, user, command, text)
        return Act(trigger_id, answers)

    async def use_shortcut(
        self,
        user: str,
        callback_id: str,
        *,
        base_url: str,
        channel: str | None = None,
        message_ts: str | None = None,
        replay: Replay = ONCE,
    ) -> Act:
        """A person chooses a shortcut of the app: a global one, or one of a message."""
        person = self.workspace.actor(user)
        self._check_shortcut(callback_id, "message" if message_ts else "global")
        stamp = self.workspace.stamp()
        if message_ts is None:
            trigger_id = self.triggers.issue(user, wanted=replay.trigger_id)
            payload = describe_shortcut(person, callback_id, trigger_id=trigger_id, stamp=stamp)
        else:
            place = self.workspace.find_place(channel or "", seen_by=user)
            message = self.workspace.find_message(place.id, message_ts, seen_by=user)
            if message.ephemeral_to:
                raise SlackError("message_not_found")
            trigger_id = self.triggers.issue(user, wanted=replay.trigger_id)
            payload = describe_message_shortcut(
                person,
                callback_id,
                place,
                message.shown(base_url),
                trigger_id=trigger_id,
                response_url=self._response_url(base_url, place, user),
                stamp=stamp,
            )
        answers = await self.app.hand_over("interactive", payload, replay)
        return Act(trigger_id, answers)

    async def use_element(
        self,
        user: str,
        channel: str,
        message_ts: str,
        action_id: str,
        *,
        base_url: str,
        block_id: str | None = None,
        value: Any = None,
        values: Mapping[str, Any] | None = None,
        replay: Replay = ONCE,
    ) -> Act:
        """A person presses a button or chooses from a menu of a message.

        `value` is the chosen option's value (a list of them for a multiple choice) or the date,
        time, user or channel; a button brings its own. `values` is what was entered elsewhere in
        the message, as `Viewers.submit` takes it.
        """
        person = self.workspace.actor(user)
        place = self.workspace.find_place(channel, seen_by=user)
        message = self.workspace.find_message(place.id, message_ts, seen_by=user)
        entered = message.entered.setdefault(user, {})
        filling = Filling(
            message.blocks, entered, message.suggested, self.workspace, user, base_url
        )
        filling.enter(values or {})
        block, element, done = filling.use(action_id, block_id, value)
        action = describe_action(block, element, done, self.workspace.stamp())
        trigger_id = self.triggers.issue(user, wanted=replay.trigger_id)
        payload = describe_press(
            person,
            place,
            message,
            action,
            state=read_state(message.blocks, entered),
            trigger_id=trigger_id,
            response_url=self._response_url(base_url, place, user, message),
            base_url=base_url,
        )
        answers = await self.app.hand_over("interactive", payload, replay)
        for answer in answers:
            if answer.error:
                self._show_failure(place, user, "This action", answer.error)
        return Act(trigger_id, answers)

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        base_url: str,
        thread_ts: str | None = None,
        files: tuple[File, ...] = (),
    ) -> Json:
        """A person writes a message; the app hears of it when it is subscribed and a member."""
        self.workspace.actor(user)
        found = self.workspace.find_place(channel, seen_by=user)
        place = self.workspace.channel_to_write_in(found.id, user)
        draft = Draft(text=text, files=list(files))
        message = self.workspace.post(place, user, draft, thread_ts=thread_ts)
        told = await self._tell(place, message, base_url) if BOT_USER in place.members else []
        return {"ts": message.ts, "channel": place.id, "events": told}

    async def upload(
        self,
        user: str,
        name: str,
        content: bytes,
        *,
        base_url: str,
        channel: str | None = None,
        thread_ts: str | None = None,
        text: str = "",
    ) -> Json:
        """A person uploads a file, and shares it where `channel` says; without, it stays theirs
        until they put it into a form."""
        self.workspace.actor(user)
        if channel:
            place = self.workspace.find_place(channel, seen_by=user)
            self.workspace.channel_to_write_in(place.id, user)
        file = self.workspace.expect_file(name, len(content), user)
        file.content = content
        self.workspace.complete_file(file, None)
        if channel is None:
            return {"file": file.id}
        shared = await self.say(
            user, channel, text, base_url=base_url, thread_ts=thread_ts, files=(file,)
        )
        return {"file": file.id, **shared}

    def _check_shortcut(self, callback_id: str, kind: Literal["global", "message"]) -> None:
        known = self.app.settings().shortcuts
        if known is not None and (callback_id, kind) not in (
            (one.callback_id, one.type) for one in known
        ):
            raise SlackError("unknown_shortcut")

    async def _tell(self, place: Channel, message: Message, base_url: str) -> list[Json]:
        shown = message.shown(base_url)
        events = [
            *(
                (name, describe_message(name, place, shown))
                for name in subscriptions_of(place, message.text)
            ),
            *(
                ("file_shared", describe_shared_file(file, place, stamp=self.workspace.stamp()))
                for file in message.files
            ),
        ]
        told = [await self.app.tell(name, event) for name, event in events]
        return [answer for answer in told if answer]

    def _response_url(
        self, base_url: str, place: Channel, user: str, message: Message | None = None
    ) -> str:
        return f"{base_url}/slack/response/{self.responses.give(place, user, message)}"

    def _show_answer(
        self, answer: Answer, place: Channel, user: str, command: str, text: str
    ) -> None:
        if answer.error:
            self._show_failure(place, user, command, answer.error)
            return
        ack = answer.ack or {}
        draft = Draft.read(ack)
        if not (draft.text or draft.blocks or draft.attachments):
            return
        is_public = ack.get("response_type") == "in_channel"
        if is_public:
            typed = Draft(text=f"{command} {text}".strip(), is_mrkdwn=False)
            self.workspace.post(place, user, typed)
        try:
            self.workspace.post(place, BOT_USER, draft, ephemeral_to=None if is_public else user)
        except SlackError as refusal:
            self._show_failure(place, user, command, refusal.code)

    def _show_failure(self, place: Channel, user: str, what: str, error: str) -> None:
        draft = Draft(text=f'{what} failed with the error "{error}"')
        self.workspace.post(place, SLACKBOT, draft, ephemeral_to=user)
