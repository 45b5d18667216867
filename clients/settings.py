"""What a connection says about how to talk to a vendor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

import httpx
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

if TYPE_CHECKING:
    from .calls import Call

Mode = Literal["live", "read_only", "dry_run"]


def _split(value: Any) -> Any:
    return tuple(filter(None, re.split(r"[\s,;]+", value))) if isinstance(value, str) else value


def _check_base_url(value: str) -> str:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise ValueError("expected a base URL such as https://api.example.com/v1")
    if url.userinfo:
        raise ValueError("expected no login in the base URL; the connection has fields for it")
    return value


BaseURL = Annotated[str, AfterValidator(_check_base_url)]

Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""Several words; a form gives them as one text, separated by blanks, commas or lines."""


class ConnectionSettings(BaseModel):
    """Settings that every vendor's connection has; a vendor's own are added in a subclass.

    :param mode: ``live`` sends everything; ``read_only`` refuses whatever has an
        effect; ``dry_run`` logs each call and sends nothing at all.
    :param allowed_recipients: addresses or domains that may be written to; empty
        means everybody. A call that would contact anybody else is refused.
    :param max_messages_per_run: how many calls that contact a person or cost money
        one task may make.
    :param max_requests_per_second: None for no limit.
    :param max_connections: concurrent requests.
    :param timeout: seconds to wait for an answer.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    base_url: BaseURL
    login: str = Field(default="", repr=False)
    password: SecretStr = SecretStr("")
    mode: Mode = "live"
    allowed_recipients: Words = ()
    max_messages_per_run: int = Field(default=100, ge=0)
    max_requests_per_second: float | None = Field(default=None, gt=0)
    max_connections: int = Field(default=4, ge=1, le=100)
    timeout: float = Field(default=30, ge=1, le=600)

    def forbids(self, call: Call[Any]) -> str | None:
        """Why this connection may not make ``call``, besides what all vendors' settings forbid."""
        return None
