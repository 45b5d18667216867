"""What a Rezora connection may say."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from ..calls import Call
from ..settings import BaseURL, ConnectionSettings
from .formats import Format, RequestFormat

Level = Literal["agent", "company"]

RESOURCES_OF_COMPANIES = ("agents",)
"""The first segments of the paths that company-level credentials reach; agents reach the others."""


def _check_user_name(value: str) -> str:
    if not re.fullmatch(r"[ !#-9;-\[\]-~]*", value):
        raise ValueError("Digest allows ASCII without quotes, colons and backslashes alone")
    return value


UserName = Annotated[str, AfterValidator(_check_user_name)]


class RezoraSettings(ConnectionSettings):
    """A Rezora connection: ``login`` and ``password`` are API credentials, not those of a person.

    :param level: whose credentials these are. An agent's reach contacts and lists,
        a company's reach its agents, and there is no overlap; what the other level
        is for is refused before it is sent.
    :param format: how answers are asked for.
    :param request_format: how requests are written.
    :param csv_header: ``absent`` reads CSV without a row of field names, as Rezora
        wrote it before July 2010.
    :param json_media_type: what JSON is called; the documents print no name for it.
    :param digest_quote_qop: send ``qop="auth"`` as the documents print it, and not
        ``qop=auth`` as the standard wants it.
    """

    base_url: BaseURL = "https://api.rezora.com/v1"
    max_requests_per_second: float | None = Field(default=2, gt=0)
    max_connections: int = Field(default=1, ge=1, le=100)
    timeout: float = Field(default=60, ge=1, le=600)
    login: UserName = Field(default="", repr=False)
    level: Level = "agent"
    format: Format = "json"
    request_format: RequestFormat = "json"
    csv_header: Literal["required", "absent"] = "required"
    json_media_type: str = Field(default="application/json", pattern=r"^[\w.+-]+/[\w.+-]+$")
    digest_quote_qop: bool = False

    def forbids(self, call: Call[Any]) -> str | None:
        if level_of(call) == self.level:
            return None
        return explain_level(call, self.level)


def level_of(call: Call[Any]) -> Level:
    """Whose credentials ``call`` needs."""
    return "company" if call.endpoint.path.split("/")[1] in RESOURCES_OF_COMPANIES else "agent"


def explain_level(call: Call[Any], level: Level) -> str:
    """Whose credentials ``call`` needs, and what those of a connection are said to be."""
    needed = level_of(call)
    return (
        f"{call.endpoint.name} needs {needed}-level credentials, "
        f"and the level of this connection is {level!r}"
    )
