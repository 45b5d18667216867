"""Tokens for Airflow's REST API: from a file, fixed, or by logging in.

https://airflow.apache.org/docs/apache-airflow/stable/security/api.html
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import httpx

if TYPE_CHECKING:
    from .settings import AirflowSettings

RENEW_BEFORE = 60.0
"""Seconds before a token ends at which a new one is fetched."""

REMEMBER_REFUSAL = 10.0
"""Seconds in which a refused name and password is not tried again: auth managers lock accounts."""


class LoginRefused(Exception):
    """Airflow does not accept a login; the text names the setting to correct."""


class LoginUnclear(Exception):
    """Something else than Airflow answers a login, such as a page about maintenance; worth trying
    again."""


class TokenSource(Protocol):
    """Where tokens come from."""

    hint: str
    """The setting to correct when Airflow refuses the token."""

    async def token(self, *, refused: str | None = None) -> str:
        """A token to use.

        :param refused: The token that Airflow has just refused.
        :raises LoginRefused: there is no other.
        :raises LoginUnclear: what answers gives none.
        """
        ...


class FixedToken:
    """`TALENT_AIRFLOW_TOKEN`."""

    hint = "TALENT_AIRFLOW_TOKEN"

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, *, refused: str | None = None) -> str:
        if refused == self._token:
            raise LoginRefused("Airflow refuses TALENT_AIRFLOW_TOKEN")
        return self._token


class TokenFile:
    """A file that holds a token, read again when it changes.

    :param setting: What names the file, for the one who has to correct it.
    """

    def __init__(self, path: str, *, setting: str = "TALENT_AIRFLOW_TOKEN_FILE") -> None:
        self.hint = setting
        self._path = Path(path)
        self._token = ""
        self._version: tuple[int, int, int] | None = None

    async def token(self, *, refused: str | None = None) -> str:
        try:
            stat = self._path.stat()
            # Orchestrators swap mounted secrets by renaming, which may keep the old times.
            version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if version != self._version:
                self._token = self._path.read_text(encoding="utf-8").strip()
                self._version = version
        except (OSError, ValueError):
            raise LoginRefused(f"the token file of {self.hint} cannot be read") from None
        if not self._token or refused == self._token:
            raise LoginRefused(f"Airflow refuses the token in the file of {self.hint}")
        return self._token


class Login(httpx.Auth):
    """Adds the token to every request, and sends it once more with a new token when Airflow
    refuses the first.
    """

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._source.token()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return
        token = await self._source.token(refused=token)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise LoginRefused(f"Airflow refuses the token of {self._source.hint}")


class PasswordLogin:
    """Name and password: one login for many callers, a new one shortly before the token ends or
    when it was refused.

    :param setting: What holds them, for the one who has to correct it.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        username: str,
        password: str,
        *,
        setting: str = "TALENT_AIRFLOW_USERNAME and TALENT_AIRFLOW_PASSWORD",
    ) -> None:
        self.hint = setting
        self._http = http
        self._credentials = {"username": username, "password": password}
        self._token = ""
        self._renew_at = 0.0
        self._refused_at = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def token(self, *, refused: str | None = None) -> str:
        async with self._one_at_a_time:
            if self._token in ("", refused) or time.time() >= self._renew_at:
                await self._log_in()
            return self._token

    async def _log_in(self) -> None:
        if time.monotonic() < self._refused_at + REMEMBER_REFUSAL:
            raise LoginRefused(f"Airflow refuses {self.hint}")
        response = await self._http.post("/auth/token", json=self._credentials, auth=_NO_LOGIN)
        if response.status_code in (400, 401, 403, 422):
            self._refused_at = time.monotonic()
            raise LoginRefused(f"Airflow refuses {self.hint}")
        response.raise_for_status()
        self._token = _read_token(response)
        self._renew_at = renewal_time(self._token, now=time.time())


def _read_token(response: httpx.Response) -> str:
    try:
        token = response.json()["access_token"]
    except (KeyError, TypeError, ValueError):
        token = None
    if not isinstance(token, str) or not token:
        raise LoginUnclear
    return token


_NO_LOGIN = httpx.Auth()
"""Sends the request as it is: the login itself must not ask for a token."""


def renewal_time(token: str, *, now: float) -> float:
    """When to fetch the next token, in seconds since 1970: a minute before this one ends, or
    halfway for short ones; never for one that does not say when it ends."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        ends = float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return float("inf")
    return max(ends - RENEW_BEFORE, now + (ends - now) / 2)


def choose_login(settings: AirflowSettings, http: httpx.AsyncClient) -> Login:
    """The login that the settings describe."""
    if settings.talent_airflow_token:
        return Login(FixedToken(settings.talent_airflow_token.get_secret_value()))
    if settings.talent_airflow_token_file:
        return Login(TokenFile(settings.talent_airflow_token_file))
    password = settings.talent_airflow_password
    assert settings.talent_airflow_username  # noqa: S101 - Settings have seen to it
    assert password  # noqa: S101
    return Login(PasswordLogin(http, settings.talent_airflow_username, password.get_secret_value()))
