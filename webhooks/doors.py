"""Is it from the vendor? Whoever is not let in hears nothing of why."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from starlette.requests import Request

from ..clients.riminder.signatures import EventInvalid, SignatureInvalid
from ..services.serving import BodyRefused, read_body
from . import rezi, riminder, vitay
from .events import Malformed, Told
from .metrics import Refusal
from .settings import Networks, RiminderDoor, Settings, UnsignedDoor

SAID: dict[int, str] = {
    400: "unreadable",
    401: "not signed",
    404: "not found",
    408: "too slow",
    413: "too large",
    503: "later",
}
"""All that a sender reads, by status."""

BODY_REASONS: dict[int, Refusal] = {400: "gone", 408: "too_slow", 413: "too_large"}


class Refused(Exception):
    """A delivery that is not taken.

    :param reason: For the metric and the log; the sender reads :data:`SAID`.
    """

    def __init__(self, status: int, reason: Refusal) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Door(Protocol):
    """Where one vendor delivers."""

    @property
    def vendor(self) -> str: ...

    @property
    def path(self) -> str:
        """As Starlette's routes have it."""
        ...

    async def admit(self, request: Request) -> Sequence[Told]:
        """The events of a delivery.

        :raises Refused: it is not the vendor's, or cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class SecretDoor:
    """Of a vendor that signs nothing: it shows that it knows the address, and whatever else the
    settings ask for.

    :param read: What the vendor writes.
    """

    vendor: str
    settings: UnsignedDoor
    conn_id: str
    read: Callable[[bytes, str], Sequence[Told]]

    @property
    def path(self) -> str:
        return f"/{self.vendor}/{{path:path}}"

    async def admit(self, request: Request) -> Sequence[Told]:
        given = request.path_params["path"].encode()
        if not hmac.compare_digest(given, self.settings.path.get_secret_value().encode()):
            raise Refused(404, "path")
        _check_address(request, self.settings.networks, 404)
        self._check_header(request)
        body = await _body_of(request)
        self._check_hmac(request, body)
        try:
            return self.read(body, self.conn_id)
        except Malformed:
            raise Refused(400, "malformed") from None

    def _check_header(self, request: Request) -> None:
        if not self.settings.header:
            return
        name, _, value = self.settings.header.get_secret_value().partition(":")
        given = request.headers.get(name.strip(), "")
        if not hmac.compare_digest(given.strip().encode(), value.strip().encode()):
            raise Refused(404, "header")

    def _check_hmac(self, request: Request, body: bytes) -> None:
        name, secret = self.settings.hmac_header, self.settings.hmac_secret
        if not (name and secret):
            return
        given = _decode(request.headers.get(name, ""), self.settings.hmac_encoding)
        expected = hmac.digest(secret.get_secret_value().encode(), body, hashlib.sha256)
        if not hmac.compare_digest(given, expected):
            raise Refused(404, "signature")


@dataclass(frozen=True, slots=True)
class SignedDoor:
    """Riminder's, at an address that anybody may know."""

    settings: RiminderDoor
    conn_id: str
    vendor: str = "riminder"
    path: str = "/riminder"

    async def admit(self, request: Request) -> Sequence[Told]:
        _check_address(request, self.settings.networks, 401)
        body = await _body_of(request)
        try:
            return riminder.read(
                request.headers,
                body,
                self.conn_id,
                secret=self.settings.secret.get_secret_value(),
                mode=self.settings.signature_mode,
            )
        except SignatureInvalid:
            raise Refused(401, "signature") from None
        except (EventInvalid, Malformed):
            raise Refused(400, "malformed") from None


def open_doors(settings: Settings) -> Sequence[Door]:
    """The doors of the vendors that are set."""
    doors: list[Door] = []
    for vendor, door, read in (
        ("vitay", settings.talent_webhook_vitay, vitay.read),
        ("rezi", settings.talent_webhook_rezi, rezi.read),
    ):
        if door:
            doors.append(SecretDoor(vendor, door, door.conn_id or f"{vendor}_default", read))
    if signed := settings.talent_webhook_riminder:
        doors.append(SignedDoor(signed, signed.conn_id or "riminder_default"))
    return doors


def _check_address(request: Request, networks: Networks, status: int) -> None:
    if not networks:
        return
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        raise Refused(status, "address") from None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if not any(address in network for network in networks):
        raise Refused(status, "address")


async def _body_of(request: Request) -> bytes:
    try:
        return await read_body(request)
    except BodyRefused as refusal:
        raise Refused(refusal.status, BODY_REASONS[refusal.status]) from None


def _decode(signature: str, encoding: str) -> bytes:
    """The digest in a header, with or without a name before it; nothing when there is none."""
    text = signature.strip().removeprefix("sha256=")
    try:
        if encoding == "hex":
            return bytes.fromhex(text)
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
