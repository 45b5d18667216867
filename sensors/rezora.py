"""Waiting for contacts at Rezora. Nothing here contacts anybody."""

from __future__ import annotations

from typing import Any, ClassVar

from ..hooks.rezora import RezoraHook
from .base import WaitSensor


class RezoraContactExistsSensor(WaitSensor):
    """Waits until somebody with an e-mail address is a contact.

    Returns ``{"contact_id", "is_self", "is_unsubscribed"}``. Rezora cannot search, so
    each look reads all contacts; one look serves all tasks that wait on the same
    connection. The address stands in no log: messages name the contact by a digest.
    Airflow itself keeps it with the task's rendered fields and, while the task is
    deferred, with its trigger, encrypted by Airflow's Fernet key.

    :param email_address: whatever its case (templated).
    :param rezora_conn_id: the Airflow connection, of an agent.
    :raises WaitTimedOut: the time is over.

    Source: fact sheet section 7.4.
    """

    template_fields = ("email_address", "give_up_after")
    vendor = "rezora"
    ui_color = "#f0e8e4"
    trigger_path: ClassVar[str] = "airflow_talent.triggers.rezora.RezoraContactExistsTrigger"

    def __init__(
        self,
        *,
        email_address: str,
        rezora_conn_id: str = RezoraHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            conn_id=rezora_conn_id, arguments={"email_address": email_address}, **kwargs
        )
        self.rezora_conn_id = rezora_conn_id
