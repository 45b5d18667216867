"""What a Riminder connection may say."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from ..settings import BaseURL, ConnectionSettings
from .signatures import SignatureMode


def _check_key(key: SecretStr) -> SecretStr:
    text = key.get_secret_value().strip()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("expected an API secret key, in plain letters and digits")
    return SecretStr(text)


class RiminderSettings(ConnectionSettings):
    """A Riminder connection: ``password`` is the API secret key; a read and a write key are two.

    The vendor publishes no rate limit, so there is none by default, and folders of
    resumes go over 16 connections.

    :param origin: one of the domains that a write key is limited to, sent as the
        ``Origin`` of every request, such as ``https://careers.example.com``.
    :param team: name of the team, as in ``https://<team>.riminder.net``, for links.
    :param webhook_secret: the integration's webhook secret key (``wsk_…``).
    :param signature_mode: how webhooks are signed; ``auto`` accepts every published way.
    """

    base_url: BaseURL = "https://www.riminder.net/sf/public/api/v1.0/"
    max_connections: int = Field(default=16, ge=1, le=100)
    password: Annotated[SecretStr, AfterValidator(_check_key)] = SecretStr("")
    origin: str = Field(default="", pattern=r"^\S*$")
    team: str = Field(default="", pattern="^[A-Za-z0-9-]*$")
    webhook_secret: SecretStr = SecretStr("")
    signature_mode: SignatureMode = "auto"
