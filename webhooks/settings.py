"""What the receiver is told by its environment, read once and checked before anything starts."""

from __future__ import annotations

import math
import re
import string
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic.functional_validators import AfterValidator
from pydantic_settings import NoDecode, SettingsConfigDict

from ..clients.riminder.signatures import SignatureMode
from ..services.settings import AirflowSettings, read_environment

CHANCE = 128
"""Bits of chance in the part of an address that only a vendor knows."""

FEWEST_LETTERS = 8
"""Different letters in such a part; one made by chance has more."""

PATH = re.compile(r"[A-Za-z0-9_-]+")
HEADER = re.compile(r"[A-Za-z0-9-]+")
CONN_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")

MAKE_ONE = "make one with `talent webhooks --new-path`"

ALPHABETS = (
    string.digits,
    string.digits + "abcdef",
    string.digits + "ABCDEF",
    string.ascii_lowercase,
    string.ascii_uppercase,
    string.digits + string.ascii_lowercase,
    string.digits + string.ascii_uppercase,
    string.ascii_letters,
)


def _is_unguessable(path: SecretStr) -> SecretStr:
    text = path.get_secret_value()
    if not PATH.fullmatch(text):
        raise ValueError(f"must hold letters, digits, - and _ only: {MAKE_ONE}")
    letters = set(text)
    alphabet = next((len(one) for one in ALPHABETS if letters <= set(one)), 64)
    if len(text) * math.log2(alphabet) < CHANCE or len(letters) < FEWEST_LETTERS:
        raise ValueError(f"must be made of {CHANCE} bits of chance or more: {MAKE_ONE}")
    return path


def _is_conn_id(conn_id: str) -> str:
    if not CONN_ID.fullmatch(conn_id):
        raise ValueError("must be the id of an Airflow connection: letters, digits, _, - and dots")
    return conn_id


def _is_header(name: str) -> str:
    if not HEADER.fullmatch(name):
        raise ValueError("must be the name of a header, such as X-Signature")
    return name


def _names_and_holds(header: SecretStr) -> SecretStr:
    name, colon, value = header.get_secret_value().partition(":")
    if not (colon and HEADER.fullmatch(name.strip()) and value.strip()):
        raise ValueError("must be a header with its value, such as X-Token: 3f9a2c1d")
    return header


def _read_networks(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return tuple(ip_network(part.strip()) for part in given.split(",") if part.strip())
    except ValueError:
        raise ValueError(
            "must be addresses or networks such as 203.0.113.7 or 198.51.100.0/24, with commas"
        ) from None


Networks = Annotated[
    tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_read_networks)
]
HeaderName = Annotated[str, AfterValidator(_is_header)]


class Door(BaseModel):
    """What the settings of all vendors have in common.

    :param conn_id: The Airflow connection that DAGs are told to read over.
    :param networks: Where deliveries may come from; empty means anywhere.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    conn_id: Annotated[str, AfterValidator(_is_conn_id)] | None = None
    networks: Networks = ()


class UnsignedDoor(Door):
    """A vendor that signs nothing.

    :param path: The last part of the address, which only the vendor knows.
    :param header: A header that must come as well, as `Name: value`.
    :param hmac_header: A header that holds an HMAC-SHA256 of the body, with `hmac_secret`.
    """

    path: Annotated[SecretStr, AfterValidator(_is_unguessable)]
    header: Annotated[SecretStr, AfterValidator(_names_and_holds)] | None = None
    hmac_header: HeaderName | None = None
    hmac_secret: SecretStr | None = None
    hmac_encoding: Literal["hex", "base64"] = "hex"

    @model_validator(mode="after")
    def _has_whole_hmac(self) -> UnsignedDoor:
        if bool(self.hmac_header) != bool(self.hmac_secret):
            raise ValueError("must have _HMAC_HEADER and _HMAC_SECRET both, or neither")
        return self


class RiminderDoor(Door):
    """A vendor that signs.

    :param secret: The webhook secret key of Riminder's dashboard (`wsk_…`).
    :param signature_mode: The only way of signing that is accepted; `auto` accepts all.
    """

    secret: SecretStr
    signature_mode: SignatureMode = "auto"


class Settings(AirflowSettings):
    """The environment of `talent webhooks`; each field is the variable of the same name in
    capitals, each field of a door that of the door with `_` and its name.

    A vendor is received when its `PATH` (Riminder: `SECRET`) is set. The login of Airflow needs
    the role `user`, and `op` for asset events.

    What faces the internet should reach `/vitay/`, `/rezi/` and `/riminder` and nothing else: give
    the care pages a port of their own.
    """

    model_config = SettingsConfigDict(env_nested_delimiter="_", env_nested_max_split=1)

    talent_webhook_host: str = "127.0.0.1"
    talent_webhook_port: int = Field(default=8720, ge=0, le=65535)
    """0 takes a free one."""

    talent_webhook_metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Where `/health`, `/ready` and `/metrics` are, at the host above; without it beside the
    vendors' paths."""

    talent_webhook_folder: Path
    """Where events are kept until Airflow has them: on a disk that outlasts the process, and of
    this receiver alone."""

    talent_webhook_queue_limit: int = Field(default=100_000, ge=1)
    """Events that may wait; more are answered with 503."""

    talent_webhook_trusted_proxies: Networks = ()
    """Whose `X-Forwarded-For` is believed."""

    talent_webhook_asset_events: bool = False
    """Whether events are also told to the assets that stand for them."""

    talent_webhook_vitay: UnsignedDoor | None = None
    talent_webhook_rezi: UnsignedDoor | None = None
    talent_webhook_riminder: RiminderDoor | None = None

    @model_validator(mode="after")
    def _receives_something(self) -> Settings:
        if not (
            self.talent_webhook_vitay or self.talent_webhook_rezi or self.talent_webhook_riminder
        ):
            raise ValueError(
                "No vendor is set: set TALENT_WEBHOOK_VITAY_PATH, TALENT_WEBHOOK_REZI_PATH or"
                " TALENT_WEBHOOK_RIMINDER_SECRET"
            )
        return self


def read_settings(**given: Any) -> Settings:
    """The settings from the environment, or a :class:`SettingsError` with one sentence.

    :param given: Values that outrank the environment, by field name.
    """
    return read_environment(Settings, **given)
