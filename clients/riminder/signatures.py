"""Riminder's webhooks: is it from Riminder, and what happened. Source: fact sheet section 7.

The header alone carries the whole event. The published sources disagree on what
is signed and on how the digest is written; each way is a line of a table here.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ValidationError

from ..fields import Count, Number
from .models import Record, Text, none_for_empty

SignatureMode = Literal["auto", "raw-json", "raw-encoded", "hex-json", "hex-body"]

EventType = Literal[
    "profile.parse.success",
    "profile.parse.error",
    "profile.parse.update",
    "profile.score.success",
    "profile.score.error",
    "filter.train.start",
    "filter.train.success",
    "filter.train.error",
    "filter.score.start",
    "filter.score.success",
    "filter.score.error",
    "action.stage.success",
    "action.stage.error",
    "action.rating.success",
    "action.rating.error",
]

HEADERS = (
    "http-riminder-signature",
    "riminder-signature",
    "http_riminder_signature",
    "http_http_riminder_signature",
)
"""The documented name first; then what it is called by older senders and by WSGI."""

BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
HEX_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


class WebhookRefused(ValueError):
    """A delivery that nobody may act on; the text holds nothing of it."""


class SignatureInvalid(WebhookRefused):
    """There is no signature, or it was not made with the webhook secret."""


class EventInvalid(WebhookRefused):
    """The signature is right and what was signed is no event."""


class EventProfile(Record):
    """The profile that an event is about."""

    profile_id: Text = None
    profile_reference: Text = None


class EventFilter(Record):
    """The filter that an event is about."""

    filter_id: Text = None
    filter_reference: Text = None


class Event(Record):
    """One event. Nothing in it is dated or numbered, so a replay looks like the original.

    :param type: an :data:`EventType`, or one that the documents do not name.
    """

    type: Annotated[str, BeforeValidator(lambda value: value or None)]
    message: Text = None
    profile: Annotated[EventProfile | None, BeforeValidator(none_for_empty)] = None
    filter: Annotated[EventFilter | None, BeforeValidator(none_for_empty)] = None
    score: Number = None
    stage: Text = None
    rating: Count = None

    @property
    def is_documented(self) -> bool:
        """Whether the documents name this type."""
        return self.type in get_args(EventType)

    @property
    def identity(self) -> tuple[str | None, ...]:
        """The same for every delivery of one event: what to be idempotent by."""
        profile_id = self.profile.profile_id if self.profile else None
        filter_id = self.filter.filter_id if self.filter else None
        return (self.type, profile_id, filter_id)


def read_events(
    headers: Mapping[str, str], body: bytes = b"", *, secret: str, mode: SignatureMode = "auto"
) -> tuple[Event, ...]:
    """What a delivery says, once it is known to be Riminder's: usually one event.

    :param headers: of the request; upper and lower case are the same.
    :param body: of the request, byte for byte; counts only for ``hex-body``.
    :param secret: the integration's webhook secret key (``wsk_…``).
    :param mode: the only way of signing that is accepted; ``auto`` accepts all.
    :raises SignatureInvalid: it is not Riminder's.
    :raises EventInvalid: it is, and cannot be read.
    """
    if not secret:
        raise SignatureInvalid("there is no webhook secret to check signatures with")
    signature = _signature_in(headers)
    if "." not in signature and mode in ("auto", "hex-body"):
        _check_body(signature, body, secret.encode())
        return _events_in(body)
    return _events_in(_payload_of(signature, secret.encode(), mode))


def _signature_in(headers: Mapping[str, str]) -> str:
    given = {name.lower(): value for name, value in headers.items()}
    for name in HEADERS:
        if signature := given.get(name, "").strip():
            return signature
    raise SignatureInvalid("there is no signature header")


def _check_body(signature: str, body: bytes, secret: bytes) -> None:
    if not HEX_DIGEST.fullmatch(signature):
        raise SignatureInvalid("the signature is neither two texts with a dot nor a hex digest")
    digest = hmac.new(secret, body, hashlib.sha256).digest()
    if not hmac.compare_digest(digest, bytes.fromhex(signature)):
        raise SignatureInvalid("the signature was not made with the webhook secret")


Digest = Callable[[bytes, bytes, bytes], bytes]
"""What the signature decodes to, given the secret, the encoded and the decoded payload."""

DIGESTS: tuple[tuple[tuple[SignatureMode, ...], Digest], ...] = (
    (("auto", "raw-json"), lambda key, _, decoded: _hmac(key, decoded).digest()),
    (("auto", "raw-encoded"), lambda key, encoded, _: _hmac(key, encoded).digest()),
    (("auto", "hex-json"), lambda key, _, decoded: _hmac(key, decoded).hexdigest().encode()),
    (("auto",), lambda key, encoded, _: _hmac(key, encoded).hexdigest().encode()),
)


def _hmac(key: bytes, message: bytes) -> hmac.HMAC:
    return hmac.new(key, message, hashlib.sha256)


def _payload_of(signature: str, secret: bytes, mode: SignatureMode) -> bytes:
    """The signed payload in a header of the form ``<encoded digest>.<encoded payload>``."""
    encoded_digest, dot, encoded = signature.partition(".")
    if not dot or mode == "hex-body":
        raise SignatureInvalid(f"the signature is not in the form of {mode}")
    given, payload = _decode(encoded_digest), _decode(encoded)
    expected = [
        digest(secret, encoded.encode(), payload) for modes, digest in DIGESTS if mode in modes
    ]
    # A list, so that how long it takes does not tell which one it was.
    if not any([hmac.compare_digest(given, each) for each in expected]):  # noqa: C419  # as above
        raise SignatureInvalid("the signature was not made with the webhook secret")
    return payload


def _decode(text: str) -> bytes:
    """Base64 in either alphabet, padded or not."""
    standard = text.translate(str.maketrans("-_", "+/"))
    if not BASE64.fullmatch(standard):
        raise SignatureInvalid("the signature is not base64")
    bare = standard.rstrip("=")
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        raise SignatureInvalid("the signature is not base64") from None


def _events_in(payload: bytes) -> tuple[Event, ...]:
    try:
        read: Any = json.loads(payload)
        events = read if isinstance(read, list) else [read]
        return tuple(Event.model_validate(event) for event in events)
    except (ValidationError, ValueError, RecursionError):
        raise EventInvalid("what was signed is not an event with a type") from None
