"""Rezi: resumes, and the plans of those who write them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .base import ConnectionInvalid, VendorHook

if TYPE_CHECKING:
    from ..clients.calls import Call
    from ..clients.rezi.api import ReziApi
    from ..clients.rezi.settings import ReziSettings

T = TypeVar("T")


class ReziHook(VendorHook["ReziSettings"]):
    """Runs Rezi's calls over an Airflow connection of type ``rezi``.

    The connection's password is the partner's private token API key. Its login may
    be any name that tells one account, or a test key, from another: what was bought
    lately is remembered by base URL and login.

    >>> from airflow_talent.clients import rezi
    >>> hook = ReziHook("rezi_default")
    >>> resume = hook.run(rezi.show_resume("r-1"))
    >>> pdf = hook.run(rezi.download_resume("r-1"))

    :param rezi_conn_id: the Airflow connection.
    """

    vendor = "rezi"
    conn_name_attr = "rezi_conn_id"
    default_conn_name = "rezi_default"
    conn_type = "rezi"
    hook_name = "Rezi"

    def __init__(self, rezi_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(rezi_conn_id, **kwargs)

    @classmethod
    def settings_type(cls) -> type[ReziSettings]:
        from ..clients.rezi.settings import ReziSettings

        return ReziSettings

    @classmethod
    def api_type(cls) -> type[ReziApi]:
        from ..clients.rezi.api import ReziApi

        return ReziApi

    def check_call(self) -> Call[Any]:
        from ..clients.rezi import list_users

        return list_users()

    def run(self, call: Call[T]) -> T:
        """Send a call; a file that Rezi stores elsewhere is fetched from there, without the key.

        :raises VendorError: see :mod:`airflow_talent.clients.errors`.
        """
        from ..clients.rezi.files import FileElsewhere, fetch_file

        try:
            return super().run(call)
        except FileElsewhere as elsewhere:
            return cast("T", fetch_file(elsewhere.url, base_url=self.settings.base_url))

    async def arun(self, call: Call[T]) -> T:
        """As :meth:`run`, from an event loop."""
        from ..clients.rezi.files import FileElsewhere, fetch_file

        try:
            return await super().arun(call)
        except FileElsewhere as elsewhere:
            runner = await self._arunner()
            base_url = runner.api.settings.base_url
            return cast("T", await asyncio.to_thread(fetch_file, elsewhere.url, base_url=base_url))

    def uid_of(self, email: str) -> str:
        """The ``uid`` that a user signs in with; see :func:`airflow_talent.clients.rezi.uid_of`.

        :raises ConnectionInvalid: the connection has no ``uid_secret``.
        """
        from ..clients.rezi import uid_of

        try:
            return uid_of(email, self.settings.uid_secret.get_secret_value())
        except ValueError as error:
            raise ConnectionInvalid(f"connection {self.conn_id}: {error}") from None
