"""People and records at the emulated Vitay, made through the client."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count

from airflow_talent.clients import vitay
from airflow_talent.clients.runners import Runner
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.settings import VitaySettings
from airflow_talent.emulator.client import Emulator

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Check:
    """A candidate who was asked for references."""

    candidate_id: str
    request_id: str


class VitayWorld:
    """The emulated Vitay as a recruiter and as the people who are asked."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        connection = json.loads(emulator.environment()["AIRFLOW_CONN_VITAY_DEFAULT"])
        self.connection = connection
        self.runner = Runner(
            VitayApi(
                VitaySettings(
                    base_url=connection["host"],
                    login=connection["login"],
                    password=connection["password"],
                    max_requests_per_second=None,
                )
            )
        )

    def close(self) -> None:
        self.runner.close()

    def candidate(self) -> str:
        number = next(_numbers)
        return self.runner.run(
            vitay.create_candidate(
                email=f"candidate-{number}@people.test", first_name="Ada", last_name="Ray"
            )
        ).id

    def question_set(self) -> str:
        return self.runner.run(vitay.list_question_sets()).items[0].id

    def reference(self, candidate_id: str | None = None) -> str:
        number = next(_numbers)
        return self.runner.run(
            vitay.create_reference(
                candidate_id=candidate_id or self.candidate(),
                question_set_id=self.question_set(),
                email=f"referee-{number}@people.test",
                first_name="Bo",
                last_name="Lee",
            )
        ).id

    def check(self, references: int = 2) -> Check:
        candidate_id = self.candidate()
        request = self.runner.run(
            vitay.create_reference_request(
                candidate_id=candidate_id,
                question_set_id=self.question_set(),
                min_manager_references=references,
            )
        )
        return Check(candidate_id, request.id)

    def submit(self, request_id: str, references: int = 2) -> list[str]:
        """The candidate lists references; returns their ids."""
        people = [
            {
                "email": f"referee-{next(_numbers)}@people.test",
                "first_name": "Bo",
                "last_name": "Lee",
            }
            for _ in range(references)
        ]
        self.emulator.act(f"vitay/reference_requests/{request_id}/submit", references=people)
        request = next(
            r for r in self.runner.iterate(vitay.list_reference_requests()) if r.id == request_id
        )
        candidate = self.runner.run(vitay.show_candidate(request.candidate.id))
        return [link.id for link in candidate.references if link.id]

    def submit_unseen(self, check: Check, references: int = 2) -> None:
        """The candidate lists references, by a request that no index may show."""
        people = [
            {"email": f"referee-{n}@people.test", "first_name": "Bo", "last_name": "Lee"}
            for n in range(references)
        ]
        self.emulator.act(f"vitay/reference_requests/{check.request_id}/submit", references=people)

    def fill(self, reference_id: str) -> None:
        self.emulator.act(f"vitay/references/{reference_id}/fill")

    def delete(self, reference_id: str) -> None:
        self.runner.run(vitay.delete_reference(reference_id))

    def mails(self, *, about: str | None = None) -> list[dict[str, object]]:
        return [
            mail
            for mail in self.emulator.outbox("vitay")
            if mail["kind"] == "mail" and about in (None, mail["record_id"])
        ]
