"""Tokens that are got once for many callers, in time, and once more when one is refused."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """What requests are signed with.

    :param good_until: Unix time from which it is not to be used.
    """

    value: str = field(repr=False)
    good_until: float = math.inf


NO_TOKEN = Token("", good_until=-math.inf)


class TokenAuth(httpx.Auth, ABC):
    """Signs requests with a token; gets it before the first, when it is over, and after a refusal.

    One object serves one client, from threads or from one event loop. However
    many callers need a token at once, one of them gets it for all.
    """

    def __init__(self) -> None:
        self._token = NO_TOKEN
        self._thread_lock = threading.Lock()
        self._task_lock = asyncio.Lock()

    @abstractmethod
    def ask(self) -> httpx.Request:
        """The request for a token."""

    @abstractmethod
    def read(self, response: httpx.Response) -> Token:
        """The token in the answer.

        :raises VendorError: there is none.
        """

    @abstractmethod
    def sign(self, request: httpx.Request, token: str) -> httpx.Request:
        """The request with the token in it."""

    @abstractmethod
    def is_refused(self, request: httpx.Request, response: httpx.Response) -> bool:
        """Whether another token may help; the body is there if :meth:`needs_body` wanted it."""

    def needs_token(self, request: httpx.Request) -> bool:
        """Whether a request is to be signed at all."""
        return True

    def needs_body(self, response: httpx.Response) -> bool:
        """Whether only the body tells whether a request was refused."""
        return False

    def attempt(self) -> AbstractContextManager[None]:
        """What is held while a token is got, such as the right to log in."""
        return nullcontext()

    def aattempt(self) -> AbstractAsyncContextManager[None]:
        """As :meth:`attempt`, on an event loop."""
        return nullcontext()

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        if not self.needs_token(request):
            yield request
            return
        refused: Token | None = None
        for _ in range(2):
            with self._thread_lock:
                if self._is_due(refused):
                    with self.attempt():
                        response = yield self.ask()
                        response.read()
                        self._token = self.read(response)
                token = self._token
            response = yield self.sign(request, token.value)
            if self.needs_body(response):
                response.read()
            if not self.is_refused(request, response):
                return
            # Unread, it would keep its connection, and with enough callers the login has none.
            response.read()
            refused = token

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if not self.needs_token(request):
            yield request
            return
        refused: Token | None = None
        for _ in range(2):
            async with self._task_lock:
                if self._is_due(refused):
                    async with self.aattempt():
                        response = yield self.ask()
                        await response.aread()
                        self._token = self.read(response)
                token = self._token
            response = yield self.sign(request, token.value)
            if self.needs_body(response):
                await response.aread()
            if not self.is_refused(request, response):
                return
            await response.aread()  # as above
            refused = token

    def _is_due(self, refused: Token | None) -> bool:
        return self._token is refused or self._token.good_until <= time.time()
