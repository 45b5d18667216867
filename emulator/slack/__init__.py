"""Slack, emulated far enough that an unmodified Bolt app runs against it.

Covered: the Web API methods a bot with slash commands, shortcuts, messages, modals, an App Home
and files needs (`methods`); Socket Mode and signed HTTP requests (`delivery`); `response_url`
(`responses`); the acts of people in conversations (`people`) and before views (`viewers`), and
the control surface for them (`acts`); installing in other workspaces by OAuth (`oauth`), where
people type commands and press nothing. Not covered: user tokens, Enterprise Grid, Workflow Builder,
and everything that no bot of this kind uses.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from ..control import read_object
from ..world import Refused, Vendor
from .acts import act_routes, base_url_of
from .api import APP_TOKEN, BOT_TOKEN, ApiCall, RateLimiter, read_arguments, take_token
from .app_link import AppLink
from .delivery import SIGNING_SECRET, Delivery
from .events import describe_revocation, describe_uninstalling
from .methods import find_method, limit_of
from .oauth import CLIENT_ID, CLIENT_SECRET, OAuth, oauth_routes
from .people import People
from .records import TEAM, TEAM_NAMES, Json, SlackError, require_scope
from .responses import ResponseUrls
from .settings import SlackSettings
from .triggers import Triggers
from .viewers import Viewers
from .views import Views
from .workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from ..world import World

__all__ = [
    "APP_TOKEN",
    "BOT_TOKEN",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "SIGNING_SECRET",
    "Slack",
    "SlackSettings",
]

HTTP_ERRORS = {404: "unknown_method", 405: "unknown_method", 429: "ratelimited"}


class Slack(Vendor):
    """Team T0EMULATOR, the app that lives in it, and the teams that may install it too."""

    name = "slack"
    prefix = "/slack"
    default_settings = SlackSettings

    def __init__(self, world: World) -> None:
        # Connections outlive a reset: the app at their other end does.
        self.delivery = Delivery()
        super().__init__(world)

    @property
    def now_settings(self) -> SlackSettings:
        return cast("SlackSettings", self.settings)

    def reset(self) -> None:
        self.workspace = Workspace(self.world.now)
        self.limiter = RateLimiter()
        self.responses = ResponseUrls(self.workspace)
        self.triggers = Triggers(self.workspace.clock, lambda: self.now_settings.trigger_lifetime)
        self.views = Views(self.workspace, self.triggers, lambda: self.now_settings)
        app = AppLink(self.delivery, lambda: self.now_settings, self.world.start)
        self.app = app
        self.people = People(self.workspace, app, self.responses, self.triggers)
        self.oauth = OAuth(self.workspace.clock, lambda: self.now_settings.token_lifetime)
        self.others = {team: OtherTeam(self, team, app) for team in TEAM_NAMES if team != TEAM}
        self.viewers = Viewers(self.workspace, app, self.responses, self.triggers, self.views)

    def environment(self, url: str) -> Mapping[str, str]:
        api_url = f"{url}{self.prefix}/api/"
        connection = {
            "conn_type": "slack",
            "password": BOT_TOKEN,
            "extra": {"base_url": api_url},
        }
        return {
            "AIRFLOW_CONN_SLACK_DEFAULT": json.dumps(connection),
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": api_url,
            "TALENT_SLACK_TEAMS": TEAM,
        }

    def answer_error(self, refused: Refused) -> Response:
        error = refused.code or HTTP_ERRORS.get(refused.status, "internal_error")
        return JSONResponse(
            {"ok": False, "error": error}, refused.status, headers=dict(refused.headers or {})
        )

    def records(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        return {
            "users": [
                {"id": user.id, "name": user.name, "guest": user.is_guest}
                for user in self.workspace.users.values()
            ],
            "conversations": [
                {
                    "id": channel.id,
                    "name": channel.name,
                    "kind": channel.kind,
                    "members": ", ".join(channel.members),
                }
                for channel in self.workspace.channels.values()
            ],
            "groups": [
                {"id": group.id, "handle": group.handle, "users": ", ".join(group.users)}
                for group in self.workspace.groups.values()
            ],
            "files": [
                {"id": file.id, "name": file.name, "bytes": file.length, "done": file.is_complete}
                for file in self.workspace.files.values()
            ],
        }

    def routes(self) -> Sequence[BaseRoute]:
        return (
            Route("/api/{method}", self._call_method, methods=["GET", "POST"]),
            Route("/upload/{file}", self._take_upload, methods=["POST", "PUT"]),
            Route("/files/{file}/{name}", self._show_file, methods=["GET"]),
            Route("/response/{ticket}", self._take_response, methods=["POST"]),
            Route("/archives/{channel}/{ts}", self._show_permalink, methods=["GET"]),
            *oauth_routes(self),
            WebSocketRoute("/link", self._serve_link),
        )

    def acts(self) -> Sequence[BaseRoute]:
        return act_routes(self)

    async def _call_method(self, request: Request) -> Response:
        settings = self.now_settings
        try:
            answer = {"ok": True, **await self._answer_method(request, settings)}
        except SlackError as error:
            answer = error.answer()
        return JSONResponse(answer, headers={"X-OAuth-Scopes": ",".join(settings.scopes)})

    async def _answer_method(self, request: Request, settings: SlackSettings) -> Json:
        name = request.path_params["method"]
        args = await read_arguments(request)
        if name == "oauth.v2.access":
            return self.oauth.answer(request, args, settings.scopes)
        method = find_method(name)
        token = take_token(request, args)
        team = self.oauth.team_of(token, method.caller)
        room = self if team == TEAM else self.others[team]
        call = ApiCall(
            args=args,
            workspace=room.workspace,
            views=room.views,
            settings=settings,
            base_url=base_url_of(request),
            issue_link=lambda: self._issue_link(request),
            revoke=lambda: self.oauth.revoke(token),
        )
        if method.scope:
            call.require(method.scope)
        if limit := limit_of(name, args, settings):
            self.limiter.admit(*limit, now=self.workspace.clock())
        return method.answer(call)

    def _issue_link(self, request: Request) -> str:
        secure = "wss" if request.url.scheme == "https" else "ws"
        ticket = self.delivery.issue_ticket()
        return f"{secure}://{request.url.netloc}{self.prefix}/link?ticket={ticket}&app_id=A0TALENT"

    async def _serve_link(self, socket: WebSocket) -> None:
        await self.delivery.serve(socket)

    async def _take_upload(self, request: Request) -> Response:
        file = self.workspace.files.get(request.path_params["file"])
        if file is None or file.is_complete:
            return PlainTextResponse("file_not_found", 404)
        content = await _read_upload(request)
        if len(content) != file.length:
            return PlainTextResponse(f"expected {file.length} bytes, got {len(content)}", 400)
        file.content = content
        return PlainTextResponse(f"OK - {len(content)}")

    async def _show_file(self, request: Request) -> Response:
        """The content, for who shows the bot's token and may read this file."""
        try:
            self.oauth.team_of(take_token(request, dict(request.query_params)), "bot")
            require_scope("files:read", self.now_settings.scopes)
            file = self.workspace.readable_file(request.path_params["file"])
        except SlackError as refusal:
            if refusal.code == "file_not_found":
                return PlainTextResponse("file_not_found", 404)
            # Slack sends a browser to its sign-in page instead of an error.
            return RedirectResponse("/?signed_out=files", 302)
        return Response(
            file.content,
            media_type=file.mimetype,
            headers={
                "Content-Disposition": "attachment",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox",
            },
        )

    async def _take_response(self, request: Request) -> Response:
        try:
            sent = await read_object(request)
            ticket = request.path_params["ticket"]
            rooms: list[Slack | OtherTeam] = [self, *self.others.values()]
            owner = next((room for room in rooms if ticket in room.responses.given), self)
            owner.responses.take(ticket, sent)
        except SlackError as error:
            status = 404 if error.code in ("used_url", "expired_url") else 400
            return JSONResponse(error.answer(), status)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
        return PlainTextResponse("ok")

    async def uninstall(self, team: str) -> list[Json | None]:
        """Somebody removes the app from a team: its tokens end, and the app is told."""
        self.oauth.uninstall(team)
        stamp = self.workspace.stamp()
        return [
            await self.app.tell("tokens_revoked", describe_revocation(stamp=stamp, team=team)),
            await self.app.tell("app_uninstalled", describe_uninstalling(stamp=stamp, team=team)),
        ]

    async def _show_permalink(self, request: Request) -> Response:
        channel, ts = request.path_params["channel"], request.path_params["ts"]
        anchor = ts.removeprefix("p")
        return RedirectResponse(f"/?channel={channel}#{anchor}", 302)


class OtherTeam:
    """Another team, which has its own people and conversations."""

    def __init__(self, slack: Slack, team: str, app: AppLink) -> None:
        self.workspace = Workspace(slack.world.now, team)
        self.responses = ResponseUrls(self.workspace)
        triggers = Triggers(self.workspace.clock, lambda: slack.now_settings.trigger_lifetime)
        self.views = Views(self.workspace, triggers, lambda: slack.now_settings)
        self.people = People(self.workspace, app, self.responses, triggers)


async def _read_upload(request: Request) -> bytes:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            for part in form.values():
                if not isinstance(part, str):
                    return await part.read()
        return b""
    return await request.body()
