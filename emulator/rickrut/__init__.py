"""RickRut: tests before the first talk. Who may call, what the two endpoints do, how it answers.

How an applicant is printed stands in :mod:`.shapes`, what becomes of one in :mod:`.life`.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..world import Refused, Vendor, VendorSettings
from .acts import act_routes
from .life import Life
from .records import KEY, Account, Applicant, Opening, Store
from .settings import RickRutSettings
from .shapes import (
    AUDIO,
    AUDIO_TYPE,
    NO_CV,
    NO_INTRODUCTION,
    SHAPES,
    audio_path,
    print_invited,
    print_score,
)

if TYPE_CHECKING:
    from starlette.requests import Request

JSON = dict[str, Any]
Answer = Callable[[Account, "Request", JSON], Response]

NEWEST_SHOWN = 50

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

IDS = {
    400: "wrong_params",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    422: "unprocessable_entity",
    429: "too_many_requests",
}
"""Machine words of refusals; only the first is published."""

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""What is served in place of a CV or an introduction that nobody has handed in."""


class RickRut(Vendor):
    """RickRut in the emulated world."""

    name = "rickrut"
    prefix = "/rickrut/api/v1"
    site = "/rickrut"
    """Where its files are, beside the API."""
    default_settings = RickRutSettings
    settings: RickRutSettings

    def reset(self) -> None:
        self.store = Store()
        self.life = Life(self)

    def notice_settings(self, before: VendorSettings) -> None:
        if self.settings.auto and not before.auto:
            self.life.wake_up()

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/applicants", self._serve(self._create), methods=["POST"]),
            Route("/applicants/{id}", self._serve(self._show), methods=["GET"]),
            Route("/invite", self._serve(self._invite), methods=["GET"]),
        ]

    def pages(self) -> Sequence[BaseRoute]:
        recordings = f"{self.site}/system/case_answers/audio_files/{{folders:path}}"
        return [
            Route(f"{self.site}{NO_CV}", _show_pixel),
            Route(f"{self.site}{NO_INTRODUCTION}", _show_pixel),
            Route(recordings, self._play),
        ]

    def acts(self) -> Sequence[BaseRoute]:
        return act_routes(self)

    def environment(self, url: str) -> Mapping[str, str]:
        connection = {
            "conn_type": "rickrut",
            "host": f"{url}{self.prefix}",
            "password": KEY,
            "extra": {"max_requests_per_second": 50},
        }
        return {"AIRFLOW_CONN_RICKRUT_DEFAULT": json.dumps(connection)}

    def records(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        return {
            "Applicants": [
                {
                    "id": applicant.id,
                    "name": applicant.name,
                    "email": applicant.email,
                    "opening": applicant.opening.name,
                    "status": applicant.status,
                    "step": applicant.step,
                    "skill": print_score(applicant.skill_score),
                    "adequation": print_score(applicant.adequation_score),
                    "created_at": applicant.created_at,
                }
                for applicant in self.store.newest(NEWEST_SHOWN)
            ],
            "Openings": [
                {"id": opening.id, "name": opening.name, "account": opening.account_id}
                for opening in self.store.openings
            ],
        }

    def answer_error(self, refused: Refused) -> Response:
        error = {
            "id": refused.code or IDS.get(refused.status, "server_error"),
            "code": refused.status,
            "details": refused.detail,
        }
        bodies = {"array": {"errors": [error]}, "object": {"errors": error}, "absent": {}}
        return JSONResponse(bodies[self.settings.errors], refused.status, refused.headers)

    def _serve(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def served(request: Request) -> Response:
            body = await _read_body(request)
            account = self._recognise(request, body)
            self._count_request(account)
            return answer(account, request, body)

        return served

    def _create(self, account: Account, _request: Request, body: JSON) -> Response:
        return JSONResponse(self._print(self._register(account, body)), 201)

    def _show(self, account: Account, request: Request, _body: JSON) -> Response:
        text = request.path_params["id"]
        applicant = self.store.applicants.get(int(text)) if text.isdecimal() else None
        if applicant is None or applicant.opening.account_id != account.id:
            raise Refused(404, "The applicant does not exist")
        return JSONResponse(self._print(applicant))

    def _invite(self, account: Account, request: Request, _body: JSON) -> Response:
        if not self.settings.invite_by_get:
            raise Refused(404, "Not Found")
        return JSONResponse(print_invited(self._register(account, dict(request.query_params))))

    def _register(self, account: Account, fields: JSON) -> Applicant:
        email, name = (_read_required(fields, field) for field in ("email", "opening"))
        if not ADDRESS.fullmatch(email):
            raise Refused(422, "Email is invalid")
        opening = self.store.opening(account.id, name)
        if opening is None:
            raise Refused(self.settings.unknown_opening_status, "The opening does not exist")
        self._refuse_again(opening, email)
        names = (_read_text(fields, field) for field in ("first_name", "last_name"))
        return self.life.invite(opening, email, *names)

    def _refuse_again(self, opening: Opening, email: str) -> None:
        if self.settings.same_again == "refuse" and self.store.is_taken(opening, email):
            raise Refused(422, f"Email {email} has already been taken")

    def _print(self, applicant: Applicant) -> JSON:
        return SHAPES[self.settings.structure](applicant, self.settings)

    def _recognise(self, request: Request, body: JSON) -> Account:
        key = request.query_params.get("api_key")
        if not key and self.settings.key_in_body:
            key = _read_text(body, "api_key")
        if not key:
            raise Refused(
                self.settings.missing_key_status, "You are missing the API key", code=IDS[400]
            )
        account = self.store.owner_of(key)
        if account is None:
            raise Refused(401, "This is no valid API key")
        return account

    def _count_request(self, account: Account) -> None:
        limit, now = self.settings.usage_limit, self.world.now()
        window = timedelta(seconds=self.settings.usage_window)
        while account.asked_at and now - account.asked_at[0] >= window:
            account.asked_at.popleft()
        if limit is not None and len(account.asked_at) >= limit:
            seconds = math.ceil((account.asked_at[0] + window - now).total_seconds())
            raise Refused(
                429,
                "You have reached your usage limit, upgrade your plan",
                headers={"Retry-After": str(seconds)} if self.settings.retry_after else None,
            )
        account.asked_at.append(now)

    async def _play(self, request: Request) -> Response:
        path = request.url.path.removeprefix(self.site)
        for applicant in self.store.applicants.values():
            if any(audio_path(answer) == path for answer in applicant.case_answers):
                return Response(AUDIO, media_type=AUDIO_TYPE)
        return Response(status_code=404)


async def _show_pixel(_request: Request) -> Response:
    return Response(PIXEL, media_type="image/png")


async def _read_body(request: Request) -> JSON:
    """The fields of a body, JSON or a form; empty when there is none."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return dict(await request.form())
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "The body is not a JSON object")
    return body


def _read_required(fields: JSON, name: str) -> str:
    text = _read_text(fields, name)
    if not text:
        raise Refused(400, f"You are missing the {name}")
    return text


def _read_text(fields: JSON, name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise Refused(400, f"The {name} is not a text")
