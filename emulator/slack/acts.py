"""The control surface of the emulated Slack: routes below `/_emulator/slack`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..control import read_object
from ..world import Refused
from .records import Channel, Json, Message
from .workspace import SlackError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from . import Slack
    from .workspace import Workspace


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CommandBody(Body):
    user: str
    channel: str
    command: str = Field("/talent", pattern=r"^/\S+$")
    text: str = ""
    trigger_id: str | None = None
    """To play the same command once more."""
    deliveries: int | None = Field(None, ge=1, le=10)
    """How often it is handed to the app, at once; None means as the settings say."""


class ActionBody(Body):
    user: str
    channel: str
    message_ts: str
    action_id: str
    block_id: str | None = None
    value: Any = None
    trigger_id: str | None = None
    deliveries: int | None = Field(None, ge=1, le=10)


class MessageBody(Body):
    user: str
    channel: str
    text: str
    thread_ts: str | None = None


class DisconnectBody(Body):
    reason: Literal["warning", "refresh_requested", "link_disabled", "close"] = "refresh_requested"


class ChannelBody(Body):
    id: str
    name: str | None = None
    private: bool | None = None
    members: list[str] | None = None
    is_archived: bool | None = None


class UserBody(Body):
    id: str
    name: str | None = None
    real_name: str | None = None
    is_restricted: bool | None = None
    is_stranger: bool | None = None
    is_deleted: bool | None = None
    team: str | None = None


BodyT = TypeVar("BodyT", bound=Body)


def act_routes(slack: Slack) -> list[BaseRoute]:
    """What people do, and what makes the workspace look as a test needs it."""

    async def type_command(body: CommandBody, base_url: str) -> Json:
        act = await slack.people.type_command(**body.model_dump(), base_url=base_url)
        return act.shown()

    async def use_element(body: ActionBody, base_url: str) -> Json:
        act = await slack.people.use_element(**body.model_dump(), base_url=base_url)
        return act.shown()

    async def say(body: MessageBody, base_url: str) -> Json:
        return await slack.people.say(**body.model_dump(), base_url=base_url)

    async def disconnect(body: DisconnectBody, _base_url: str) -> Json:
        return {"connections": await slack.delivery.disconnect(body.reason)}

    async def change_channel(body: ChannelBody, _base_url: str) -> Json:
        wanted = body.model_dump(exclude={"id"}, exclude_none=True)
        return {"channel": slack.workspace.change_channel(body.id, wanted).shown()}

    async def change_user(body: UserBody, _base_url: str) -> Json:
        wanted = body.model_dump(exclude={"id"}, exclude_none=True)
        return {"user": slack.workspace.change_user(body.id, wanted).shown()}

    async def refuse_unbuilt(request: Request) -> Response:
        what = request.url.path.rpartition("/")[2]
        return JSONResponse({"error": f"{what} are not emulated yet"}, 501)

    async def list_conversations(_request: Request) -> Response:
        channels = [
            {"id": channel.id, "name": channel.name, "kind": channel.kind}
            for channel in slack.workspace.channels.values()
        ]
        return JSONResponse({"conversations": channels})

    async def show_conversation(request: Request) -> Response:
        channel = slack.workspace.channels.get(request.path_params["channel"])
        if channel is None:
            return JSONResponse({"error": "channel_not_found"}, 404)
        return JSONResponse(_show_conversation(slack.workspace, channel, base_url_of(request)))

    return [
        _act("/commands", CommandBody, type_command),
        _act("/actions", ActionBody, use_element),
        _act("/messages", MessageBody, say),
        _act("/disconnect", DisconnectBody, disconnect),
        _act("/channels", ChannelBody, change_channel),
        _act("/users", UserBody, change_user),
        Route("/views", refuse_unbuilt, methods=["POST"]),
        Route("/shortcuts", refuse_unbuilt, methods=["POST"]),
        Route("/conversations", list_conversations, methods=["GET"]),
        Route("/conversations/{channel}", show_conversation, methods=["GET"]),
    ]


def base_url_of(request: Request) -> str:
    """Where the caller reached the emulator, without a slash at the end."""
    return str(request.base_url).rstrip("/")


def _act(path: str, model: type[BodyT], act: Callable[[BodyT, str], Awaitable[Json]]) -> Route:
    """A POST route for an act that may wait for the app; what is refused is `{"error": …}`."""

    async def answer(request: Request) -> Response:
        try:
            body = model.model_validate(await read_object(request))
            return JSONResponse(await act(body, base_url_of(request)))
        except SlackError as error:
            return JSONResponse({"error": error.code, **error.details}, 400)
        except Refused as refused:
            return JSONResponse({"error": refused.detail}, refused.status)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return JSONResponse({"error": f"{where}: {first['msg']}"}, 400)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(path, answer, methods=["POST"])


def _show_conversation(workspace: Workspace, channel: Channel, base_url: str) -> Json:
    """A conversation in order, threads nested, with what people see and the API does not say."""

    def show(message: Message) -> Json:
        return message.shown(base_url, with_metadata=True) | {
            "ephemeral_to": message.ephemeral_to,
            "edits": message.edits,
        }

    return {
        "channel": channel.shown(),
        "messages": [
            show(root) | {"replies": [show(reply) for reply in workspace.replies(root)]}
            for root in workspace.in_channel(channel.id)
            if not root.is_reply
        ],
    }
