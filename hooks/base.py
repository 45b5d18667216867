"""From an Airflow connection to a vendor's client."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import quote, quote_plus

from airflow.sdk import BaseHook
from pydantic import SecretStr, ValidationError

from ..clients.errors import VendorError

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from ..clients.api import Api
    from ..clients.calls import Call
    from ..clients.flows import Flow
    from ..clients.runners import AsyncRunner, Runner
    from ..clients.settings import ConnectionSettings

T = TypeVar("T")
S = TypeVar("S", bound="ConnectionSettings")


class ConnectionInvalid(ValueError):
    """A connection's fields cannot be used; the text names the fields and not their values."""


class VendorHook(BaseHook, Generic[S]):
    """Runs a vendor's calls over an Airflow connection, in a task or in a trigger.

    A hook belongs to one task or one event loop and keeps its HTTP connections
    until :meth:`close` or :meth:`aclose`.

    :param conn_id: the Airflow connection. Its host is the whole base URL.
    """

    vendor: ClassVar[str]

    def __init__(self, conn_id: str, *, logger_name: str | None = None) -> None:
        super().__init__(logger_name=logger_name)
        self.conn_id = conn_id
        self._async_runner: AsyncRunner | None = None
        self._making = asyncio.Lock()
        self._leases: Counter[AsyncRunner] = Counter()

    @classmethod
    def settings_type(cls) -> type[S]:
        """The settings that this vendor's connections have."""
        raise NotImplementedError

    @classmethod
    def api_type(cls) -> type[Api[S]]:
        """How this vendor is spoken to."""
        raise NotImplementedError

    def check_call(self) -> Call[Any]:
        """A call without effect that tells whether a connection works."""
        raise NotImplementedError

    def run(self, call: Call[T]) -> T:
        """Send a call and wait for its result.

        :raises VendorError: see :mod:`airflow_talent.clients.errors`.
        """
        return self._runner.run(call)

    def follow(self, flow: Flow[T]) -> T:
        """Run a flow of calls to its result."""
        return self._runner.follow(flow)

    def iterate(self, call: Call[Any]) -> Iterator[Any]:
        """Every item of an index once, in its order; see :meth:`.Runner.iterate`.

        :raises VendorError: in the place of the page that failed.
        """
        return self._runner.iterate(call)

    async def arun(self, call: Call[T]) -> T:
        """Send a call from an event loop, as in a trigger."""
        async with self._lease() as runner:
            return await runner.run(call)

    async def afollow(self, flow: Flow[T]) -> T:
        """Run a flow of calls from an event loop."""
        async with self._lease() as runner:
            return await runner.follow(flow)

    async def aiterate(self, call: Call[Any]) -> AsyncIterator[Any]:
        """Every item of an index, from an event loop."""
        async with self._lease() as runner, aclosing(runner.iterate(call)) as items:
            async for item in items:
                yield item

    def prepare(self, call: Call[Any]) -> None:
        """Fail now if ``call`` cannot be sent over this connection, whatever the vendor says.

        :raises ConnectionInvalid: the connection cannot be used.
        :raises InvalidRequest: a value in the call cannot be written.
        """
        self._runner.api.render(call)

    def get_conn(self) -> Runner:
        """The blocking client."""
        return self._runner

    def check(self) -> None:
        """Make one call without effect.

        :raises VendorError: the connection does not work.
        """
        self.run(self.check_call())

    def test_connection(self) -> tuple[bool, str]:
        """Make one call without effect; what is wrong is said in one sentence."""
        try:
            self.check()
        except (VendorError, ConnectionInvalid) as error:
            return False, str(error)
        finally:
            self.close()
        return True, "The vendor accepted the connection."

    def close(self) -> None:
        """Close the HTTP connections of the blocking client."""
        runner = self.__dict__.pop("_runner", None)
        if runner is not None:
            runner.close()

    async def aclose(self) -> None:
        """Close the HTTP connections of the awaiting client."""
        runner, self._async_runner = self._async_runner, None
        if runner is not None:
            await runner.close()

    async def arefresh(self) -> None:
        """Read the connection again; a client made from other settings is replaced.

        What is being asked over the old client is asked to its end.
        """
        settings = await self._aread_settings()
        async with self._making:
            old = self._async_runner
            if old is not None and old.api.settings == settings:
                return
            self._async_runner = await asyncio.to_thread(self._make_async_runner, settings)
        if old is not None and not self._leases[old]:
            await old.close()

    @cached_property
    def settings(self) -> S:
        """What the connection says."""
        return self._settings_of(self.get_connection(self.conn_id))

    @cached_property
    def _runner(self) -> Runner:
        from airflow.sdk.log import mask_secret

        from ..clients.runners import Runner

        settings = self.settings
        for secret in _secret_forms(settings):
            mask_secret(secret)
        return Runner(self.api_type()(settings))

    async def _arunner(self) -> AsyncRunner:
        async with self._making:
            if self._async_runner is None:
                settings = await self._aread_settings()
                self._async_runner = await asyncio.to_thread(self._make_async_runner, settings)
            return self._async_runner

    @asynccontextmanager
    async def _lease(self) -> AsyncIterator[AsyncRunner]:
        """The awaiting client, kept open while the context lasts, also when it is replaced."""
        runner = await self._arunner()
        self._leases[runner] += 1
        try:
            yield runner
        finally:
            self._leases[runner] -= 1
            if not self._leases[runner]:
                del self._leases[runner]
                if runner is not self._async_runner:
                    await runner.close()

    def _make_async_runner(self, settings: S) -> AsyncRunner:
        """Takes tenths of a second for imports and certificates, so it is kept off event loops."""
        import anyio  # noqa: F401  # which the first request would import on the event loop

        from ..clients.runners import AsyncRunner

        return AsyncRunner(self.api_type()(settings))

    async def _aread_settings(self) -> S:
        from airflow.sdk.log import amask_secret

        settings = self._settings_of(await self.aget_connection(self.conn_id))
        for secret in _secret_forms(settings):
            await amask_secret(secret)
        return settings

    @classmethod
    def _settings_of(cls, connection: Connection) -> S:
        extra = {k: v for k, v in connection.extra_dejson.items() if v not in (None, "")}
        fields: dict[str, Any] = {**extra, "login": connection.login or ""}
        fields["password"] = connection.password or ""
        if connection.host:
            fields["base_url"] = _base_url(connection)
        try:
            return cls.settings_type().model_validate(fields)
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
                for problem in error.errors(include_input=False, include_url=False)
            )
            raise ConnectionInvalid(f"connection {connection.conn_id}: {wrong}") from None


def _base_url(connection: Connection) -> str:
    host = connection.host or ""
    if "://" not in host:
        port = f":{connection.port}" if connection.port else ""
        host = f"{connection.schema or 'https'}://{host}{port}"
    return host


def _secret_forms(settings: ConnectionSettings) -> set[str]:
    """Each way in which the password and other secrets may appear in a request."""
    forms: set[str] = set()
    for value in dict(settings).values():
        secret = value.get_secret_value() if isinstance(value, SecretStr) else ""
        if secret:
            basic = base64.b64encode(f"{settings.login}:{secret}".encode()).decode()
            in_json = json.dumps(secret)[1:-1]
            forms |= {secret, quote(secret, safe=""), quote_plus(secret), in_json, basic}
    return forms
