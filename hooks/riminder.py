"""Riminder: resume parsing and scoring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import VendorHook

if TYPE_CHECKING:
    from ..clients.riminder.api import RiminderApi
    from ..clients.riminder.settings import RiminderSettings


class RiminderHook(VendorHook["RiminderSettings"]):
    """Runs Riminder's calls over an Airflow connection of type ``riminder``.

    The connection's password is an API secret key. A key may read and write, only
    read, or only write; two keys are two connections.

    >>> from airflow_talent.clients import riminder
    >>> from airflow_talent.clients.riminder.lookups import find_source
    >>> hook = RiminderHook("riminder_default")
    >>> source_id = hook.follow(find_source("Careers website"))
    >>> for profile in hook.iterate(riminder.list_profiles([source_id])): ...

    :param riminder_conn_id: the Airflow connection.
    """

    vendor = "riminder"
    conn_name_attr = "riminder_conn_id"
    default_conn_name = "riminder_default"
    conn_type = "riminder"
    hook_name = "Riminder"

    def __init__(self, riminder_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(riminder_conn_id, **kwargs)

    @classmethod
    def settings_type(cls) -> type[RiminderSettings]:
        from ..clients.riminder.settings import RiminderSettings

        return RiminderSettings

    @classmethod
    def api_type(cls) -> type[RiminderApi]:
        from ..clients.riminder.api import RiminderApi

        return RiminderApi

    def check(self) -> None:
        from ..clients.riminder.lookups import check_key

        self.follow(check_key())
