"""What the emulated Rezi can be told to be like.

Little of its API is documented and some of that contradicts itself; where that is so, a setting
chooses.
"""

from __future__ import annotations

import json
from string import Template
from typing import Literal

from pydantic import NonNegativeFloat, PositiveFloat, field_validator

from ..world import VendorSettings

LIVE_KEY = "rezi-emulator-key"
TEST_KEY = "rezi-emulator-test-key"

WEBHOOK_NAMES = ("event", "id", "createdAt", "userID", "resumeID", "section")
WEBHOOK_TEMPLATE = """{"event": "$event", "id": "$id", "createdAt": "$createdAt",
 "data": {"userID": "$userID", "resumeID": "$resumeID", "section": "$section"}}"""


class ReziSettings(VendorSettings):
    """Settings of the emulated Rezi; the names are those of ``POST /_emulator/settings``."""

    error_mode: Literal["endpoint", "overview"] = "endpoint"
    """``overview`` answers 200 to what it refuses, and tells so in the body alone."""
    accept_auth_headers: tuple[Literal["authentication", "authorization"], ...] = (
        "authentication",
    )
    live_keys: tuple[str, ...] = (LIVE_KEY,)
    test_keys: tuple[str, ...] = (TEST_KEY,)
    """Keys with records of their own, whose purchases cost nothing."""

    access_token_life: PositiveFloat = 900
    """Seconds of the world's time."""
    expiry_field: Literal[
        "expires_in", "expiresIn", "expires_at", "expiration", "expirationTime", "none"
    ] = "expires_in"
    """How the answer with a short-lived token names its end."""
    expiry_unit: Literal["duration", "seconds", "milliseconds", "iso"] = "duration"
    """A duration in seconds, or an instant: Unix time, the same in milliseconds, ISO 8601."""
    sends_user_id: bool = True
    """The answer with a user's token names the user."""
    user_token_life: PositiveFloat = 3600
    first_sign_in_delay: NonNegativeFloat = 0
    """Seconds that making a user takes; two to five in earnest."""

    upgrade_alias: bool = False
    """Plans are bought at ``/user/{userID}/upgrade`` as well."""
    download_mode: Literal["pdf", "url", "base64"] = "pdf"
    requests_per_second: PositiveFloat | None = None
    """More than these of one key are answered 429; None means no limit."""

    webhook_template: str = WEBHOOK_TEMPLATE
    """The body of an event, invented since none is documented: JSON with ``$event``, ``$id``,
    ``$createdAt``, ``$userID``, ``$resumeID`` and ``$section``."""
    webhook_fault: Literal["none", "duplicate", "reordered", "late", "malformed"] = "none"
    """What goes wrong with events: each comes twice; two come in the wrong order; a minute late;
    cut off in the middle."""
    webhooks_to_strangers: bool = False
    """Events may leave this machine."""

    @field_validator("webhook_template")
    @classmethod
    def _is_json_when_filled(cls, template: str) -> str:
        try:
            json.loads(Template(template).substitute(dict.fromkeys(WEBHOOK_NAMES, "")))
        except KeyError as unknown:
            raise ValueError(f"a webhook has no ${unknown.args[0]}") from None
        return template
