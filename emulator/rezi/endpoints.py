"""Rezi's endpoints: what each is asked, does and answers."""

from __future__ import annotations

import asyncio
import base64
from calendar import monthrange
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from starlette.responses import Response

from ..world import Refused, format_time
from .records import AI_TOKEN_ID, PLANS, Account, Plan, Resume, Subscription, User, as_address
from .shapes import print_resume, show_resume, show_subscription, show_user, summarise_resume
from .tokens import sign_token

if TYPE_CHECKING:
    from starlette.requests import Request

    from . import Rezi

JSON = dict[str, Any]
Answered = JSON | Response
Answer = Callable[["Asked"], Awaitable[Answered]]
May = Literal["key", "token", "everybody"]
"""``token`` means the key or a short-lived token."""

TEXTS = {
    "name": "name",
    "jobTitle": "job_title",
    "jobDescription": "job_description",
    "jobCompany": "job_company",
    "template": "template",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to an endpoint, with what is read out of it again and again."""

    rezi: Rezi
    request: Request
    account: Account
    body: JSON

    @property
    def now(self) -> datetime:
        return self.rezi.world.now()

    def user(self) -> User:
        """The user in the path."""
        user = self.account.users.get(self.request.path_params["user_id"])
        if user is None:
            raise Refused(404, "There is no user with this id", code="user-01")
        return user

    def resume(self) -> Resume:
        """The resume in the path."""
        resume = self.account.resumes.get(self.request.path_params["resume_id"])
        if resume is None:
            raise Refused(404, "There is no resume with this id", code="resume-01")
        return resume

    def text(self, name: str) -> str:
        """A text of the body that must be there."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise Refused(400, f"`{name}` is missing", code="request-01")
        return value


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: str
    answer: Answer
    may: May


ENDPOINTS: list[Endpoint] = []


def endpoint(method: str, path: str, *, may: May = "token") -> Callable[[Answer], Answer]:
    """Serve a method and path with a function."""

    def register(answer: Answer) -> Answer:
        ENDPOINTS.append(Endpoint(method, path, answer, may))
        return answer

    return register


@endpoint("GET", "/accessToken", may="key")
async def show_access_token(asked: Asked) -> Answered:
    return {"access_token": asked.rezi.give_access_token(asked.account), **_expiry(asked)}


@endpoint("POST", "/user/token")
async def create_user_token(asked: Asked) -> Answered:
    email, uid = asked.text("email"), asked.text("uid")
    user = asked.account.user_with(email)
    if user is None:
        await asyncio.sleep(asked.rezi.settings.first_sign_in_delay)
        # Somebody else may have been first meanwhile.
        user = asked.account.user_with(email) or _add_user(asked, email)
    if user.uid not in (None, uid):
        raise Refused(401, "The user signs in with another uid", code="uid-01")
    user.uid = uid
    token = sign_token(asked.now, asked.rezi.settings.user_token_life, uid=user.id)
    named = {"userID": user.id} if asked.rezi.settings.sends_user_id else {}
    return {**named, "token": token}


@endpoint("GET", "/users")
async def list_users(asked: Asked) -> Answered:
    return {"data": [show_user(user) for user in asked.account.users.values()]}


@endpoint("GET", "/user/{user_id}")
async def show_one_user(asked: Asked) -> Answered:
    return {"data": show_user(asked.user())}


@endpoint("GET", "/user/{user_id}/resumes")
async def list_resumes(asked: Asked) -> Answered:
    resumes = asked.account.resumes_of(asked.user())
    return {"data": [summarise_resume(resume) for resume in resumes]}


@endpoint("POST", "/user/{user_id}/resume")
async def create_resume(asked: Asked) -> Answered:
    user, body = asked.user(), asked.body
    for name in TEXTS:
        if not isinstance(body.get(name, ""), str):
            raise Refused(400, f"`{name}` is a text", code="request-01")
    if not isinstance(body.get("data", {}), dict):
        raise Refused(400, "`data` is an object", code="request-01")
    resume = Resume(
        id=asked.rezi.new_id(),
        user_id=user.id,
        updated_at=asked.now,
        data=body.get("data", {}),
        **{field: body.get(name, "") for name, field in TEXTS.items()},
    )
    asked.account.resumes[resume.id] = resume
    asked.rezi.people.notice_resume(resume)
    return {"data": show_resume(resume)}


@endpoint("GET", "/resume/{resume_id}")
async def show_one_resume(asked: Asked) -> Answered:
    return {"data": show_resume(asked.resume())}


@endpoint("GET", "/resume/{resume_id}/download")
async def download_resume(asked: Asked) -> Answered:
    resume = asked.resume()
    match asked.rezi.settings.download_mode:
        case "url":
            here = asked.request.url
            path = f"{asked.rezi.prefix}/files/{asked.rezi.publish(resume)}.pdf"
            return {"data": {"url": f"{here.scheme}://{here.netloc}{path}"}}
        case "base64":
            content = print_resume(resume, asked.now)
            return {"data": {"file": base64.b64encode(content).decode()}}
    return _pdf(resume, asked.now)


@endpoint("GET", "/files/{file}.pdf", may="everybody")
async def show_file(asked: Asked) -> Answered:
    """A file at an address of its own; as a storage does, it takes no credentials besides."""
    if {"authentication", "authorization"} & set(asked.request.headers):
        raise Refused(400, "This address wants no credentials")
    resume = asked.rezi.files.get(asked.request.path_params["file"])
    if resume is None:
        raise Refused(404, "There is no such file")
    return _pdf(resume, asked.now)


@endpoint("GET", "/resume/{resume_id}/score")
async def show_score(asked: Asked) -> Answered:
    return {"data": {"score": asked.resume().score}}


@endpoint("POST", "/plan/upgrade")
async def upgrade_plan(asked: Asked) -> Answered:
    user = asked.account.user_with(asked.text("email"))
    if user is None:
        raise Refused(400, "There is no user with this e-mail", code="plan-01")
    return _upgrade(asked, user)


@endpoint("POST", "/user/{user_id}/upgrade")
async def upgrade_user(asked: Asked) -> Answered:
    if not asked.rezi.settings.upgrade_alias:
        raise Refused(404, "Not Found")
    return _upgrade(asked, asked.user())


def _upgrade(asked: Asked, user: User) -> Answered:
    plan = PLANS.get(asked.text("planId"))
    ai_token = asked.body.get("aiTokenId")
    if plan is None or ai_token not in (None, AI_TOKEN_ID):
        raise Refused(400, "There is no such plan", code="plan-01")
    if not _has(user, plan, asked.now):
        ends = None if plan.is_for_life else a_month_after(asked.now)
        user.subscription = Subscription(
            plan_id=plan.id, created=asked.now, begins=asked.now, ends=ends
        )
        if asked.account.is_live:
            extra = " with AI credits" if ai_token else ""
            subject = f"{plan.name}{extra}"
            asked.rezi.send("charge", to=user.email, subject=subject, record_id=user.id)
    assert user.subscription is not None  # noqa: S101  # bought now or before
    return {"data": show_subscription(user.subscription)}


def _has(user: User, plan: Plan, now: datetime) -> bool:
    """Whether the plan is running already, so that buying it again changes nothing."""
    bought = user.subscription
    if bought is None or bought.plan_id != plan.id:
        return False
    return bought.ends is None or now < bought.ends


def a_month_after(moment: datetime) -> datetime:
    """The same day of the next month, or its last."""
    first = (moment.replace(day=1) + timedelta(days=32)).replace(day=1)
    last_day = monthrange(first.year, first.month)[1]
    return first.replace(day=min(moment.day, last_day))


def _add_user(asked: Asked, email: str) -> User:
    user = User(id=asked.rezi.new_id(), email=as_address(email), uid=None, created_at=asked.now)
    asked.account.users[user.id] = user
    return user


def _expiry(asked: Asked) -> Mapping[str, Any]:
    settings = asked.rezi.settings
    if settings.expiry_field == "none":
        return {}
    ends = asked.now + timedelta(seconds=settings.access_token_life)
    values: dict[str, Any] = {
        "duration": settings.access_token_life,
        "seconds": int(ends.timestamp()),
        "milliseconds": int(ends.timestamp() * 1000),
        "iso": format_time(ends),
    }
    return {settings.expiry_field: values[settings.expiry_unit]}


def _pdf(resume: Resume, now: datetime) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{resume.id}.pdf"'}
    return Response(print_resume(resume, now), media_type="application/pdf", headers=headers)
