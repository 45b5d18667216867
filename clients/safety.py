"""The safety catch: what a connection's settings forbid is refused before it is sent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Any

from .calls import Call
from .errors import BlockedBySafety, DryRun, VendorError
from .flows import Flow
from .settings import ConnectionSettings

log = logging.getLogger(__name__)

CONTACTS_PEOPLE = ("message", "money")
"""Effects that somebody hears of, or pays for."""


class SafetyCatch:
    """Checks every call of one client against its connection's settings."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._messages = 0
        self._lock = threading.Lock()

    def check(self, call: Call[Any]) -> Flow[None]:
        """Raise unless ``call`` may be sent; reads the recipients' addresses when it must.

        :raises DryRun: the mode is ``dry_run``.
        :raises BlockedBySafety: any other setting forbids the call.
        """
        effect = call.endpoint.effect
        if reason := self._settings.forbids(call):
            raise self._blocked(call, f"not sent, because {reason}")
        if self._settings.mode == "dry_run":
            log.info("Dry run: would send %s %s", call.endpoint.method, call.endpoint.path)
            raise self._blocked(call, "not sent, because the connection's mode is dry_run", DryRun)
        if effect == "read":
            return
        if self._settings.mode == "read_only":
            raise self._blocked(call, "not sent, because the connection's mode is read_only")
        if effect in CONTACTS_PEOPLE or call.recipients is not None:
            yield from self._check_recipients(call)
            # A write has recipients where it decides who will hear from somebody else.
            if effect != "write":
                self._count_message(call)

    def _check_recipients(self, call: Call[Any]) -> Flow[None]:
        allowed = self._settings.allowed_recipients
        if not allowed:
            return
        if call.recipients is None:
            raise self._blocked(
                call,
                "not sent, because it cannot be known whom it writes to "
                "and the connection has allowed_recipients",
            )
        recipients = yield from call.recipients()
        if not recipients or not all(is_allowed(address, allowed) for address in recipients):
            raise self._blocked(
                call,
                "not sent, because a recipient is not among the connection's allowed_recipients",
            )

    def _count_message(self, call: Call[Any]) -> None:
        most = self._settings.max_messages_per_run
        with self._lock:
            if self._messages < most:
                self._messages += 1
                return
        raise self._blocked(
            call, f"not sent, because this task has used up max_messages_per_run ({most})"
        )

    def _blocked(
        self, call: Call[Any], reason: str, kind: type[VendorError] = BlockedBySafety
    ) -> VendorError:
        return kind(reason, vendor=call.endpoint.vendor, call=call.endpoint.name)


def is_allowed(address: str, allowed: Iterable[str]) -> bool:
    """Whether ``address`` is one of ``allowed``: whole addresses, or domains with or without ``@``.

    A domain does not include its subdomains. What is not exactly one address is not allowed.
    """
    address = address.strip().lower()
    if address.count("@") != 1 or set(address) & set(" ,;<>"):
        return False
    domain = address.rpartition("@")[2]
    for entry in allowed:
        entry = entry.strip().lower()
        local, _, entry_domain = entry.rpartition("@")
        if (address == entry) if local else (domain == entry_domain):
            return True
    return False
