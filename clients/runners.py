"""Two thin ways to send a call: one blocks, one awaits. All meaning is elsewhere."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from queue import LifoQueue
from typing import Any, TypeVar, cast

import httpx
import tenacity

from .api import Api
from .calls import Call
from .errors import TRANSIENT, VendorError
from .flows import Flow
from .limits import Pace
from .safety import SafetyCatch
from .secret_query import AsyncSecretQueryTransport, SecretQueryTransport

T = TypeVar("T")

ATTEMPTS = 4
"""How often a read is sent at most, the first time included."""

LONGEST_PAUSE = 60.0
"""Seconds; a vendor that asks for more is reported instead of waited for."""

RECENT = 500
"""Ids of an index that are remembered while it is read, some pages of them."""

BACKOFF = tenacity.wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE)
"""How long a read waits before it is repeated, where the vendor does not say."""


def _pause(state: tenacity.RetryCallState) -> float:
    asked = _error_of(state).retry_after
    return BACKOFF(state) if asked is None else asked


def _may_repeat(error: BaseException) -> bool:
    return isinstance(error, TRANSIENT) and (error.retry_after or 0) <= LONGEST_PAUSE


def _error_of(state: tenacity.RetryCallState) -> VendorError:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, VendorError) else VendorError("no error")


_REPEAT_READS: dict[str, Any] = {
    "retry": tenacity.retry_if_exception(_may_repeat),
    "wait": _pause,
    "stop": tenacity.stop_after_attempt(ATTEMPTS),
    "reraise": True,
}


@cache
def _tls() -> ssl.SSLContext:
    """Made once, because reading the certificates takes longer than a request."""
    return httpx.create_ssl_context()


class _Base:
    def __init__(self, api: Api[Any]) -> None:
        self.api = api
        self._pace = Pace(api.settings.max_requests_per_second)
        self._safety = SafetyCatch(api.settings)

    def _client_options(self, connections: int) -> dict[str, Any]:
        return {
            "auth": self.api.auth(),
            "timeout": self.api.settings.timeout,
            **self._network_options(connections),
        }

    def _network_options(self, connections: int) -> dict[str, Any]:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        return {"limits": limits, "verify": _tls()}

    def _transport(self, kind: Callable[..., Any], connections: int) -> Any:
        """The transport of a client, None for httpx's own."""
        secrets = self.api.secret_query()
        if not secrets:
            return None
        return kind(secrets, self.api.settings.base_url, **self._network_options(connections))


class Runner(_Base):
    """Sends calls and waits for the answers. Safe to share between threads.

    Each of its connections is a client that one thread has for itself at a time:
    a pool shared by threads may close a connection under a request that has just
    been sent (encode/httpcore#1110), whose outcome would then be unknown.

    >>> with Runner(VitayApi(settings)) as runner:
    ...     reference = runner.run(show_reference("r-1"))
    """

    def __init__(self, api: Api[Any]) -> None:
        super().__init__(api)
        self._options = self._client_options(connections=1)
        self._clients: LifoQueue[httpx.Client | None] = LifoQueue()
        for _ in range(api.settings.max_connections):
            self._clients.put(None)
        self._repeating = tenacity.Retrying(**_REPEAT_READS, sleep=time.sleep)

    def run(self, call: Call[T]) -> T:
        """Send ``call``; reads are repeated after a passing fault, anything else is sent once.

        :raises VendorError: see :mod:`.errors`.
        """
        self.follow(self._safety.check(call))
        if call.endpoint.effect == "read":
            return cast("T", self._repeating(self._send, call))
        return self._send(call)

    def follow(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return its result."""
        return _follow(flow, self._run_step)

    def iterate(self, call: Call[Any]) -> Iterator[Any]:
        """Every item of every page once, one page held at a time."""
        unseen = _Unseen(self.api.key_of)
        following: Call[Any] | None = call
        while following is not None:
            page = self.run(following)
            yield from unseen(_items_of(page))
            following = self.api.next_page(following, page)

    def close(self) -> None:
        """Close the connections that are not in use."""
        for client in [self._clients.get() for _ in range(self._clients.qsize())]:
            if client is not None:
                client.close()
            self._clients.put(None)

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, call: Call[T]) -> T:
        if seconds := self._pace.reserve():
            time.sleep(seconds)
        request = self.api.render(call)
        client = self._clients.get()
        try:
            client = client or httpx.Client(
                transport=self._transport(SecretQueryTransport, 1), **self._options
            )
            response = client.send(request, auth=_auth_of(call))
        except httpx.HTTPError as error:
            raise self.api.lost(call, request, error) from None
        finally:
            self._clients.put(client)
        return self.api.decode(call, response)

    def _run_step(self, step: Any) -> Any:
        if not isinstance(step, list):
            return self.run(step)
        with ThreadPoolExecutor(max_workers=self.api.settings.max_connections) as threads:
            return list(threads.map(self._run_or_error, step))

    def _run_or_error(self, call: Call[Any]) -> Any:
        try:
            return self.run(call)
        except VendorError as error:
            return error


class AsyncRunner(_Base):
    """Sends calls from an event loop. Belongs to the loop it is first used on."""

    def __init__(self, api: Api[Any]) -> None:
        super().__init__(api)
        connections = api.settings.max_connections
        self._client = httpx.AsyncClient(
            transport=self._transport(AsyncSecretQueryTransport, connections),
            **self._client_options(connections),
        )
        self._repeating = tenacity.AsyncRetrying(**_REPEAT_READS, sleep=asyncio.sleep)

    async def run(self, call: Call[T]) -> T:
        """Send ``call``; as :meth:`Runner.run`."""
        await self.follow(self._safety.check(call))
        if call.endpoint.effect == "read":
            return await self._repeating(self._send, call)
        return await self._send(call)

    async def follow(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return its result."""
        try:
            step = next(flow)
            while True:
                try:
                    result = await self._run_step(step)
                except VendorError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # StopIteration is not generic

    async def iterate(self, call: Call[Any]) -> AsyncIterator[Any]:
        """Every item of every page once, one page held at a time."""
        unseen = _Unseen(self.api.key_of)
        following: Call[Any] | None = call
        while following is not None:
            page = await self.run(following)
            for item in unseen(_items_of(page)):
                yield item
            following = self.api.next_page(following, page)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _send(self, call: Call[T]) -> T:
        if seconds := self._pace.reserve():
            await asyncio.sleep(seconds)
        request = self.api.render(call)
        try:
            response = await self._client.send(request, auth=_auth_of(call))
        except httpx.HTTPError as error:
            raise self.api.lost(call, request, error) from None
        return self.api.decode(call, response)

    async def _run_step(self, step: Any) -> Any:
        if not isinstance(step, list):
            return await self.run(step)
        return await asyncio.gather(*(self._run_or_error(call) for call in step))

    async def _run_or_error(self, call: Call[Any]) -> Any:
        try:
            return await self.run(call)
        except VendorError as error:
            return error


class _Unseen:
    """Lets each record through once, since pages may shift while they are read.

    A shift brings back what stood at the end of the page before, so the ids of the
    last pages are enough, and memory does not grow with the index.
    """

    def __init__(self, key_of: Callable[[Any], str | None]) -> None:
        self._key_of = key_of
        self._recent: deque[str] = deque(maxlen=RECENT)

    def __call__(self, items: Iterable[Any]) -> Iterator[Any]:
        known = set(self._recent)
        for item in items:
            key = self._key_of(item)
            if key in known:
                continue
            if key is not None:
                known.add(key)
                self._recent.append(key)
            yield item


def _items_of(page: Any) -> Iterable[Any]:
    """The records of a page; a vendor that does not page gives all of them as a list."""
    return page if isinstance(page, list) else page.items


def _auth_of(call: Call[Any]) -> Any:
    return None if call.endpoint.is_public else httpx.USE_CLIENT_DEFAULT


def _follow(flow: Flow[T], run_step: Callable[[Any], Any]) -> T:
    try:
        step = next(flow)
        while True:
            try:
                result = run_step(step)
            except VendorError as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # StopIteration is not generic
