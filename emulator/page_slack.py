"""Slack on the page: what one of its people sees, and what that person does there.

Every form posts to `/page/<act>?<place>`, where the place says who looks at what; the act over,
the same place is shown again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile

from .page_fields import (
    Choice,
    list_choices,
    name_field,
    read_entry,
    read_press,
    read_suggestions,
    write_entries,
)
from .slack.forms import ENTRIES, elements_of, find_element, read_state
from .slack.records import BOT_USER, Channel, Json, Message, User, View
from .slack.settings import Shortcut
from .slack.workspace import direct_id

if TYPE_CHECKING:
    from .slack import Slack
    from .slack.app_link import Act as Answered
    from .slack.workspace import Workspace

Act = Callable[["Place", FormData, str], Awaitable["Place"]]

MAX_SHOWN = 200
"""How many messages of a conversation are shown, threads not counted: the newest."""

PROBLEMS = {
    "account_inactive": "This person has left the workspace.",
    "action_not_found": "That button is no longer there.",
    "channel_not_found": "This person cannot see that conversation.",
    "dispatch_failed": "The app could not be reached, or did not take this.",
    "is_archived": "This channel is archived.",
    "message_not_found": "That message is gone, or somebody else's.",
    "no_connection": "The app is not connected.",
    "no_text": "There was nothing to send.",
    "not_in_channel": "Only members can write in this conversation.",
    "operation_timeout": "The app did not answer in time.",
    "view_not_found": "That dialog is no longer open.",
}

FACES = 5
"""How many colours the style sheet has for people."""

FIRST_SHORTCUTS = (
    Shortcut(
        name="Start a workflow",
        type="global",
        callback_id="talent_open",
        description="Choose a workflow and start it",
    ),
    Shortcut(
        name="Screen this CV",
        type="message",
        callback_id="talent_screen",
        description="Start the workflow that takes a file",
    ),
)
"""What the menus offer while the app is installed without a manifest."""


@dataclass(frozen=True, slots=True)
class Place:
    """Who looks at what: a conversation, the thread being answered in it, or the app's home.

    `problem` is why the last act was not done.
    """

    channel: str = ""
    user: str = ""
    look: str = ""
    thread: str = ""
    problem: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        return cls(
            query.get("channel", ""),
            query.get("as", ""),
            query.get("look", ""),
            query.get("thread", ""),
            query.get("problem", ""),
        )

    def address(self, path: str = "/", **changes: str) -> str:
        """The path with this place as its query, but for what is changed."""
        named = {
            "channel": self.channel,
            "as": self.user,
            "look": self.look,
            "thread": self.thread,
            "problem": self.problem,
            **changes,
        }
        return f"{path}?{urlencode({name: value for name, value in named.items() if value})}"


@dataclass(frozen=True, slots=True)
class Surface:
    """What a person can act on, drawn as one form: a message, a modal's view, an App Home."""

    key: str
    blocks: Sequence[Json]
    entered: Mapping[str, Mapping[str, Json]]
    workspace: Workspace
    user: User
    errors: Mapping[str, str] = field(default_factory=dict)

    def entries(self, block: Json, element: Json) -> list[str]:
        """What the field holds now, as a browser writes it."""
        return write_entries(element, self._held(block, element))

    def files(self, block: Json, element: Json) -> list[str]:
        return [file["name"] for file in self._held(block, element).get("files", ())]

    def choices(self, block: Json, element: Json) -> list[Choice]:
        held = self._held(block, element).get(ENTRIES[element["type"]].key) or []
        chosen = held if isinstance(held, list) else [held]
        return list_choices(element, self.workspace, self.user, chosen)

    def _held(self, block: Json, element: Json) -> Json:
        held: Json = read_state([block], self.entered)[block["block_id"]][element["action_id"]]
        return held


@dataclass(frozen=True, slots=True)
class SlackTab:
    """What of Slack is shown at a place, and what can be done there.

    An act takes the place where it was done, the form, and where the emulator is reached; it
    answers the place to show then.
    """

    slack: Slack

    @property
    def workspace(self) -> Workspace:
        return self.slack.workspace

    @property
    def acts(self) -> Mapping[str, Act]:
        """What the forms of the page do, by the name in their address."""
        return {
            "write": self.write,
            "press": self.press,
            "submit": self.submit,
            "close": self.close,
            "home": self.open_home,
            "shortcut": self.use_shortcut,
        }

    def look(self, wanted: Place) -> dict[str, Any]:
        """What the templates show."""
        workspace = self.workspace
        people = [one for one in workspace.users.values() if not (one.is_bot or one.is_deleted)]
        me = workspace.users.get(wanted.user, people[0])
        seen = [one for one in workspace.channels.values() if one.is_visible_to(me.id)]
        channel = self._find_channel(wanted.channel, me, seen)
        place = replace(wanted, user=me.id, channel=channel.id, problem="")
        visible = [one for one in workspace.messages if one.ephemeral_to in (None, me.id)]
        return {
            "workspace": workspace,
            "people": people,
            "me": me,
            "problem": PROBLEMS.get(wanted.problem, wanted.problem),
            "place": place,
            "seen": seen,
            "channel": channel,
            "talk": direct_id(me.id),
            "modal": self.slack.views.stack_of(me.id),
            "home": self.slack.views.homes.get(me.id),
            "latest": {one.channel: one.ts for one in visible if one.user != me.id},
            "connections": len(self.slack.delivery.connections),
            "request_url": self.slack.now_settings.request_url,
            "shortcuts": self._shortcuts("global"),
            "message_shortcuts": self._shortcuts("message"),
            "here": partial(place.address, "/"),
            "to": lambda act: place.address(f"/page/{act}"),
            "surface_of": partial(self._surface, user=me),
            "face_of": partial(_pick_face, workspace),
            **_sort_threads([one for one in visible if one.channel == channel.id]),
        }

    def _find_channel(self, wanted: str, me: User, seen: Sequence[Channel]) -> Channel:
        for channel in seen:
            if channel.id == wanted:
                return channel
        if wanted == direct_id(me.id) or not seen:
            # A direct message nobody has written in yet, to look at and to begin.
            return Channel(direct_id(me.id), "", "im", [me.id, BOT_USER])
        return seen[0]

    def _shortcuts(self, kind: str) -> list[Shortcut]:
        installed = self.slack.now_settings.shortcuts
        offered = FIRST_SHORTCUTS if installed is None else installed
        return [shortcut for shortcut in offered if shortcut.type == kind]

    def _surface(self, shown: Message | View, user: User) -> Surface:
        workspace = self.workspace
        if isinstance(shown, View):
            return Surface(shown.id, shown.blocks, shown.entered, workspace, user, shown.errors)
        entered = shown.entered.get(user.id, {})
        return Surface(shown.ts, shown.blocks, entered, workspace, user)

    async def write(self, place: Place, form: FormData, base_url: str) -> Place:
        """Somebody writes: a line that starts with a slash is a command, others are messages."""
        people, text = self.slack.people, str(form.get("text", "")).strip()
        files = _read_uploads(form, "files")
        if text.startswith("/") and not files:
            command, _, rest = text.partition(" ")
            await people.type_command(
                place.user, place.channel, command, rest.strip(), base_url=base_url
            )
            return place
        thread_ts = str(form.get("thread_ts") or "") or None
        for file in files:
            await people.upload(
                place.user,
                str(file.filename),
                await file.read(),
                base_url=base_url,
                channel=place.channel,
                thread_ts=thread_ts,
                text=text if file is files[0] else "",
            )
        if not files:
            await people.say(
                place.user, place.channel, text, base_url=base_url, thread_ts=thread_ts
            )
        return place

    async def use_shortcut(self, place: Place, form: FormData, base_url: str) -> Place:
        """Somebody chooses a shortcut: of the whole app, or of one message."""
        act = await self.slack.people.use_shortcut(
            place.user,
            str(form["callback_id"]),
            base_url=base_url,
            channel=place.channel,
            message_ts=str(form.get("message_ts") or "") or None,
        )
        return _after(act, place)

    async def press(self, place: Place, form: FormData, base_url: str) -> Place:
        """Somebody presses a button, or chooses from a menu, of a message or a view."""
        surface = self._find_surface(place, form)
        block_id, action_id, option = read_press(str(form["press"]))
        block, element = find_element(surface.blocks, action_id, block_id)
        values = await self._read_values(place, surface, form, base_url)
        value = values.get(_name_value(block, element)) if option is None else option
        if element["type"] in ENTRIES and value is None:
            return place
        more: dict[str, Any] = {
            "block_id": block_id,
            "value": value,
            "values": values,
            "base_url": base_url,
        }
        if "view_id" not in form:
            await self.slack.people.use_element(
                place.user, place.channel, str(form["message_ts"]), action_id, **more
            )
            return place
        act = await self.slack.viewers.use_element(
            place.user, str(form["view_id"]), action_id, **more
        )
        return _after(act, place)

    async def submit(self, place: Place, form: FormData, base_url: str) -> Place:
        """Somebody submits the modal in front of them."""
        surface = self._find_surface(place, form)
        values = await self._read_values(place, surface, form, base_url)
        act = await self.slack.viewers.submit(
            place.user, str(form["view_id"]), values, base_url=base_url
        )
        return _after(act, place)

    async def close(self, place: Place, form: FormData, _base_url: str) -> Place:
        """Somebody closes the view in front of them, or the whole modal."""
        view_id = str(form["view_id"])
        await self.slack.viewers.close(place.user, view_id, whole_modal="whole" in form)
        return place

    async def open_home(self, place: Place, form: FormData, _base_url: str) -> Place:
        """Somebody opens the app's home, or the messages with it."""
        is_home = form.get("tab") == "home"
        opened = await self.slack.viewers.open_home(place.user, "home" if is_home else "messages")
        problem = next((told["error"] for told in opened["events"] if told["error"]), "")
        look = "home" if is_home else ""
        return Place(direct_id(place.user), place.user, look, problem=problem)

    async def suggest(self, place: Place, form: FormData, base_url: str) -> list[Choice]:
        """The options the app has for what somebody typed into a menu."""
        block_id, action_id, _ = read_press(str(form["menu"]))
        act = await self.slack.viewers.suggest(
            place.user,
            action_id,
            str(form["typed"]),
            base_url=base_url,
            block_id=block_id,
            view_id=str(form.get("view_id") or "") or None,
            channel=place.channel,
            message_ts=str(form.get("message_ts") or "") or None,
        )
        return read_suggestions(act.first.ack or {}) if act.more["options"] else []

    def _find_surface(self, place: Place, form: FormData) -> Surface:
        user = self.workspace.user(place.user)
        if "view_id" in form:
            return self._surface(self.slack.views.find(str(form["view_id"])), user)
        message = self.workspace.find_message(place.channel, str(form["message_ts"]))
        return self._surface(message, user)

    async def _read_values(
        self, place: Place, surface: Surface, form: FormData, base_url: str
    ) -> dict[str, Any]:
        """Everything entered into a form, by names that the acts of people take."""
        values = {}
        for block, element in elements_of(surface.blocks):
            name = name_field(block, element)
            if element["type"] == "file_input":
                # A browser does not send a file again that it sent before.
                if files := _read_uploads(form, name):
                    values[_name_value(block, element)] = [
                        await self._keep_file(place.user, file, base_url) for file in files
                    ]
            elif element["type"] in ENTRIES:
                entries = [str(entry) for entry in form.getlist(name)]
                values[_name_value(block, element)] = read_entry(element, entries)
        return values

    async def _keep_file(self, user: str, file: UploadFile, base_url: str) -> str:
        content = await file.read()
        kept = await self.slack.people.upload(
            user, file.filename or "file", content, base_url=base_url
        )
        return str(kept["file"])


def _name_value(block: Json, element: Json) -> str:
    """How an act names a field: an input by its block, others by what they do."""
    return str(block["block_id"] if block["type"] == "input" else element["action_id"])


def _read_uploads(form: FormData, name: str) -> list[UploadFile]:
    """The files of a field; a browser sends one without a name when none was chosen."""
    return [one for one in form.getlist(name) if isinstance(one, UploadFile) and one.filename]


def _after(act: Answered, place: Place) -> Place:
    """The same place, with what went wrong; what is wrong in a form stands in the form."""
    problem = act.first.error or act.error or ""
    return replace(place, problem="" if problem == "invalid_input" else problem)


def _sort_threads(messages: Sequence[Message]) -> dict[str, Any]:
    """The roots of a conversation, and the replies to each."""
    replies: defaultdict[str, list[Message]] = defaultdict(list)
    roots = []
    for message in messages:
        if message.is_reply:
            replies[str(message.thread_ts)].append(message)
        else:
            roots.append(message)
    return {
        "roots": roots[-MAX_SHOWN:],
        "left_out": max(0, len(roots) - MAX_SHOWN),
        "replies": replies,
    }


def _pick_face(workspace: Workspace, person: User | None) -> str:
    if person is None or person.is_bot:
        return "app"
    return f"f{[*workspace.users].index(person.id) % FACES}"
