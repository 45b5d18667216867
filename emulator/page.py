"""The page to look at: Slack's conversations, each vendor's records, and the outbox.

Rendered on the server; without JavaScript everything works, with it the page follows what
happens and asks before a button that wants to be confirmed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

import jinja2
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .slack.mrkdwn import Mrkdwn, find_emoji, link, mention
from .slack.records import BOT_USER, Channel, Message, User
from .slack.workspace import SlackError, direct_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from .slack import Slack
    from .slack.workspace import Workspace
    from .world import World

HERE = Path(__file__).parent

TITLES = {"rickrut": "RickRut"}
"""Names that are not just capitalised."""

MAX_REQUESTS = 50

SHOWN_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf")
"""Files a browser may show; anything else is only offered to be kept."""

SAFE_PAGE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self' http: https: data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

PROBLEMS = {
    "not_in_channel": "Only members can write in this conversation.",
    "channel_not_found": "This person cannot see that conversation.",
    "is_archived": "This channel is archived.",
    "message_not_found": "That message is gone, or somebody else's.",
    "action_not_found": "That button is no longer there.",
    "no_text": "There was nothing to send.",
}


def page_routes(world: World) -> list[BaseRoute]:
    """The routes of the page: `/`, what it posts to, its files and its style."""
    return Page(world).routes()


@dataclass(frozen=True, slots=True)
class Page:
    world: World

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.show, methods=["GET"]),
            Route("/page/write", self.write, methods=["POST"]),
            Route("/page/press", self.press, methods=["POST"]),
            Route("/page/files/{file}", self.show_file, methods=["GET"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]

    @property
    def slack(self) -> Slack:
        return cast("Slack", self.world.vendors["slack"])

    async def show(self, request: Request) -> Response:
        """The whole page, or with `part=view` only what changes while one looks at it."""
        self.world.catch_up()
        query = request.query_params
        tabs = [*sorted(self.world.vendors, key=lambda name: name != "slack"), "outbox"]
        tab = query.get("tab", "slack")
        tab = tab if tab in tabs else tabs[0]
        look: dict[str, Any] = {"tab": tab, "tabs": tabs, "now": self.world.now()}
        if tab == "slack":
            look |= self._look_at_slack(query)
        elif tab == "outbox":
            look |= {"sent": [*reversed(self.world.outbox)]}
        else:
            look |= self._look_at_vendor(tab)
        if query.get("part") != "view":
            problem = query.get("problem", "")
            look["problem"] = PROBLEMS.get(problem, problem)
            return HTMLResponse(self._render("page.html", look), headers=SAFE_PAGE)
        return _answer_if_changed(request, self._render("view.html", look))

    def _look_at_slack(self, query: Mapping[str, str]) -> dict[str, Any]:
        workspace = self.slack.workspace
        people = [user for user in workspace.users.values() if not user.is_bot]
        me = workspace.users.get(query.get("as", ""), people[0])
        wanted = query.get("channel", "")
        channel = workspace.channels.get(wanted) or self._unopened(wanted, me)
        if channel is None:
            channel = next(iter(workspace.channels.values()))
        roots = [one for one in workspace.in_channel(channel.id) if not one.is_reply]
        return {
            "workspace": workspace,
            "people": people,
            "me": me,
            "channel": channel,
            "roots": roots,
            "talk": direct_id(me.id),
            "connections": len(self.slack.delivery.connections),
            "request_url": self.slack.now_settings.request_url,
        }

    @staticmethod
    def _unopened(wanted: str, me: User) -> Channel | None:
        """A direct message nobody has written in yet, to look at and to begin."""
        if wanted != direct_id(me.id):
            return None
        return Channel(wanted, "", "im", [me.id, BOT_USER])

    def _look_at_vendor(self, name: str) -> dict[str, Any]:
        vendor = self.world.vendors[name]
        asked = [one for one in self.world.requests if one.vendor == name]
        return {
            "tables": {title: _as_table(rows) for title, rows in vendor.records().items()},
            "asked": asked[: -MAX_REQUESTS - 1 : -1],
            "settings": vendor.settings.model_dump(mode="json"),
            "prefix": vendor.prefix,
        }

    async def write(self, request: Request) -> Response:
        """A person writes: a line that starts with a slash is a command, others are messages."""
        return await self._act(request, self._write)

    async def _write(self, form: Mapping[str, str], base_url: str) -> None:
        people, user, channel = self.slack.people, form["user"], form["channel"]
        text = form.get("text", "").strip()
        if text.startswith("/"):
            command, _, rest = text.partition(" ")
            await people.type_command(user, channel, command, rest.strip(), base_url=base_url)
        else:
            await people.say(
                user, channel, text, base_url=base_url, thread_ts=form.get("thread_ts") or None
            )

    async def press(self, request: Request) -> Response:
        """A person presses a button or chooses from a menu."""
        return await self._act(request, self._press)

    async def _press(self, form: Mapping[str, str], base_url: str) -> None:
        await self.slack.people.use_element(
            form["user"],
            form["channel"],
            form["message_ts"],
            form["action_id"],
            base_url=base_url,
            block_id=form["block_id"],
            value=form.get("value"),
        )

    async def _act(self, request: Request, act: Any) -> Response:
        # Another site's page could post here through the browser of whoever looks at this one.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("not from another site", 403)
        form = {key: str(value) for key, value in (await request.form()).items()}
        back = {"channel": form.get("channel", ""), "as": form.get("user", "")}
        try:
            await act(form, str(request.base_url).rstrip("/"))
        except SlackError as error:
            back["problem"] = error.code
        except KeyError as missing:
            return PlainTextResponse(f"the form needs {missing}", 400)
        return RedirectResponse(f"/?{urlencode(back)}", 303)

    async def show_file(self, request: Request) -> Response:
        file = self.slack.workspace.files.get(request.path_params["file"])
        if file is None or file.content is None:
            return PlainTextResponse("no such file", 404)
        inline = file.mimetype in SHOWN_INLINE
        return Response(
            file.content,
            media_type=file.mimetype if inline else "application/octet-stream",
            headers={
                "Content-Disposition": "inline" if inline else "attachment",
                "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
                "X-Content-Type-Options": "nosniff",
            },
        )

    def _render(self, template: str, look: Mapping[str, Any]) -> str:
        return TEMPLATES.get_template(template).render(look)


def _answer_if_changed(request: Request, view: str) -> Response:
    etag = f'"{hashlib.sha256(view.encode()).hexdigest()[:24]}"'
    headers = {**SAFE_PAGE, "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(view, headers=headers)


def _as_table(rows: Sequence[Mapping[str, object]]) -> tuple[list[str], list[list[object]]]:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return columns, [[row.get(column) for column in columns] for row in rows]


def _render_text(text: Mapping[str, Any] | str, workspace: Workspace) -> Markup:
    """A text object, or a bare mrkdwn string, as HTML."""
    mrkdwn = Mrkdwn(workspace.find_name)
    if isinstance(text, str):
        return mrkdwn.render(text)
    is_plain = text.get("type") != "mrkdwn"
    return (mrkdwn.render_plain if is_plain else mrkdwn.render)(str(text.get("text", "")))


def _title_channel(channel: Channel, workspace: Workspace) -> str:
    if channel.kind in ("public", "private"):
        return channel.name
    others = [member for member in channel.members if member != BOT_USER]
    names = ", ".join(workspace.users[other].real_name for other in others)
    return f"Talent and {names}"


def _show_clock(moment: str | datetime) -> str:
    """Hours and minutes of a message's timestamp or a time, UTC."""
    when = datetime.fromtimestamp(float(moment), UTC) if isinstance(moment, str) else moment
    return when.strftime("%H:%M")


def _show_value(value: object) -> str:
    match value:
        case None:
            return "–"  # noqa: RUF001 - a dash stands for nothing
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case _:
            return str(value)


def _show_size(length: int) -> str:
    if length < 1000:
        return f"{length} bytes"
    return f"{length / 1000:.1f} kB" if length < 1_000_000 else f"{length / 1_000_000:.1f} MB"


def _see(message: Message, me: User) -> bool:
    return message.ephemeral_to in (None, me.id)


def _make_templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": _show_clock,
        "initials": lambda name: "".join(part[0] for part in name.split()[:2]).upper(),
        "shown": _show_value,
        "size": _show_size,
        "slack_text": _render_text,
        "tab_title": lambda name: TITLES.get(name, name.capitalize()),
        "title_of": _title_channel,
    }
    environment.globals |= {
        "bot_user": BOT_USER,
        "emoji": find_emoji,
        "link": link,
        "mention": mention,
    }
    environment.tests["seen_by"] = _see
    return environment


TEMPLATES = _make_templates()
