"""Vitay: reference checks. The vendor in the emulated world: who may call, and how it answers.

What each of the 55 endpoints does stands in :mod:`.endpoints`, the life of a reference
check in :mod:`.checks`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..world import Refused, Vendor, VendorSettings
from .acts import act_routes
from .checks import ReferenceChecks
from .endpoints import ENDPOINTS, Asked, Endpoint
from .people import People
from .records import (
    PASSWORD,
    RECRUITER_EMAIL,
    Reference,
    Role,
    Store,
    User,
    make_first_records,
)
from .settings import VitaySettings
from .shapes import Shapes, print_booleans

if TYPE_CHECKING:
    from starlette.requests import Request

NEWEST_SHOWN = 50

JSON_TYPES = ("application/json", "application/vnd.api+json")

ROLES: dict[str, tuple[Role, ...]] = {
    "any": ("root", "supervisor", "recruiter"),
    "author": ("root", "supervisor"),
    "root": ("root",),
}

TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    415: "Unsupported media type",
    422: "Unprocessable entity",
    429: "Too many requests",
}


@dataclass(frozen=True, slots=True)
class Token:
    user_id: str
    given_at: datetime


class Vitay(Vendor):
    """Vitay in the emulated world."""

    name = "vitay"
    prefix = "/vitay/api"
    default_settings = VitaySettings
    settings: VitaySettings

    def reset(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.store = Store()
        make_first_records(self.store, self.world.now())
        self.people = People(self)
        self.checks = ReferenceChecks(self)
        self.shapes = Shapes(self.store, self.checks.describe_reminder)

    def notice_settings(self, before: VendorSettings) -> None:
        if self.settings.auto and not before.auto:
            self.people.wake_up()

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route(endpoint.path, self._serve(endpoint), methods=[endpoint.method])
            for endpoint in ENDPOINTS
        ]

    def acts(self) -> Sequence[BaseRoute]:
        return act_routes(self)

    def environment(self, url: str) -> Mapping[str, str]:
        connection = {
            "conn_type": "vitay",
            "host": f"{url}{self.prefix}",
            "login": RECRUITER_EMAIL,
            "password": PASSWORD,
            "extra": {"max_requests_per_second": 50},
        }
        return {"AIRFLOW_CONN_VITAY_DEFAULT": json.dumps(connection)}

    def records(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        store = self.store
        return {
            "Candidates": [
                {
                    "id": candidate.id,
                    "name": candidate.name,
                    "email": candidate.email,
                    "references": len(store.references_of(candidate)),
                    "score": candidate.score,
                }
                for candidate in store.candidates.newest(NEWEST_SHOWN)
            ],
            "Reference requests": [
                {
                    "id": request.id,
                    "candidate": store.candidates[request.candidate_id].name,
                    "asked for": request.min_manager_references,
                    "filled": request.filled,
                    "reminders": request.reminder.count,
                    "created_at": request.created_at,
                }
                for request in store.requests.newest(NEWEST_SHOWN)
            ],
            "References": [
                {
                    "id": reference.id,
                    "name": reference.name,
                    "candidate": store.candidates[reference.candidate_id].name,
                    "state": _state(reference),
                    "reminders": reference.reminder.count,
                    "score": reference.score,
                    "created_at": reference.created_at,
                }
                for reference in store.references.newest(NEWEST_SHOWN)
            ],
        }

    def answer_error(self, refused: Refused) -> Response:
        title = refused.title or TITLES.get(refused.status, "Error")
        error: dict[str, Any] = {
            "status": str(refused.status),
            "code": refused.code or title.lower().replace(" ", "_"),
            "title": title,
            "detail": refused.detail,
        }
        if refused.source:
            error["source"] = dict(refused.source)
        return JSONResponse({"errors": [error]}, refused.status, refused.headers)

    def expire_tokens(self) -> None:
        self.tokens.clear()

    def give_token(self, user: User) -> str:
        """A new token for somebody who has shown the right password."""
        token = secrets.token_urlsafe(24)
        self.tokens[token] = Token(user.id, self.world.now())
        return token

    def _serve(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            user = self._recognise(request)
            self._admit(user, endpoint)
            form, body = await _read_body(request, is_form=endpoint.is_form)
            answered = endpoint.answer(Asked(self, request, user, body, form))
            if isinstance(answered, Response):
                return answered
            literal = self.settings.shape == "literal"
            return JSONResponse(print_booleans(answered) if literal else answered)

        return answer

    def _recognise(self, request: Request) -> User | None:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        token = self.tokens.get(text.strip()) if kind.lower() == "bearer" else None
        if token is None:
            return None
        lifetime = self.settings.token_lifetime
        if lifetime and self.world.now() - token.given_at >= timedelta(seconds=lifetime):
            return None
        return self.store.users.get(token.user_id)

    def _admit(self, user: User | None, endpoint: Endpoint) -> None:
        if endpoint.may == "everybody":
            return
        if user is None:
            raise Refused(401, "A valid token is needed, log in first")
        if self.store.recruiters[user.recruiter_id].role not in ROLES[endpoint.may]:
            raise Refused(403, f"The role of this account may not do this ({endpoint.may} only)")


async def _read_body(
    request: Request, *, is_form: bool
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The form and the JSON object of a request; one of them is always empty."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if is_form:
        if content_type != "multipart/form-data":
            raise Refused(415, "Send this as multipart/form-data")
        return await request.form(), {}
    raw = await request.body()
    if not raw:
        return {}, {}
    if content_type not in JSON_TYPES:
        raise Refused(415, "Send this as application/json")
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refused(400, "The body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "The body is not a JSON object")
    return {}, body


def _state(reference: Reference) -> str:
    if reference.filled:
        return "filled"
    if reference.declined_at:
        return "declined"
    return "held" if reference.is_pending else "waiting"
