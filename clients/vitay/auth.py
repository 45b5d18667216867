"""Logging in to Vitay: lazily, once for many callers, and never often enough to be locked out."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager
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
from ..logins import LoginRecord
from ..tokens import Token, TokenAuth
from .calls import login

if TYPE_CHECKING:
    from .api import VitayApi


class VitayAuth(TokenAuth):
    """Adds the Bearer token; logs in before the first request and once more after a 401.

    Failed logins are counted for the whole host, because ten in a row lock the account.
    """

    def __init__(self, api: VitayApi) -> None:
        super().__init__()
        settings = api.settings
        self._api = api
        self._record = LoginRecord(
            api.vendor, settings.base_url, settings.login, settings.password.get_secret_value()
        )
        self._login = login(settings.login, settings.password.get_secret_value())

    def ask(self) -> httpx.Request:
        return self._api.render(self._login)

    def sign(self, request: httpx.Request, token: str) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    def is_refused(self, request: httpx.Request, response: httpx.Response) -> bool:
        """Whether a new login may help; a public form that refuses an act refuses it again."""
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return False
        return request.method == "GET" or "/public/" not in request.url.path

    def attempt(self) -> AbstractContextManager[None]:
        return self._record.attempt()

    def aattempt(self) -> AbstractAsyncContextManager[None]:
        return self._record.aattempt()

    def read(self, response: httpx.Response) -> Token:
        try:
            return Token(self._api.decode(self._login, response).token)
        except AuthenticationFailed:
            raise self._error(
                AuthenticationFailed,
                "the e-mail or the password was refused; correct the connection",
                response,
            ) from None
        except NotFound:
            raise self._error(
                InvalidRequest,
                "there is no login below the base URL; correct the connection's host",
                response,
            ) from None
        except OutcomeUnknown:
            raise self._error(VendorUnavailable, "no login was possible", response) from None

    def _error(self, kind: type[VendorError], reason: str, response: httpx.Response) -> VendorError:
        name = self._login.endpoint.name
        return kind(reason, vendor=self._api.vendor, call=name, status=response.status_code)
