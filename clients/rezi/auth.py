"""The key of a partner, sent as it is or exchanged for tokens of 15 minutes."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING

import httpx

from ..errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    VendorError,
    VendorUnavailable,
)
from ..tokens import Token, TokenAuth
from .calls import show_access_token
from .tokens import expiry_of

if TYPE_CHECKING:
    from .api import ReziApi
    from .settings import AuthHeader, ReziSettings

HEADERS: Mapping[str, tuple[str, ...]] = {
    "authentication": ("Authentication",),
    "authorization": ("Authorization",),
    "both": ("Authentication", "Authorization"),
}

EARLY = 60.0
"""Seconds before its end at which a token is exchanged for another."""

LONGEST_REFUSAL = 64 * 1024
"""Bytes of an answer that may be nothing but a refusal."""


def sign(request: httpx.Request, secret: str, auth_header: AuthHeader) -> httpx.Request:
    """Add a key or token where the connection says.

    :raises AuthenticationFailed: there is none, or it cannot be one.
    """
    secret = secret.strip()
    if not secret or not secret.isascii() or not secret.isprintable():
        raise AuthenticationFailed(
            "the connection has no private token that could be sent; correct its password",
            vendor="rezi",
        )
    for name in HEADERS[auth_header]:
        request.headers[name] = f"Bearer {secret}"
    return request


class KeyAuth(httpx.Auth):
    """Sends the long-lived key itself."""

    def __init__(self, settings: ReziSettings) -> None:
        self._settings = settings

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        yield sign(request, self._settings.password.get_secret_value(), self._settings.auth_header)


class ShortLivedAuth(TokenAuth):
    """Exchanges the key for a token a minute before each is over, and once after a refusal."""

    def __init__(self, api: ReziApi) -> None:
        super().__init__()
        self._api = api
        self._exchange = show_access_token()

    def ask(self) -> httpx.Request:
        return self._api.render(self._exchange)

    def sign(self, request: httpx.Request, token: str) -> httpx.Request:
        return sign(request, token, self._api.settings.auth_header)

    def needs_token(self, request: httpx.Request) -> bool:
        """All but the exchange itself, which is signed with the key."""
        return not any(name in request.headers for name in HEADERS["both"])

    def needs_body(self, response: httpx.Response) -> bool:
        """A refusal inside a 200 is short; what is long is read elsewhere, while it arrives."""
        length = response.headers.get("Content-Length", "0")
        return response.is_success and length.isdecimal() and int(length) <= LONGEST_REFUSAL

    def is_refused(self, request: httpx.Request, response: httpx.Response) -> bool:
        is_read = self.needs_body(response)
        if request.method != "GET":
            # A word in a sentence is not enough to buy something a second time.
            told = is_read and b"jwt" in response.content.lower()
            return response.status_code == httpx.codes.UNAUTHORIZED or told
        status = self._api.status_of(response) if is_read else response.status_code
        return status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)

    def read(self, response: httpx.Response) -> Token:
        try:
            answer = self._api.decode(self._exchange, response)
        except AuthenticationFailed:
            raise self._error(
                AuthenticationFailed,
                "the private token was refused; correct the connection",
                response,
            ) from None
        except NotFound:
            raise self._error(
                InvalidRequest,
                "there is no token exchange below the base URL; correct the connection's host",
                response,
            ) from None
        except OutcomeUnknown:
            raise self._error(VendorUnavailable, "no token was given", response) from None
        return Token(answer.access_token, good_until=expiry_of(answer, now=time.time()) - EARLY)

    def _error(self, kind: type[VendorError], reason: str, response: httpx.Response) -> VendorError:
        name = self._exchange.endpoint.name
        return kind(reason, vendor=self._api.vendor, call=name, status=response.status_code)
