"""Rezi's Open API, version 1: ten endpoints, of which three are documented in detail.

Each function makes the call and sends nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from ..calls import Call, Endpoints, sends
from ..flows import Flow
from .models import AccessToken, Resume, Score, Upgrade, User, UserToken

endpoint = Endpoints("rezi")

SIGN_IN_TIMEOUT = 15
"""Seconds; the first sign-in makes the user, which takes up to five."""

SLOW_TIMEOUT = 60
"""Seconds for what is made while one waits: a score, a PDF."""


@endpoint("GET", "/accessToken", effect="credential")
def show_access_token() -> Call[AccessToken]:
    """Exchange the private token for an API token of 15 minutes."""
    return sends()


@endpoint("POST", "/user/token", effect="credential", timeout=SIGN_IN_TIMEOUT)
def create_user_token(email: str, uid: str) -> Call[UserToken]:
    """Get a token that signs a user in; makes the user on first use.

    :param uid: the user's password, best a keyed hash as :func:`uid_of` makes it.
        Must stay the same for an e-mail.
    """
    return sends(json={"email": email, "uid": uid})


@endpoint("GET", "/users", effect="read")
def list_users() -> Call[list[User]]:
    """List the users, all at once."""
    return sends()


@endpoint("GET", "/user/{user_id}", effect="read")
def show_user(user_id: str) -> Call[User]:
    """Show a user."""
    return _of(user_id=user_id)


@endpoint("GET", "/user/{user_id}/resumes", effect="read")
def list_resumes(user_id: str) -> Call[list[Resume]]:
    """List a user's resumes, as summaries."""
    return _of(user_id=user_id)


@endpoint("POST", "/user/{user_id}/resume", effect="write")
def create_resume(
    user_id: str,
    *,
    name: str | None = None,
    job_title: str | None = None,
    job_description: str | None = None,
    job_company: str | None = None,
    template: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> Call[Resume]:
    """Make a resume for a user.

    :param data: its sections, as free JSON.
    """
    fields = {
        "name": name,
        "jobTitle": job_title,
        "jobDescription": job_description,
        "jobCompany": job_company,
        "template": template,
        "data": data,
    }
    return _of(user_id=user_id, json={field: v for field, v in fields.items() if v is not None})


@endpoint("GET", "/resume/{resume_id}", effect="read")
def show_resume(resume_id: str) -> Call[Resume]:
    """Show a resume with its sections."""
    return _of(resume_id=resume_id)


@endpoint("GET", "/resume/{resume_id}/download", effect="read", timeout=SLOW_TIMEOUT)
def download_resume(resume_id: str) -> Call[bytes]:
    """Get a resume as PDF."""
    return _of(resume_id=resume_id)


@endpoint("GET", "/resume/{resume_id}/score", effect="read", timeout=SLOW_TIMEOUT)
def show_score(resume_id: str) -> Call[Score]:
    """Show how good Rezi finds a resume."""
    return _of(resume_id=resume_id)


@endpoint("POST", "/plan/upgrade", effect="money")
def upgrade_plan(
    email: str, plan_id: str, *, ai_token_id: str | None = None, user_id: str | None = None
) -> Call[Upgrade]:
    """Buy a plan for an existing user: the partner is billed.

    :param plan_id: from Rezi's account manager.
    :param ai_token_id: AI credits that are added, from the account manager.
    :param user_id: for connections whose ``upgrade_path`` names the user; not sent otherwise.
    """
    if user_id is not None:
        _check_id("user_id", user_id)
    body = {"planId": plan_id, "email": email, "aiTokenId": ai_token_id, "userID": user_id}
    return sends(
        json={field: value for field, value in body.items() if value is not None},
        recipients=lambda: _known(email),
    )


def uid_of(email: str, secret: str) -> str:
    """A user's ``uid``: HMAC-SHA-256 of the trimmed, lower-case e-mail under the partner's secret.

    The same on every machine. Another secret makes other ids, with which no user
    made before can sign in.

    :raises ValueError: no secret.
    """
    if not secret:
        raise ValueError("users' ids need a secret: fill in uid_secret of the connection")
    return hmac.new(secret.encode(), email.strip().lower().encode(), hashlib.sha256).hexdigest()


def _of(*, json: Any = None, **ids: str) -> Call[Any]:
    for name, value in ids.items():
        _check_id(name, value)
    return sends(json=json)


def _check_id(name: str, value: str) -> None:
    """Refuse what would make another path of the one it is put into."""
    if "/" in value or value.strip() in ("", ".", ".."):
        raise ValueError(f"{name} must be an id, not empty and without slashes")


def _known(email: str) -> Flow[list[str]]:
    yield from ()
    return [email]
