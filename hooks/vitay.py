"""Vitay: reference checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import VendorHook

if TYPE_CHECKING:
    from ..clients.calls import Call
    from ..clients.vitay.api import VitayApi
    from ..clients.vitay.settings import VitaySettings


class VitayHook(VendorHook["VitaySettings"]):
    """Runs Vitay's calls over an Airflow connection of type ``vitay``.

    The connection's login and password are those of a Vitay account without a
    second factor; a supervisor or root recruiter sees all records, a plain
    recruiter their own. Failed logins are counted for the whole host and stop
    after three, since ten lock the account.

    >>> from airflow_talent.clients import vitay
    >>> hook = VitayHook("vitay_default")
    >>> reference = hook.run(vitay.show_reference("r-1"))
    >>> for candidate in hook.iterate(vitay.list_candidates()): ...

    :param vitay_conn_id: the Airflow connection.
    """

    vendor = "vitay"
    conn_name_attr = "vitay_conn_id"
    default_conn_name = "vitay_default"
    conn_type = "vitay"
    hook_name = "Vitay"

    def __init__(self, vitay_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(vitay_conn_id, **kwargs)

    @classmethod
    def settings_type(cls) -> type[VitaySettings]:
        from ..clients.vitay.settings import VitaySettings

        return VitaySettings

    @classmethod
    def api_type(cls) -> type[VitayApi]:
        from ..clients.vitay.api import VitayApi

        return VitayApi

    @classmethod
    def check_call(cls) -> Call[Any]:
        from ..clients.vitay import show_me

        return show_me()
