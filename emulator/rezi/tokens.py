"""Tokens as Rezi gives them out: JWTs signed with a throw-away key."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

AUDIENCE = (
    "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"
)
SERVICE_ACCOUNT = "emulator@rezi-emulator.iam.gserviceaccount.com"


def sign_token(now: datetime, life: float, **claims: str) -> str:
    """A JWT (RS256) in the form of a Firebase custom token."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    payload = {
        "aud": AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(seconds=life)).timestamp()),
        "iss": SERVICE_ACCOUNT,
        "sub": SERVICE_ACCOUNT,
        **claims,
    }
    content = f"{_encode({'alg': 'RS256', 'typ': 'JWT'})}.{_encode(payload)}"
    signature = signing_key().sign(content.encode(), PKCS1v15(), SHA256())
    return f"{content}.{_base64(signature)}"


@cache
def signing_key() -> RSAPrivateKey:
    """One key for as long as the process lives, made when the first token is wanted.

    The library comes with Airflow, so the emulator needs nothing more for it.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _encode(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
