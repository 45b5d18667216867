"""The page to look at: Slack's conversations, each vendor's records, and the outbox.

Rendered on the server, always as a whole; without JavaScript everything works, with it the page
follows what happens and keeps what one is about to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jinja2
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .page_fields import (
    INPUT_TYPES,
    is_chosen_from_list,
    is_of_several,
    name_conversation,
    name_field,
    name_press,
)
from .page_slack import Act, Place, SlackTab
from .slack.mrkdwn import Mrkdwn, find_emoji, link, mention
from .slack.records import BOT_USER, SlackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from starlette.datastructures import FormData
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


def page_routes(world: World) -> list[BaseRoute]:
    """The routes of the page: `/`, what it posts to, its files and its style."""
    return Page(world, SlackTab(cast("Slack", world.vendors["slack"]))).routes()


@dataclass(frozen=True, slots=True)
class Page:
    world: World
    slack: SlackTab

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self.show, methods=["GET"]),
            *(
                _post_route(f"/page/{name}", _then_show(act))
                for name, act in self.slack.acts.items()
            ),
            _post_route("/page/suggest", self.suggest),
            Route("/page/files/{file}", self.show_file, methods=["GET"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]

    async def show(self, request: Request) -> Response:
        """The page; 304 when the browser has it already."""
        query = request.query_params
        tabs = [*sorted(self.world.vendors, key=lambda name: name != "slack"), "outbox"]
        tab = query.get("tab", "slack")
        tab = tab if tab in tabs else tabs[0]
        look: dict[str, Any] = {"tab": tab, "tabs": tabs}
        if tab == "slack":
            look |= self.slack.look(Place.read(query))
        elif tab == "outbox":
            look |= {"sent": [*reversed(self.world.outbox)]}
        else:
            look |= self._look_at_vendor(tab)
        return _answer_if_changed(request, _render("page.html", look))

    def _look_at_vendor(self, name: str) -> dict[str, Any]:
        vendor = self.world.vendors[name]
        asked = [one for one in self.world.requests if one.vendor == name]
        return {
            "tables": {title: _as_table(rows) for title, rows in vendor.records().items()},
            "asked": asked[: -MAX_REQUESTS - 1 : -1],
            "settings": vendor.settings.model_dump(mode="json"),
            "prefix": vendor.prefix,
        }

    async def suggest(self, place: Place, form: FormData, base_url: str) -> Response:
        """The options for what was typed into a menu, as a piece of the page."""
        try:
            choices = await self.slack.suggest(place, form, base_url)
        except SlackError:
            choices = []
        look = {**form, "choices": choices, "workspace": self.slack.workspace}
        return HTMLResponse(_render("suggestions.html", look), headers=SAFE_PAGE)

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


def _post_route(path: str, answer: Callable[[Place, FormData, str], Awaitable[Response]]) -> Route:
    """Where the page posts a form, from nowhere else."""

    async def take(request: Request) -> Response:
        # Another site's page could post here through the browser of whoever looks at this one.
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("not from another site", 403)
        place = Place.read(request.query_params)
        async with request.form() as form:
            try:
                return await answer(place, form, str(request.base_url).rstrip("/"))
            except (KeyError, ValueError) as wrong:
                return PlainTextResponse(f"not a form of this page: {wrong}", 400)

    return Route(path, take, methods=["POST"])


def _then_show(act: Act) -> Callable[[Place, FormData, str], Awaitable[Response]]:
    """The act; after it, its place is shown, with why it was not done when it was not."""

    async def answer(place: Place, form: FormData, base_url: str) -> Response:
        try:
            place = await act(place, form, base_url)
        except SlackError as error:
            place = replace(place, problem=error.code)
        return RedirectResponse(place.address(), 303)

    return answer


def _render(template: str, look: Mapping[str, Any]) -> str:
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
        "title_of": name_conversation,
    }
    environment.globals |= {
        "bot_user": BOT_USER,
        "emoji": find_emoji,
        "field_of": name_field,
        "input_types": INPUT_TYPES,
        "link": link,
        "mention": mention,
        "press_of": name_press,
    }
    environment.tests |= {"chosen_from_list": is_chosen_from_list, "several": is_of_several}
    return environment


TEMPLATES = _make_templates()
