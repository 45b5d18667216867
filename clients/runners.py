"""Two thin ways to send a call: one blocks, one awaits. All meaning is elsewhere."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, closing, nullcontext
from functools import cache, partial
from queue import LifoQueue
from typing import Any, TypeAlias, TypeVar

import httpx
import tenacity

from .api import Api
from .arrivals import Arrival
from .calls import Call
from .errors import TRANSIENT, VendorError
from .flows import Flow
from .limits import pace_of
from .pages import LookAhead, Unseen, items_of
from .safety import SafetyCatch
from .secret_query import AsyncSecretQueryTransport, SecretQueryTransport

T = TypeVar("T")

_Begun: TypeAlias = tuple[list[Any], AsyncGenerator[list[Any], None]]

ATTEMPTS = 4
"""How often a read is sent at most, the first time included."""

LONGEST_PAUSE = 60.0
"""Seconds; a vendor that asks for more is reported instead of waited for."""

SMALL = 8 * 1024
"""Bytes of an answer that is read in less time than it takes to hand it to a thread."""

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


class _Abandoned(Exception):
    """A page is not wanted any more."""


class _Base:
    def __init__(self, api: Api[Any]) -> None:
        self.api = api
        settings = api.settings
        self._pace = pace_of(
            api.vendor,
            settings.base_url,
            settings.login,
            settings.password.get_secret_value(),
            settings.max_requests_per_second,
        )
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
        return self.api.understand(call, self._fetch(call, _sleep))

    def follow(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return its result."""
        return _follow(flow, self._run_step)

    def iterate(self, call: Call[Any]) -> Iterator[Any]:
        """Every item of an index once, in its order.

        Pages with numbers are fetched ahead from the second on, one for each of the
        connection's ``max_connections``; an answer that comes in one piece is read
        while it arrives. A caller that stops early stops the fetching too: nothing
        more is sent, and what is on its way is not waited for.

        :raises VendorError: in the place of the page that failed.
        """
        unseen = Unseen(self.api.key_of)
        for items in self._stream(call) if self.api.reader(call) else self._walk(call):
            yield from unseen(items)

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

    def _fetch(self, call: Call[Any], sleep: Callable[[float], object]) -> httpx.Response:
        """The answer to ``call``, which is no refusal."""
        self.follow(self._safety.check(call))
        if call.endpoint.effect == "read":
            return self._repeating.copy(sleep=sleep)(self._send, call, sleep)
        return self._send(call, sleep)

    def _send(self, call: Call[Any], sleep: Callable[[float], object]) -> httpx.Response:
        request = self.api.render(call)
        client = self._clients.get()
        try:
            sleep(self._pace.reserve())
            client = client or self._new_client()
            response = client.send(request, auth=_auth_of(call))
        except httpx.HTTPError as error:
            raise self.api.lost(call, request, error) from None
        finally:
            self._clients.put(client)
        self.api.check(call, _let_go(response))
        return response

    def _new_client(self) -> httpx.Client:
        transport = self._transport(SecretQueryTransport, 1)
        return httpx.Client(transport=transport, **self._options)

    def _walk(self, call: Call[Any]) -> Iterator[Iterable[Any]]:
        """The records of an index, a page at a time."""
        is_over = threading.Event()
        ahead = LookAhead(self.api, partial(self._start, is_over), drop=Future.cancel)
        try:
            page = self.run(call)
            yield items_of(page)
            while following := ahead.after(call, page):
                call, fetch = following
                page = self.api.understand(call, fetch.result())
                yield items_of(page)
        finally:
            is_over.set()

    def _start(self, is_over: threading.Event, call: Call[Any]) -> Future[httpx.Response]:
        """Fetch the answer to ``call`` beside the caller, who may leave at any time.

        The caller reads it, since until then its bytes take less room than what they mean.
        """
        fetched: Future[httpx.Response] = Future()

        def sleep(seconds: float) -> None:
            if is_over.wait(seconds):
                raise _Abandoned

        def fetch() -> None:
            try:
                response = self._fetch(call, sleep)
            except BaseException as error:
                fetched.set_exception(error)
            else:
                fetched.set_result(response)

        fetched.set_running_or_notify_cancel()
        # A daemon, so that a vendor who does not answer keeps no process from its end.
        threading.Thread(target=fetch, name=f"fetch {call.endpoint}", daemon=True).start()
        return fetched

    def _stream(self, call: Call[Any]) -> Iterator[Iterable[Any]]:
        """The records of an answer in the lots in which they arrive.

        Its connection is its own, so that the caller can use the others meanwhile.
        Until the first records are there, it is repeated as any read is.
        """
        self.follow(self._safety.check(call))
        with self._new_client() as client:
            first, others = self._repeating(self._begin_to_read, client, call)
            yield first
            yield from others

    def _begin_to_read(
        self, client: httpx.Client, call: Call[Any]
    ) -> tuple[list[Any], Iterator[list[Any]]]:
        lots = self._read(client, call)
        return next(lots), lots

    def _read(self, client: httpx.Client, call: Call[Any]) -> Iterator[list[Any]]:
        _sleep(self._pace.reserve())
        request = self.api.render(call)
        try:
            with closing(client.send(request, auth=_auth_of(call), stream=True)) as response:
                arrival = Arrival(self.api, call, response)
                for chunk in response.iter_bytes():
                    if records := arrival.feed(chunk):
                        yield records
                yield arrival.end()
        except httpx.HTTPError as error:
            raise self.api.lost(call, request, error) from None

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
        self._client = self._new_client(api.settings.max_connections)
        self._understood: set[str] = set()
        self._building = asyncio.Lock()
        self._repeating = tenacity.AsyncRetrying(**_REPEAT_READS, sleep=asyncio.sleep)

    async def run(self, call: Call[T]) -> T:
        """Send ``call``; as :meth:`Runner.run`."""
        answer = await self._fetch(call)
        name = call.endpoint.name
        if name in self._understood and len(answer.content) <= SMALL:
            return self.api.understand(call, answer)
        # It takes long, or is the first of its kind, for which models are built, best once:
        # nobody else on this event loop should wait for it.
        async with nullcontext() if name in self._understood else self._building:
            result = await asyncio.to_thread(self.api.understand, call, answer)
        self._understood.add(name)
        return result

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

    async def iterate(self, call: Call[Any]) -> AsyncGenerator[Any, None]:
        """Every item of an index once; as :meth:`Runner.iterate`.

        What is on its way when the caller stops is cancelled.
        """
        unseen = Unseen(self.api.key_of)
        lots = self._stream(call) if self.api.reader(call) else self._walk(call)
        async with aclosing(lots):
            async for items in lots:
                for item in unseen(items):
                    yield item

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _fetch(self, call: Call[Any]) -> httpx.Response:
        """The answer to ``call``, which is no refusal."""
        await self.follow(self._safety.check(call))
        if call.endpoint.effect == "read":
            return await self._repeating(self._send, call)
        return await self._send(call)

    async def _send(self, call: Call[Any]) -> httpx.Response:
        if seconds := self._pace.reserve():
            await asyncio.sleep(seconds)
        request = self.api.render(call)
        try:
            response = await self._client.send(request, auth=_auth_of(call))
        except httpx.HTTPError as error:
            raise self.api.lost(call, request, error) from None
        self.api.check(call, _let_go(response))
        return response

    def _new_client(self, connections: int) -> httpx.AsyncClient:
        transport = self._transport(AsyncSecretQueryTransport, connections)
        return httpx.AsyncClient(transport=transport, **self._client_options(connections))

    async def _walk(self, call: Call[Any]) -> AsyncGenerator[Iterable[Any], None]:
        """The records of an index, a page at a time."""
        ahead = LookAhead(self.api, self._start, drop=asyncio.Task.cancel)
        try:
            page = await self.run(call)
            yield items_of(page)
            while following := ahead.after(call, page):
                call, fetch = following
                page = self.api.understand(call, await fetch)
                yield items_of(page)
        finally:
            ahead.drop()

    def _start(self, call: Call[Any]) -> asyncio.Task[httpx.Response]:
        fetch = asyncio.create_task(self._fetch(call))
        # Nobody may ask for it any more, which asyncio would complain of if it failed.
        fetch.add_done_callback(lambda done: done.cancelled() or done.exception())
        return fetch

    async def _stream(self, call: Call[Any]) -> AsyncGenerator[Iterable[Any], None]:
        """The records of an answer in the lots in which they arrive; as in :class:`Runner`."""
        await self.follow(self._safety.check(call))
        async with self._new_client(connections=1) as client:
            begun: _Begun = await self._repeating(self._begin_to_read, client, call)
            first, others = begun
            async with aclosing(others):
                yield first
                async for records in others:
                    yield records

    async def _begin_to_read(self, client: httpx.AsyncClient, call: Call[Any]) -> _Begun:
        lots = self._read(client, call)
        return await anext(lots), lots

    async def _read(
        self, client: httpx.AsyncClient, call: Call[Any]
    ) -> AsyncGenerator[list[Any], None]:
        if seconds := self._pace.reserve():
            await asyncio.sleep(seconds)
        request = self.api.render(call)
        try:
            response = await client.send(request, auth=_auth_of(call), stream=True)
            async with aclosing(response):
                arrival = Arrival(self.api, call, response)
                async for chunk in response.aiter_bytes():
                    if records := arrival.feed(chunk):
                        yield records
                yield arrival.end()
        except httpx.HTTPError as error:
            raise self.api.lost(call, request, error) from None

    async def _run_step(self, step: Any) -> Any:
        if not isinstance(step, list):
            return await self.run(step)
        # No more at a time than can be sent, so that a long list does not take all the next
        # places in the queue from the other flows of this connection.
        turns = asyncio.Semaphore(self.api.settings.max_connections)
        return await asyncio.gather(*(self._run_or_error(call, turns) for call in step))

    async def _run_or_error(self, call: Call[Any], turns: asyncio.Semaphore) -> Any:
        async with turns:
            try:
                return await self.run(call)
            except VendorError as error:
                return error


def _let_go(response: httpx.Response) -> httpx.Response:
    """``response``, whose bytes go when it goes.

    It and its stream, which has been read, hold each other, so they would stay until the
    garbage collector comes.
    """
    response.stream = httpx.ByteStream(b"")
    return response


def _sleep(seconds: float) -> None:
    """Sleep, but not for nothing, which costs other threads their turn."""
    if seconds:
        time.sleep(seconds)


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
