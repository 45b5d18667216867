"""The events Riminder posts, and the four ways its clients expect them to be signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Literal, get_args

from .records import JSON, Filter, Profile

Mode = Literal["raw-json", "raw-encoded", "hex-json", "hex-body"]
Alphabet = Literal["url", "standard"]

MODES: tuple[str, ...] = get_args(Mode)
"""The first is the default."""

SIGNATURE_HEADER = "HTTP-RIMINDER-SIGNATURE"

MESSAGES = {
    "profile.parse.success": "The profile was parsed.",
    "profile.parse.error": "The profile could not be parsed.",
    "profile.parse.update": "The profile was parsed again.",
    "profile.score.success": "The profile was scored.",
    "profile.score.error": "The profile could not be scored.",
    "filter.train.start": "The training of the filter began.",
    "filter.train.success": "The filter was trained.",
    "filter.train.error": "The filter could not be trained.",
    "filter.score.start": "The scoring for the filter began.",
    "filter.score.success": "All profiles were scored for the filter.",
    "filter.score.error": "The profiles could not be scored for the filter.",
    "action.stage.success": "The stage was set.",
    "action.stage.error": "The stage could not be set.",
    "action.rating.success": "The rating was set.",
    "action.rating.error": "The rating could not be set.",
}
"""The types of events and what they tell. ``profile.parse.update`` is named by the vendor once
and known to no client."""

Encode = Callable[[bytes], str]


def _encode_for_urls(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _encode_standard(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


ENCODERS: dict[Alphabet, Encode] = {"url": _encode_for_urls, "standard": _encode_standard}


def describe(kind: str, *, profile: Profile | None, job: Filter | None, **more: object) -> JSON:
    """The payload of an event: its type, a sentence, whom it is about, and what more there is."""
    event: JSON = {"type": kind, "message": MESSAGES[kind]}
    if profile:
        event["profile"] = {"profile_id": profile.id, "profile_reference": profile.reference}
    if job:
        event["filter"] = {"filter_id": job.id, "filter_reference": job.reference}
    return {**event, **more}


def write_json(value: object) -> bytes:
    """Compact, and nothing but ASCII: the Python client reads no other letters."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def sign(
    payload: bytes, body: bytes, *, secret: str, mode: Mode, alphabet: Alphabet = "url"
) -> str:
    """The value of the signature header, always padded.

    =========== ========================== ==============================================
    mode        message hashed             digest as
    =========== ========================== ==============================================
    raw-json    the payload                32 bytes, in base64
    raw-encoded the payload in base64      32 bytes, in base64
    hex-json    the payload                64 hexadecimal digits, in base64
    hex-body    the body of the request    64 hexadecimal digits, bare and without payload
    =========== ========================== ==============================================

    :param payload: the event, as the receiver will decode it.
    :param body: the body of the request.
    """
    encode = ENCODERS[alphabet]
    encoded = encode(payload)
    if mode == "hex-body":
        return _digest(secret, body).hex()
    message = encoded.encode() if mode == "raw-encoded" else payload
    digest = _digest(secret, message)
    signature = digest.hex().encode() if mode == "hex-json" else digest
    return f"{encode(signature)}.{encoded}"


def _digest(secret: str, message: bytes) -> bytes:
    return hmac.digest(secret.encode(), message, hashlib.sha256)
