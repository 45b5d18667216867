"""Logging in to Vitay: lazily, once for many callers, and never often enough to be locked out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator
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
from .calls import login

if TYPE_CHECKING:
    from .api import VitayApi


class VitayAuth(httpx.Auth):
    """Adds the Bearer token; logs in before the first request and once more after a 401.

    One object serves one client, from threads or from one event loop. Failed
    logins are counted for the whole host, because ten in a row lock the account.
    """

    def __init__(self, api: VitayApi) -> None:
        settings = api.settings
        self._api = api
        self._token: str | None = None
        self._thread_lock = threading.Lock()
        self._task_lock = asyncio.Lock()
        self._record = LoginRecord(
            api.vendor, settings.base_url, settings.login, settings.password.get_secret_value()
        )
        self._login = login(settings.login, settings.password.get_secret_value())

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        stale: str | None = None
        for _ in range(2):
            with self._thread_lock:
                if self._token == stale:
                    with self._record.attempt():
                        response = yield self._api.render(self._login)
                        response.read()
                        self._token = self._read_token(response)
                token = self._token
            response = yield _signed(request, token or "")
            if not _wants_new_login(request, response):
                return
            # Unread, it would keep its connection, and with enough callers the login has none.
            response.read()
            stale = token

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        stale: str | None = None
        for _ in range(2):
            async with self._task_lock:
                if self._token == stale:
                    async with self._record.aattempt():
                        response = yield self._api.render(self._login)
                        await response.aread()
                        self._token = self._read_token(response)
                token = self._token
            response = yield _signed(request, token or "")
            if not _wants_new_login(request, response):
                return
            await response.aread()  # as above
            stale = token

    def _read_token(self, response: httpx.Response) -> str:
        try:
            return self._api.decode(self._login, response).token
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


def _signed(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _wants_new_login(request: httpx.Request, response: httpx.Response) -> bool:
    """Whether a new token may help; a public form that refuses an act refuses it again."""
    if response.status_code != httpx.codes.UNAUTHORIZED:
        return False
    return request.method == "GET" or "/public/" not in request.url.path
