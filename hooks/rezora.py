"""Rezora: contacts and mailing lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import VendorHook

if TYPE_CHECKING:
    from ..clients.calls import Call
    from ..clients.rezora.api import RezoraApi
    from ..clients.rezora.settings import RezoraSettings


class RezoraHook(VendorHook["RezoraSettings"]):
    """Runs Rezora's calls over an Airflow connection of type ``rezora``.

    The connection's login and password are API credentials, not those of a person.
    An agent's reach contacts and lists, a company's reach its agents: two levels are
    two connections. Nothing is paged; ``iterate`` reads a long answer as it arrives.

    >>> from airflow_talent.clients import rezora
    >>> hook = RezoraHook("rezora_default")
    >>> contact = hook.run(rezora.show_contact("123456"))
    >>> for contact in hook.iterate(rezora.list_contacts()): ...

    :param rezora_conn_id: the Airflow connection.
    """

    vendor = "rezora"
    conn_name_attr = "rezora_conn_id"
    default_conn_name = "rezora_default"
    conn_type = "rezora"
    hook_name = "Rezora"

    def __init__(self, rezora_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(rezora_conn_id, **kwargs)

    @classmethod
    def settings_type(cls) -> type[RezoraSettings]:
        from ..clients.rezora.settings import RezoraSettings

        return RezoraSettings

    @classmethod
    def api_type(cls) -> type[RezoraApi]:
        from ..clients.rezora.api import RezoraApi

        return RezoraApi

    def check_call(self) -> Call[Any]:
        """The lists of an agent, or the agents of a company."""
        from ..clients.rezora import list_agents, list_lists

        return list_agents() if self.settings.level == "company" else list_lists()
