"""Steer an emulator over HTTP, from the same process or another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx


class Emulator:
    """A running emulator and its control surface.

    Every method speaks HTTP, so it works across processes. A request that the emulator does not
    take raises ``EmulatorError`` with the emulator's own sentence.

    :param url: where the emulator is, as ``http://127.0.0.1:8700``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=f"{url}/_emulator/", timeout=30, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def environment(self) -> dict[str, str]:
        """Environment variables that point Airflow's connections and the bot at this emulator."""
        return self._ask("GET", "environment")

    def reset(self) -> None:
        """First records, default settings, no faults, the real clock."""
        self._ask("POST", "reset")

    def settings(self, **vendors: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings, as ``settings(vitay={"auto": True})``; answers all of them."""
        return self._ask("POST", "settings", vendors)

    def advance(self, seconds: float) -> str:
        """Let time pass in the emulated world; answers its new time (ISO 8601)."""
        return str(self._ask("POST", "clock", {"advance": seconds})["now"])

    def set_clock(self, now: str) -> str:
        """Set the emulated world's time (ISO 8601; UTC when it has no offset)."""
        return str(self._ask("POST", "clock", {"now": now})["now"])

    def fault(
        self,
        vendor: str,
        method: str | None,
        path: str,
        fault: str,
        *,
        times: int | None = 1,
        **more: Any,
    ) -> None:
        """Spoil the next fitting requests.

        :param method: None for any.
        :param path: a regular expression for the vendor's own path, without its prefix.
        :param fault: a name from :data:`.faults.FaultName`.
        :param times: how many requests; None for all that will come.
        :param more: ``code`` and ``retry_after`` of ``status``, ``seconds`` of ``stall``.
        """
        wanted = {"vendor": vendor, "method": method, "path": path, "fault": fault, "times": times}
        self._ask("POST", "faults", {**wanted, **more})

    def clear_faults(self) -> None:
        """Take back the faults that have not happened yet."""
        self._ask("DELETE", "faults")

    def requests(self, vendor: str | None = None) -> list[dict[str, Any]]:
        """The requests vendors got, oldest first: at, vendor, method, path, status."""
        return self._list("requests", vendor)

    def outbox(self, vendor: str | None = None) -> list[dict[str, Any]]:
        """What people would have got, oldest first: at, vendor, kind, to, subject, record_id."""
        return self._list("outbox", vendor)

    def deliveries(self, vendor: str | None = None) -> list[dict[str, Any]]:
        """The webhook events sent, oldest first: at, vendor, event, status."""
        return self._list("deliveries", vendor)

    def records(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """What each vendor holds, as tables of rows."""
        return self._ask("GET", "records")

    def webhook(self, vendor: str, url: str | None, mode: str = "") -> None:
        """Have a vendor send its events to an address; None stops it."""
        self._ask("POST", "webhooks", {"vendor": vendor, "url": url, "mode": mode})

    def act(self, path: str, **body: Any) -> dict[str, Any]:
        """Have a person act, as ``act(f"vitay/references/{reference_id}/fill", answers=[…])``."""
        return self._ask("POST", path, body)

    def _list(self, what: str, vendor: str | None) -> list[dict[str, Any]]:
        query = {} if vendor is None else {"vendor": vendor}
        kept: list[dict[str, Any]] = self._ask("GET", what, query=query)[what]
        return kept

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        answer = self._client.request(method, path, json=body, params=query)
        if answer.is_error:
            raise EmulatorError(f"{method} /_emulator/{path}: {answer.status_code} {answer.text}")
        read: dict[str, Any] = answer.json()
        return read


class EmulatorError(Exception):
    """The emulator did not take a request; the message says why."""
