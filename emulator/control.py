"""The control surface below ``/_emulator``: JSON in, JSON out, no secrets.

Tests and demos use it to be the people, the clock and the bad luck of the emulated world.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from functools import wraps
from inspect import isawaitable
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from .faults import Fault
from .world import Refused, Webhook, format_time, parse_time

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from .world import World

Answer = dict[str, Any]
Act = Callable[[dict[str, str], Answer], Answer | Awaitable[Answer]]


def act_route(path: str, act: Act) -> Route:
    """A POST route for an act: a function (or coroutine) of path parameters and JSON body.

    ``Refused`` and ``ValueError`` become ``{"error": …}`` with a 4xx status; an empty body is
    an empty object.
    """

    async def answer(request: Request) -> Response:
        done = act(request.path_params, await read_object(request))
        return JSONResponse(await done if isawaitable(done) else done)

    return Route(path, _told_errors(answer), methods=["POST"])


async def read_object(request: Request) -> Answer:
    """The JSON object of a request's body; ``ValueError`` when it is something else."""
    if not await request.body():
        return {}
    try:
        read = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        raise ValueError("the body is not JSON") from None
    if not isinstance(read, dict):
        raise ValueError("the body is not a JSON object")
    return cast("Answer", read)


def control_routes(world: World) -> list[BaseRoute]:
    """Every route below ``/_emulator``, the vendors' acts included."""

    def reset(_path: dict[str, str], _body: Answer) -> Answer:
        world.reset()
        return {}

    def change_settings(_path: dict[str, str], body: Answer) -> Answer:
        if wrong := [name for name, patch in body.items() if not isinstance(patch, dict)]:
            raise ValueError(f"the settings of {wrong[0]} are not a JSON object")
        world.change_settings(body)
        return world.all_settings()

    def move_clock(_path: dict[str, str], body: Answer) -> Answer:
        match body:
            case {"advance": int() | float() as seconds}:
                world.advance(seconds)
            case {"now": str(now)}:
                world.move_to(parse_time(now))
            case _:
                raise ValueError('the clock takes {"advance": seconds} or {"now": ISO time}')
        return _clock()

    def add_fault(_path: dict[str, str], body: Answer) -> Answer:
        fault = Fault.model_validate(body)
        _check_vendor(fault.vendor)
        world.faults.append(fault)
        return _faults()

    def set_webhook(_path: dict[str, str], body: Answer) -> Answer:
        match body:
            case {"vendor": str(vendor), "url": str() | None as url}:
                _check_vendor(vendor)
            case _:
                raise ValueError('a webhook is {"vendor": name, "url": address or null, "mode"}')
        if url is None:
            world.webhooks.pop(vendor, None)
        elif url.startswith(("http://", "https://")):
            mode = str(body.get("mode", ""))
            _check_mode(vendor, mode)
            world.webhooks[vendor] = Webhook(url, mode)
        else:
            raise ValueError("the url of a webhook starts with http:// or https://")
        return {name: asdict(webhook) for name, webhook in world.webhooks.items()}

    def _check_vendor(name: str) -> None:
        if name not in world.vendors:
            raise ValueError(f"no vendor {name!r}; there are {', '.join(world.vendors)}")

    def _check_mode(vendor: str, mode: str) -> None:
        modes = world.vendors[vendor].webhook_modes
        if mode and modes and mode not in modes:
            raise ValueError(f"{vendor} has no webhook mode {mode!r}; it has {', '.join(modes)}")

    def _clock() -> Answer:
        return {"now": format_time(world.now())}

    def _faults() -> Answer:
        return {"faults": [fault.model_dump(mode="json") for fault in world.faults]}

    def kept_route(what: str) -> Route:
        async def show(request: Request) -> Response:
            vendor = request.query_params.get("vendor")
            kept = [
                _as_json(asdict(record))
                for record in getattr(world, what)
                if vendor in (None, record.vendor)
            ]
            return JSONResponse({"count": len(kept), what: kept})

        return Route(f"/{what}", show)

    def state_route(what: str, read: Callable[[], Answer]) -> Route:
        async def show(_request: Request) -> Response:
            return JSONResponse(read())

        return Route(f"/{what}", show)

    async def clear_faults(_request: Request) -> Response:
        world.faults.clear()
        return JSONResponse(_faults())

    async def show_environment(request: Request) -> Response:
        return JSONResponse(
            world.environment(f"{request.base_url.scheme}://{request.base_url.netloc}")
        )

    def _records() -> Answer:
        return {
            name: {
                table: [_as_json(row) for row in rows] for table, rows in vendor.records().items()
            }
            for name, vendor in world.vendors.items()
        }

    routes = [
        act_route("/reset", reset),
        act_route("/settings", change_settings),
        act_route("/clock", move_clock),
        act_route("/faults", add_fault),
        act_route("/webhooks", set_webhook),
        Route("/faults", clear_faults, methods=["DELETE"]),
        Route("/environment", show_environment),
        state_route("settings", world.all_settings),
        state_route("clock", _clock),
        state_route("faults", _faults),
        state_route("records", _records),
        kept_route("requests"),
        kept_route("outbox"),
        kept_route("deliveries"),
    ]
    acts = [Mount(f"/{name}", routes=vendor.acts()) for name, vendor in world.vendors.items()]
    return [Mount("/_emulator", routes=[*routes, *acts])]


def _as_json(record: Any) -> Answer:
    return {
        key: format_time(value) if isinstance(value, datetime) else value
        for key, value in record.items()
    }


def _told_errors(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Turn what went wrong into ``{"error": a sentence}`` for whoever writes the test."""

    @wraps(answer)
    async def told(request: Request) -> Response:
        try:
            return await answer(request)
        except Refused as refused:
            return JSONResponse({"error": refused.detail}, refused.status)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return JSONResponse({"error": f"{where}: {first['msg']}"}, 400)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return told
