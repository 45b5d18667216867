"""Vitay."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from .world import Refused, Vendor


class Vitay(Vendor):
    name = "vitay"
    prefix = "/vitay/api"

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/v3/ping", lambda _request: PlainTextResponse("Pong"))]

    def answer_error(self, refused: Refused) -> Response:
        return JSONResponse({"errors": [{"status": str(refused.status)}]}, refused.status)
