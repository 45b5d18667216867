"""The emulated RickRut as a recruiter and as applicants."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

from airflow_talent.clients.rickrut.settings import RickRutSettings
from airflow_talent.emulator.client import Emulator

OPENING = "software-engineer"

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class RickRutWorld:
    """What tests do to it, and what came of it."""

    emulator: Emulator

    @property
    def connection(self) -> dict[str, Any]:
        """The fields of the connection ``rickrut_default``."""
        fields: dict[str, Any] = json.loads(
            self.emulator.environment()["AIRFLOW_CONN_RICKRUT_DEFAULT"]
        )
        return fields

    @property
    def settings(self) -> RickRutSettings:
        return RickRutSettings(
            base_url=self.connection["host"],
            password=self.connection["password"],
            max_requests_per_second=None,
        )

    def address(self) -> str:
        """Of somebody who is not there yet."""
        return f"applicant-{next(_numbers)}@people.test"

    def applicants(self, how_many: int, *, are_scored: bool = False) -> list[str]:
        """Ids of new applicants of whom nobody was written to."""
        seeded = self.emulator.act("rickrut/seed", applicants=how_many, scored=are_scored)
        return [str(number) for number in seeded["ids"]]

    def applicant(self) -> str:
        return self.applicants(1)[0]

    def score(self, applicant_id: str, **scores: Any) -> None:
        self.emulator.act(f"rickrut/applicants/{applicant_id}/score", **scores)

    def set(self, **settings: Any) -> None:
        self.emulator.settings(rickrut=settings)

    def spoil(self, method: str | None, fault: str, **more: Any) -> None:
        """Have the next request answered badly."""
        self.emulator.fault("rickrut", method, "^/applicants", fault, **more)

    def invitations(self) -> list[dict[str, Any]]:
        return [s for s in self.emulator.outbox("rickrut") if s["kind"] == "invitation"]

    def asked(self, method: str = "GET") -> list[dict[str, Any]]:
        """The requests that came."""
        return [r for r in self.emulator.requests("rickrut") if r["method"] == method]
