"""Digest authentication as Rezora has it. Source: fact sheet section 3."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator

import httpx

from ..errors import AuthenticationFailed
from .settings import RezoraSettings

UNUSABLE_CHALLENGE = (httpx.ProtocolError, NotImplementedError, KeyError, ValueError)
"""What httpx raises for a challenge that it cannot read or answer, ``auth-int`` for one."""


class RezoraAuth(httpx.Auth):
    """Answers Digest challenges, and no others, once per request.

    A nonce is used again with a rising count, so ``n`` calls need ``n + 1`` requests.
    It belongs to one request at a time, since the counts of requests that overtake
    each other would not arrive in their order; who finds none idle is challenged for
    another. So there are as many as connections, and threads and tasks may share this
    object.
    """

    def __init__(self, settings: RezoraSettings) -> None:
        self._settings = settings
        self._idle: list[httpx.DigestAuth] = []
        self._turns = asyncio.Semaphore(settings.max_connections)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        digest = self._take()
        flow = digest.auth_flow(request)
        try:
            signed = next(flow)
            while True:
                response = yield self._as_documented(signed)
                _refuse_others(response)
                signed = flow.send(response)
        except StopIteration:
            pass
        except UNUSABLE_CHALLENGE as error:
            raise _refusal(f"its Digest challenge is not usable ({type(error).__name__})") from None
        finally:
            self._idle.append(digest)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        # Tasks would queue for a connection only after they have taken a nonce; threads do before.
        async with self._turns:
            flow = self.auth_flow(request)
            try:
                signed = next(flow)
                while True:
                    signed = flow.send((yield signed))
            except StopIteration:
                return
            finally:
                flow.close()

    def _take(self) -> httpx.DigestAuth:
        try:
            return self._idle.pop()
        except IndexError:
            password = self._settings.password.get_secret_value()
            return httpx.DigestAuth(self._settings.login, password)

    def _as_documented(self, request: httpx.Request) -> httpx.Request:
        if self._settings.digest_quote_qop and (header := request.headers.get("Authorization")):
            request.headers["Authorization"] = header.replace("qop=auth,", 'qop="auth",')
        return request


def _refuse_others(response: httpx.Response) -> None:
    """Refuse a server that asks for anything but Digest, Basic above all: it is the password."""
    if response.status_code != httpx.codes.UNAUTHORIZED:
        return
    challenges = response.headers.get_list("WWW-Authenticate")
    if challenges and not any(each.lower().startswith("digest ") for each in challenges):
        raise _refusal("it asks for another way to log in than Digest")


def _refusal(reason: str) -> AuthenticationFailed:
    return AuthenticationFailed(
        f"no login, because {reason}; check the base URL of the connection",
        vendor="rezora",
        status=httpx.codes.UNAUTHORIZED,
    )
