"""The emulated Rezi as a partner, and as those who write resumes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from airflow_talent.clients.rezi.settings import ReziSettings
from airflow_talent.emulator.client import Emulator

USER = "demoUser000000000001"
RESUME = "demoResume0000000001"
MONTHLY = "plan_pro_monthly"
LIFETIME = "plan_lifetime"

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class ReziWorld:
    """What tests do to it, and what came of it."""

    emulator: Emulator

    @property
    def connection(self) -> dict[str, Any]:
        """The fields of the connection ``rezi_default``."""
        fields: dict[str, Any] = json.loads(
            self.emulator.environment()["AIRFLOW_CONN_REZI_DEFAULT"]
        )
        return fields

    @property
    def settings(self) -> ReziSettings:
        return ReziSettings(
            base_url=self.connection["host"],
            password=self.connection["password"],
            max_requests_per_second=None,
        )

    def address(self) -> str:
        """Of somebody who is not there yet."""
        return f"writer-{next(_numbers)}@people.test"

    def set(self, **settings: Any) -> None:
        self.emulator.settings(rezi=settings)

    def spoil(self, path: str, fault: str, **more: Any) -> None:
        """Have the next request to a path answered badly."""
        self.emulator.fault("rezi", None, path, fault, **more)

    def score(self, points: int | None, resume_id: str = RESUME) -> None:
        self.emulator.act(f"rezi/resumes/{resume_id}/score", score=points)

    def asked(self, path: str = "") -> int:
        """How many requests came whose path ends so."""
        return sum(r["path"].endswith(path) for r in self.emulator.requests("rezi"))

    def charges(self) -> Sequence[Mapping[str, Any]]:
        return [sent for sent in self.emulator.outbox("rezi") if sent["kind"] == "charge"]

    def users(self) -> Sequence[Mapping[str, Any]]:
        return self.emulator.records()["rezi"]["Users"]

    def resumes(self) -> Sequence[Mapping[str, Any]]:
        return self.emulator.records()["rezi"]["Resumes"]
