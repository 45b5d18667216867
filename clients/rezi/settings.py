"""What a Rezi connection may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from ..settings import BaseURL, ConnectionSettings, Words
from .places import is_confidential

if TYPE_CHECKING:
    from ..calls import Call

AuthHeader = Literal["authentication", "authorization", "both"]
TokenMode = Literal["long_lived", "short_lived"]


def _check_upgrade_path(value: str) -> str:
    if value.startswith("/") or is_confidential(value):
        return value
    raise ValueError("expected a path such as /plan/upgrade, or a whole https URL")


def _check_sign_in_url(value: str) -> str:
    if not value or ("{token}" in value and is_confidential(value)):
        return value
    raise ValueError("expected an https URL with {token} where the user's token goes")


class ReziSettings(ConnectionSettings):
    """A Rezi connection: ``password`` is the partner's private token API key.

    :param auth_header: where the key goes. Rezi prints ``Authentication``.
    :param token_mode: ``short_lived`` exchanges the key for tokens of 15 minutes.
    :param upgrade_path: where plans are bought: a path, with ``{userID}`` if it names
        the user, or a whole URL on another host, which then gets the key.
    :param allowed_plans: ids of plans that may be bought; empty means all.
    :param uid_secret: makes users' ids from their e-mail addresses. Changing it locks
        every user out who was made with it.
    :param sign_in_url: where a user is signed in, with ``{token}`` in it.
    """

    base_url: BaseURL = "https://open-api.rezi.ai/v1"
    max_requests_per_second: float | None = Field(default=5, gt=0)
    auth_header: AuthHeader = "authentication"
    token_mode: TokenMode = "long_lived"  # noqa: S105  # the name of a mode
    upgrade_path: Annotated[str, AfterValidator(_check_upgrade_path)] = "/plan/upgrade"
    allowed_plans: Words = ()
    uid_secret: SecretStr = SecretStr("")
    sign_in_url: Annotated[str, AfterValidator(_check_sign_in_url)] = ""

    def forbids(self, call: Call[Any]) -> str | None:
        if call.endpoint.name != "upgrade_plan":
            return None
        if reason := self.forbids_plan(call.json["planId"]):
            return reason
        if "{userID}" in self.upgrade_path and not call.json.get("userID"):
            return "the connection's upgrade_path names the user by id, and none was given"
        return None

    def forbids_plan(self, plan_id: str) -> str | None:
        """Why a plan may not be bought."""
        if not self.allowed_plans or plan_id in self.allowed_plans:
            return None
        return f"the connection's allowed_plans are {', '.join(self.allowed_plans)}"
