"""The control surface of the emulated Slack: routes below `/_emulator/slack`.

The fields of each body are the parameters of the act it stands for (`people`, `viewers`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..control import read_object
from ..world import Refused
from .bodies import (
    ActionBody,
    Body,
    ChannelBody,
    CloseBody,
    CommandBody,
    DisconnectBody,
    FileBody,
    GroupBody,
    HomeBody,
    InstallBody,
    MessageBody,
    OptionsBody,
    ShortcutBody,
    SubmitBody,
    UserBody,
    ViewActionBody,
)
from .manifest import read_manifest
from .records import Channel, Json, Message, SlackError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from . import Slack
    from .workspace import Workspace

BodyT = TypeVar("BodyT", bound=Body)
Do = Callable[[BodyT, "Request"], Awaitable[Json]]


def act_routes(slack: Slack) -> list[BaseRoute]:
    """What people do, and what makes the workspace look as a test needs it."""
    return [
        *_conversation_routes(slack),
        *_view_routes(slack),
        *_workspace_routes(slack),
        *_team_routes(slack),
    ]


def _conversation_routes(slack: Slack) -> list[BaseRoute]:
    async def type_command(body: CommandBody, request: Request) -> Json:
        return (await slack.people.type_command(**_fields(body, request))).shown()

    async def use_shortcut(body: ShortcutBody, request: Request) -> Json:
        return (await slack.people.use_shortcut(**_fields(body, request))).shown()

    async def use_element(body: ActionBody, request: Request) -> Json:
        return (await slack.people.use_element(**_fields(body, request))).shown()

    async def say(body: MessageBody, request: Request) -> Json:
        return await slack.people.say(**_fields(body, request))

    async def upload(body: FileBody, request: Request) -> Json:
        return await slack.people.upload(**_fields(body, request))

    return [
        _act("/commands", CommandBody, type_command),
        _act("/shortcuts", ShortcutBody, use_shortcut),
        _act("/actions", ActionBody, use_element),
        _act("/messages", MessageBody, say),
        _act("/files", FileBody, upload),
    ]


def _view_routes(slack: Slack) -> list[BaseRoute]:
    async def submit(body: SubmitBody, request: Request) -> Json:
        act = await slack.viewers.submit(view_id=_view_of(request), **_fields(body, request))
        return act.shown()

    async def use_element(body: ViewActionBody, request: Request) -> Json:
        view_id = _view_of(request)
        act = await slack.viewers.use_element(view_id=view_id, **_fields(body, request))
        return act.shown()

    async def close(body: CloseBody, request: Request) -> Json:
        return (await slack.viewers.close(view_id=_view_of(request), **body.fields())).shown()

    async def open_home(body: HomeBody, _request: Request) -> Json:
        return await slack.viewers.open_home(**body.fields())

    async def suggest(body: OptionsBody, request: Request) -> Json:
        return (await slack.viewers.suggest(**_fields(body, request))).shown()

    async def show_person(request: Request) -> Response:
        user = request.path_params["user"]
        try:
            seen = slack.viewers.show_open(user)
        except SlackError as error:
            return JSONResponse({"error": error.code}, 404)
        places = [one.id for one in slack.workspace.channels.values() if one.is_visible_to(user)]
        return JSONResponse({**seen, "conversations": places})

    return [
        _act("/views/{view}/submit", SubmitBody, submit),
        _act("/views/{view}/actions", ViewActionBody, use_element),
        _act("/views/{view}/close", CloseBody, close),
        _act("/home", HomeBody, open_home),
        _act("/options", OptionsBody, suggest),
        Route("/people/{user}", show_person, methods=["GET"]),
    ]


def _workspace_routes(slack: Slack) -> list[BaseRoute]:
    async def disconnect(body: DisconnectBody, _request: Request) -> Json:
        return {"connections": await slack.delivery.disconnect(body.reason)}

    async def change_channel(body: ChannelBody, _request: Request) -> Json:
        return {"channel": slack.workspace.change_channel(body.id, body.wanted()).shown()}

    async def change_user(body: UserBody, _request: Request) -> Json:
        return {"user": slack.workspace.change_user(body.id, body.wanted()).shown()}

    async def change_group(body: GroupBody, _request: Request) -> Json:
        group = slack.workspace.change_group(body.id, body.wanted())
        return {"usergroup": group.shown(with_users=True)}

    async def install(body: InstallBody, _request: Request) -> Json:
        slack.world.change_settings({slack.name: read_manifest(body.manifest)})
        return slack.now_settings.model_dump(mode="json")

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
        _act("/disconnect", DisconnectBody, disconnect),
        _act("/channels", ChannelBody, change_channel),
        _act("/users", UserBody, change_user),
        _act("/groups", GroupBody, change_group),
        _act("/install", InstallBody, install),
        Route("/conversations", list_conversations, methods=["GET"]),
        Route("/conversations/{channel}", show_conversation, methods=["GET"]),
    ]


def _team_routes(slack: Slack) -> list[BaseRoute]:
    """The other teams, which install the app by OAuth."""

    async def type_command(body: CommandBody, request: Request) -> Json:
        people = slack.others[_team_of(slack, request)].people
        return (await people.type_command(**_fields(body, request))).shown()

    async def uninstall(_body: Body, request: Request) -> Json:
        team = str(request.path_params["team"])
        return {"told": await slack.uninstall(team)}

    async def show_conversation(request: Request) -> Response:
        workspace = slack.others[_team_of(slack, request)].workspace
        channel = workspace.channels.get(request.path_params["channel"])
        if channel is None:
            return JSONResponse({"error": "channel_not_found"}, 404)
        return JSONResponse(_show_conversation(workspace, channel, base_url_of(request)))

    return [
        _act("/teams/{team}/commands", CommandBody, type_command),
        _act("/teams/{team}/uninstall", Body, uninstall),
        Route("/teams/{team}/conversations/{channel}", show_conversation, methods=["GET"]),
    ]


def _team_of(slack: Slack, request: Request) -> str:
    team = str(request.path_params["team"])
    if team not in slack.others:
        raise Refused(404, "team_not_found")
    return team


def base_url_of(request: Request) -> str:
    """Where the caller reached the emulator, without a slash at the end."""
    return str(request.base_url).rstrip("/")


def _fields(body: Body, request: Request) -> Json:
    return {**body.fields(), "base_url": base_url_of(request)}


def _view_of(request: Request) -> str:
    return str(request.path_params["view"])


def _act(path: str, model: type[BodyT], act: Do[BodyT]) -> Route:
    """A POST route for an act that may wait for the app; what is refused is `{"error": …}`."""

    async def answer(request: Request) -> Response:
        try:
            body = model.model_validate(await read_object(request))
            return JSONResponse(await act(body, request))
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
