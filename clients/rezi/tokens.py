"""What tokens say of themselves: when they end, and whom they are for."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .models import AccessToken

LIFE = 900.0
"""Seconds that a token lives when it does not say."""

EXPIRY_NAMES = ("expires_in", "expiresIn", "expires_at", "expiration", "expirationTime")
EPOCH_MILLISECONDS = 10**12
EPOCH_SECONDS = 10**9


def expiry_of(answer: AccessToken, *, now: float) -> float:
    """When a token ends, in Unix time.

    The documents name neither the field nor its unit, so the first one with a
    likely name is read by its size; without any, the token itself tells.
    """
    extra = answer.model_extra or {}
    said = next((extra[name] for name in EXPIRY_NAMES if extra.get(name) is not None), None)
    moment = _read_moment(said, now)
    if moment is None:
        moment = _read_moment(claims_of(answer.access_token).get("exp"), now)
    return now + LIFE if moment is None else moment


def claims_of(token: str) -> Mapping[str, Any]:
    """What a JWT says, unverified; nothing for anything else."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return claims if isinstance(claims, Mapping) else {}


def _read_moment(said: Any, now: float) -> float | None:
    """A duration or an instant as Unix time, None when it is neither."""
    if isinstance(said, str):
        if not said.strip().isdecimal():
            return _read_iso(said)
        said = int(said)
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        return None
    if said > EPOCH_MILLISECONDS:
        return said / 1000
    return float(said) if said > EPOCH_SECONDS else now + said


def _read_iso(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
