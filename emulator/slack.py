"""Slack, emulated far enough that an unmodified Bolt app runs against it.

Covered: the Web API methods a bot with slash commands, messages, threads, ephemerals, direct
messages, updates, files and buttons needs (`slack_methods`); Socket Mode and signed HTTP
requests (`slack_delivery`); `response_url`; the acts of people (`slack_people`). Not covered:
modals, App Home, shortcuts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from .control import read_object
from .slack_delivery import SIGNING_SECRET, Delivery
from .slack_methods import (
    APP_TOKEN,
    BOT_TOKEN,
    ApiCall,
    RateLimiter,
    check_caller,
    find_caller,
    find_method,
    limit_of,
    read_arguments,
)
from .slack_people import People
from .slack_records import TEAM, Channel, Json, Message
from .slack_settings import SlackSettings
from .slack_workspace import SlackError, Workspace
from .world import Refused, Vendor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from .world import World

__all__ = ["APP_TOKEN", "BOT_TOKEN", "SIGNING_SECRET", "Slack", "SlackSettings"]

HTTP_ERRORS = {404: "unknown_method", 405: "unknown_method", 429: "ratelimited"}


class Slack(Vendor):
    """Team T0EMULATOR and the app that lives in it."""

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
        self.people = People(
            self.workspace, self.delivery, lambda: self.now_settings, self.world.start
        )

    def environment(self, url: str) -> Mapping[str, str]:
        return {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_APP_TOKEN": APP_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": f"{url}{self.prefix}/api/",
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
                {"id": user.id, "name": user.name, "guest": user.is_restricted}
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
            WebSocketRoute("/link", self._serve_link),
        )

    def acts(self) -> Sequence[BaseRoute]:
        return (
            _act("/commands", self._type_command),
            _act("/actions", self._use_element),
            _act("/messages", self._say),
            _act("/disconnect", self._disconnect),
            _act("/channels", self._change_channel),
            _act("/users", self._change_user),
            _act("/views", _refuse_unbuilt),
            _act("/shortcuts", _refuse_unbuilt),
            Route("/conversations", self._list_conversations, methods=["GET"]),
            Route("/conversations/{channel}", self._show_conversation, methods=["GET"]),
        )

    async def _call_method(self, request: Request) -> Response:
        name = request.path_params["method"]
        settings = self.now_settings
        try:
            found = find_method(name)
            args = await read_arguments(request)
            check_caller(found, find_caller(request, args))
            call = ApiCall(
                args=args,
                workspace=self.workspace,
                settings=settings,
                base_url=_base_url(request),
                issue_link=lambda: self._issue_link(request),
            )
            if found.scope:
                call.require(found.scope)
            if limit := limit_of(name, args, settings):
                wait = self.limiter.admit(*limit, now=self.workspace.clock())
                if wait:
                    return JSONResponse(
                        {"ok": False, "error": "ratelimited"},
                        429,
                        headers={"Retry-After": str(max(1, round(wait)))},
                    )
            answer = {"ok": True, **found.answer(call)}
        except SlackError as error:
            answer = error.answer()
        return JSONResponse(answer, headers={"X-OAuth-Scopes": ",".join(settings.scopes)})

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
        """The content, for who shows the bot's token."""
        try:
            if find_caller(request, dict(request.query_params)) != "bot":
                raise SlackError("not_allowed_token_type")
        except SlackError:
            # Slack sends a browser to its sign-in page instead of an error.
            return RedirectResponse("/?signed_out=files", 302)
        file = self.workspace.files.get(request.path_params["file"])
        if file is None or file.content is None:
            return PlainTextResponse("file_not_found", 404)
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
            self.people.respond(request.path_params["ticket"], sent, self.workspace.clock())
        except SlackError as error:
            status = 404 if error.code in ("used_url", "expired_url") else 400
            return JSONResponse(error.answer(), status)
        except ValueError:
            return JSONResponse({"ok": False, "error": "invalid_payload"}, 400)
        return PlainTextResponse("ok")

    async def _show_permalink(self, request: Request) -> Response:
        channel, ts = request.path_params["channel"], request.path_params["ts"]
        anchor = ts.removeprefix("p")
        return RedirectResponse(f"/?channel={channel}#{anchor}", 302)

    async def _type_command(self, request: Request, body: Json) -> Json:
        act = await self.people.type_command(
            _named(body, "user"),
            _named(body, "channel"),
            str(body.get("command") or "/talent"),
            str(body.get("text") or ""),
            base_url=_base_url(request),
            trigger_id=body.get("trigger_id"),
            deliveries=body.get("deliveries"),
        )
        return act.shown()

    async def _use_element(self, request: Request, body: Json) -> Json:
        act = await self.people.use_element(
            _named(body, "user"),
            _named(body, "channel"),
            _named(body, "message_ts"),
            _named(body, "action_id"),
            base_url=_base_url(request),
            block_id=body.get("block_id"),
            value=body.get("value"),
            trigger_id=body.get("trigger_id"),
            deliveries=body.get("deliveries"),
        )
        return act.shown()

    async def _say(self, request: Request, body: Json) -> Json:
        return await self.people.say(
            _named(body, "user"),
            _named(body, "channel"),
            _named(body, "text"),
            base_url=_base_url(request),
            thread_ts=body.get("thread_ts"),
        )

    async def _disconnect(self, _request: Request, body: Json) -> Json:
        reason = str(body.get("reason") or "refresh_requested")
        return {"connections": await self.delivery.disconnect(reason)}

    async def _change_channel(self, _request: Request, body: Json) -> Json:
        """Make a channel, or change the one with this id."""
        channel = self.workspace.change_channel(_named(body, "id"), body)
        return {"channel": channel.shown()}

    async def _change_user(self, _request: Request, body: Json) -> Json:
        """Make a user, or change the one with this id."""
        return {"user": self.workspace.change_user(_named(body, "id"), body).shown()}

    async def _list_conversations(self, _request: Request) -> Response:
        channels = [
            {"id": channel.id, "name": channel.name, "kind": channel.kind}
            for channel in self.workspace.channels.values()
        ]
        return JSONResponse({"conversations": channels})

    async def _show_conversation(self, request: Request) -> Response:
        channel = self.workspace.channels.get(request.path_params["channel"])
        if channel is None:
            return JSONResponse({"error": "channel_not_found"}, 404)
        return JSONResponse(self._conversation(channel, _base_url(request)))

    def _conversation(self, channel: Channel, base_url: str) -> Json:
        def show(message: Message) -> Json:
            shown = message.shown(base_url, with_metadata=True) | {
                "ephemeral_to": message.ephemeral_to,
                "edits": message.edits,
            }
            if not message.is_reply:
                shown["replies"] = [show(reply) for reply in self.workspace.replies(message)]
            return shown

        roots = [one for one in self.workspace.in_channel(channel.id) if not one.is_reply]
        return {"channel": channel.shown(), "messages": [show(message) for message in roots]}


async def _refuse_unbuilt(request: Request, _body: Json) -> Json:
    what = request.url.path.rpartition("/")[2]
    raise Refused(501, f"{what} are not emulated yet")


def _act(path: str, act: Callable[[Request, Json], Awaitable[Json]]) -> Route:
    """A control route for an act that may wait for the app; what is refused is `{"error": …}`."""

    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await act(request, await read_object(request)))
        except SlackError as error:
            return JSONResponse({"error": error.code, **error.details}, 400)
        except Refused as refused:
            return JSONResponse({"error": refused.detail}, refused.status)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(path, answer, methods=["POST"])


def _named(body: Json, field: str) -> str:
    value: Any = body.get(field)
    if not isinstance(value, str) or not value:
        raise ValueError(f"the body needs {field!r}, a text")
    return value


def _base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _read_upload(request: Request) -> bytes:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            for part in form.values():
                if not isinstance(part, str):
                    return await part.read()
        return b""
    return await request.body()
