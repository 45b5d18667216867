"""The emulated Riminder as its machines and its dashboard, and resumes to send there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from airflow_talent.clients import riminder
from airflow_talent.clients.riminder.api import RiminderApi
from airflow_talent.clients.riminder.settings import RiminderSettings
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import API_SOURCE_ID, READ_WRITE_KEY

SOURCE = "Careers website"

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]>>endobj\n"


def resume(text: str = "python") -> bytes:
    """A small file that begins as a PDF does; another one for each text."""
    return PDF + f"% {text}\n%%EOF\n".encode()


@dataclass(frozen=True, slots=True)
class RiminderWorld:
    """What tests do to it, and what came of it."""

    emulator: Emulator

    @property
    def connection(self) -> dict[str, Any]:
        """The fields of the connection ``riminder_default``."""
        fields: dict[str, Any] = json.loads(
            self.emulator.environment()["AIRFLOW_CONN_RIMINDER_DEFAULT"]
        )
        return fields

    @property
    def settings(self) -> RiminderSettings:
        return self.settings_with(READ_WRITE_KEY)

    def settings_with(self, key: str, **more: Any) -> RiminderSettings:
        return RiminderSettings(base_url=self.connection["host"], password=key, **more)

    def run(self, call: Any) -> Any:
        """Make a call with the key that may do everything."""
        with Runner(RiminderApi(self.settings)) as runner:
            return runner.run(call)

    def profile(self, reference: str = "r-1", **fields: Any) -> str:
        """The id of a new profile that knows python and sql."""
        profile = {"name": "Ada Ray", "email": "ada@x.test", "skills": ["python", "sql"], **fields}
        added = self.run(
            riminder.add_profile(profile, source_id=API_SOURCE_ID, profile_reference=reference)
        )
        return str(added.profile_id)

    def old_profiles(self, how_many: int) -> None:
        """Parsed and scored ones with the references ``old-0``, ``old-1``…"""
        self.emulator.act("riminder/seed", count=how_many)

    def profiles(self) -> list[Any]:
        """Everything in the source for uploads."""
        return list(self.run(riminder.list_profiles([API_SOURCE_ID])).items)

    def parse(self, profile_id: str) -> None:
        self.emulator.act(f"riminder/profiles/{profile_id}/parse")

    def score(self, profile_id: str, filter_id: str, score: float) -> None:
        self.emulator.act(f"riminder/profiles/{profile_id}/score", filter_id=filter_id, score=score)

    def set(self, **settings: Any) -> None:
        self.emulator.settings(riminder=settings)

    def spoil(self, method: str | None, path: str, fault: str, **more: Any) -> None:
        """Have requests answered badly, the next one unless told otherwise."""
        self.emulator.fault("riminder", method, path, fault, **more)

    def asked(self, method: str | None = None, path: str | None = None) -> list[dict[str, Any]]:
        """The requests that came."""
        return [
            request
            for request in self.emulator.requests("riminder")
            if method in (None, request["method"]) and path in (None, request["path"])
        ]
