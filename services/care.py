"""The pages for whatever keeps a service running: `/health` (the process lives), `/ready` (it can
do its work) and `/metrics`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from .airflow_api import AirflowApi, AirflowError

READY_FOR = 2.0
"""Seconds for which it is not looked again whether Airflow answers, however many ask."""

READY = "ready"

Look = Callable[[], Awaitable[Mapping[str, str]]]
"""What `/ready` says. Whatever has another status than :data:`READY` is answered with 503."""


@dataclass(slots=True)
class AirflowWatch:
    """Whether Airflow answers and takes the login."""

    airflow: AirflowApi
    _known_until: float = float("-inf")
    _reason: str | None = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def missing(self) -> str | None:
        """What is wrong, as a sentence; None when nothing is."""
        async with self._one_at_a_time:
            if time.monotonic() > self._known_until:
                self._reason = await self._ask()
                self._known_until = time.monotonic() + READY_FOR
        return self._reason

    async def _ask(self) -> str | None:
        try:
            await self.airflow.check()
        except AirflowError as error:
            return str(error)
        return None


def care_routes(look: Look) -> list[BaseRoute]:
    """The pages of a service.

    :param look: Whether it is ready.
    """

    async def say_alive(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def say_ready(_: Request) -> Response:
        said = await look()
        return JSONResponse(dict(said), status_code=200 if said["status"] == READY else 503)

    async def show_metrics(_: Request) -> Response:
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [
        Route("/health", say_alive),
        Route("/ready", say_ready),
        Route("/metrics", show_metrics),
    ]
