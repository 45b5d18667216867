"""The emulated Rezora as an agent, a company, and the people who get their mail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx

from airflow_talent.clients.rezora.settings import RezoraSettings
from airflow_talent.emulator.client import Emulator

SELF, JANE, BOB, ZOE = "123456", "123457", "123458", "123459"
"""Ids of the first contacts."""
JANES_ADDRESS = "jane.smith@company.test"
SPHERE, PROSPECTS = "1234", "1235"
"""Ids of the first lists; all but the self contact are on the first, Zoë alone on the second."""
JOHN = "1234"
"""Id of an agent."""
NOBODY = "999"


@dataclass(frozen=True, slots=True)
class RezoraWorld:
    """What tests do to it, and what came of it."""

    emulator: Emulator

    def connection(self, name: str = "DEFAULT") -> dict[str, Any]:
        """The fields of a connection that the emulator prints."""
        fields: dict[str, Any] = json.loads(
            self.emulator.environment()[f"AIRFLOW_CONN_REZORA_{name}"]
        )
        return fields

    def settings(self, name: str = "DEFAULT") -> RezoraSettings:
        connection = self.connection(name)
        return RezoraSettings(
            base_url=connection["host"],
            login=connection["login"],
            password=connection["password"],
            level=connection["extra"]["level"],
            max_requests_per_second=None,
        )

    def http(self, username: str = "demo-agent") -> httpx.Client:
        """A plain client, which is none of this package's."""
        return httpx.Client(
            base_url=self.connection()["host"],
            auth=httpx.DigestAuth(username, "demo-secret"),
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            trust_env=False,
            verify=False,
        )

    def contact(self, contact_id: str) -> dict[str, str]:
        """A contact as Rezora shows it now; empty when there is none."""
        with self.http() as http:
            answer = http.get(f"/contacts/{contact_id}.json")
        return dict(answer.json()[0]) if answer.content else {}

    def members(self, list_id: str) -> list[str]:
        """Ids of the contacts on a list."""
        with self.http() as http:
            answer = http.get(f"/lists/{list_id}/contacts.json")
        return [row["contact_id"] for row in answer.json()] if answer.content else []

    def lists(self) -> dict[str, str]:
        """Names of the lists and their ids."""
        with self.http() as http:
            return {row["list_name"]: row["list_id"] for row in http.get("/lists.json").json()}

    def add_contact(self, name: str, address: str) -> str:
        with self.http() as http:
            body = {"data": {"contact_name": name, "contact_email": address}}
            return str(http.post("/contacts.json", json=body).json()[0]["contact_id"])

    def change(self, contact_id: str, **fields: str) -> None:
        with self.http() as http:
            http.put(f"/contacts/{contact_id}.json", json={"data": fields}).raise_for_status()

    def unsubscribe(self, contact_id: str) -> None:
        self.emulator.act(f"rezora/contacts/{contact_id}/unsubscribe")

    def set(self, **settings: Any) -> None:
        self.emulator.settings(rezora=settings)

    def spoil(self, method: str, path: str, fault: str, **more: Any) -> None:
        """Have the next request that carries a login answered badly."""
        self.emulator.fault("rezora", method, path, fault, **more)

    def asked(self, method: str | None = None) -> list[dict[str, Any]]:
        """The requests that were let in."""
        return [
            request
            for request in self.emulator.requests("rezora")
            if request["status"] != 401 and method in (None, request["method"])
        ]
