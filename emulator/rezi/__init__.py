"""Rezi: a resume builder under other companies' names. Who may call it, and how it answers.

What each endpoint does stands in :mod:`.endpoints`.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..world import Refused, Vendor, VendorSettings
from .acts import act_routes
from .endpoints import ENDPOINTS, Asked, Endpoint
from .people import People
from .records import PLANS, Account, Resume, make_first_records
from .settings import LIVE_KEY, ReziSettings
from .tokens import sign_token
from .webhooks import Webhooks

if TYPE_CHECKING:
    from starlette.requests import Request

NEWEST_SHOWN = 50
LARGEST_BODY = 1024 * 1024

UID_SECRET = "rezi-emulator-uid-secret"  # noqa: S105  # nothing is protected by it

WRONG_TOKEN = "Jwt verification fails"  # noqa: S105  # what Rezi says
WRONG_KEY = "private token authentication error"


@dataclass(frozen=True, slots=True)
class AccessToken:
    account: Account
    ends: datetime


class Rezi(Vendor):
    """Rezi in the emulated world."""

    name = "rezi"
    prefix = "/rezi/v1"
    default_settings = ReziSettings
    settings: ReziSettings

    def reset(self) -> None:
        self.live = Account(is_live=True)
        self.test = Account(is_live=False)
        make_first_records(self.live, self.world.now())
        self.access_tokens: dict[str, AccessToken] = {}
        self.files: dict[str, Resume] = {}
        self.people = People(self)
        self.webhooks = Webhooks(self)
        self._lately: dict[str, deque[datetime]] = defaultdict(deque)

    @property
    def accounts(self) -> tuple[Account, Account]:
        return self.live, self.test

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
            "conn_type": "rezi",
            "host": f"{url}{self.prefix}",
            "password": LIVE_KEY,
            "extra": {
                "max_requests_per_second": 50,
                "uid_secret": UID_SECRET,
                "sign_in_url": f"{url}/rezi/login?token={{token}}",
            },
        }
        return {"AIRFLOW_CONN_REZI_DEFAULT": json.dumps(connection)}

    def records(self) -> Mapping[str, Sequence[Mapping[str, object]]]:
        return {
            "Plans": [
                {"id": plan.id, "name": plan.name, "for life": plan.is_for_life}
                for plan in PLANS.values()
            ],
            "Users": [
                {
                    "id": user.id,
                    "email": user.email,
                    "plan": user.plan_id,
                    "keys": _kind(account),
                    "created_at": user.created_at,
                }
                for account in self.accounts
                for user in reversed([*account.users.values()][-NEWEST_SHOWN:])
            ],
            "Resumes": [
                {
                    "id": resume.id,
                    "name": resume.name,
                    "user": account.users[resume.user_id].email,
                    "score": resume.score,
                    "keys": _kind(account),
                    "updated_at": resume.updated_at,
                }
                for account in self.accounts
                for resume in reversed([*account.resumes.values()][-NEWEST_SHOWN:])
            ],
        }

    def answer_error(self, refused: Refused) -> Response:
        code = refused.code or "connect-01"
        sentence = refused.title or f"error code: {code}, please contact administrator"
        # What is wrong below the API itself keeps its status in any case.
        is_of_the_api = bool(refused.code or refused.title)
        is_hidden = self.settings.error_mode == "overview" and is_of_the_api
        body = {"status": "error", "errorCode": sentence}
        return JSONResponse(body, 200 if is_hidden else refused.status, refused.headers)

    def expire_tokens(self) -> None:
        self.access_tokens.clear()

    def new_id(self) -> str:
        """Twenty letters and digits, as Rezi's ids are."""
        return self.world.new_id().replace("-", "")[-20:]

    def give_access_token(self, account: Account) -> str:
        """A new short-lived token for whoever has shown a key."""
        now, life = self.world.now(), self.settings.access_token_life
        token = sign_token(now, life, jti=self.new_id())
        self.access_tokens[token] = AccessToken(account, now + timedelta(seconds=life))
        return token

    def publish(self, resume: Resume) -> str:
        """Make a resume readable by whoever knows the name that is returned."""
        name = self.new_id()
        self.files[name] = resume
        return name

    def save_section(self, resume: Resume, section: str, content: Any) -> None:
        """Somebody has written a section of a resume."""
        resume.data = {**resume.data, section: content}
        resume.updated_at = self.world.now()
        self.webhooks.tell_saved(resume, section)

    def _serve(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            account = self._admit(request, endpoint)
            body = await _read_body(request)
            answered = await endpoint.answer(Asked(self, request, account, body))
            if isinstance(answered, Response):
                return answered
            return JSONResponse({"status": "success", **answered})

        return answer

    def _admit(self, request: Request, endpoint: Endpoint) -> Account:
        """The account that the caller's key or token is for."""
        if endpoint.may == "everybody":
            return self.live
        secret = self._shown(request)
        self._count(secret)
        for account, keys in zip(
            self.accounts, (self.settings.live_keys, self.settings.test_keys), strict=True
        ):
            if secret in keys:
                return account
        token = self.access_tokens.get(secret)
        if token is None or endpoint.may == "key" or token.ends <= self.world.now():
            is_jwt = secret.count(".") == 2
            sentence = WRONG_TOKEN if is_jwt else WRONG_KEY
            raise Refused(401, "This key or token does not admit here", title=sentence)
        return token.account

    def _shown(self, request: Request) -> str:
        """The key or token in one of the headers that are looked at."""
        for name in self.settings.accept_auth_headers:
            scheme, _, secret = request.headers.get(name, "").partition(" ")
            if scheme.lower() == "bearer":
                return secret.strip()
        return ""

    def _count(self, secret: str) -> None:
        most = self.settings.requests_per_second
        if most is None:
            return
        now, lately = self.world.now(), self._lately[secret]
        window = timedelta(seconds=max(1.0, 1 / most))
        while lately and now - lately[0] >= window:
            lately.popleft()
        if len(lately) >= max(1.0, most):
            raise Refused(429, "Too many requests", headers={"Retry-After": "1"})
        lately.append(now)


async def _read_body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if len(raw) > LARGEST_BODY:
        raise Refused(413, "The body is larger than 1 MiB")
    if request.method != "POST":
        return {}
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise Refused(400, "Send this as application/json", code="request-01")
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refused(400, "The body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "The body is not a JSON object")
    return body


def _kind(account: Account) -> str:
    return "live" if account.is_live else "test"
