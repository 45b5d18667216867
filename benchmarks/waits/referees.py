"""References to wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_talent.clients import vitay
from airflow_talent.clients.runners import Runner
from airflow_talent.clients.vitay.api import VitayApi
from airflow_talent.clients.vitay.settings import VitaySettings


def ask_referees(connection: Mapping[str, Any], how_many: int) -> list[str]:
    """Ids of references that wait for an answer."""
    settings = VitaySettings(
        base_url=connection["host"],
        login=connection["login"],
        password=connection["password"],
        max_requests_per_second=None,
        max_messages_per_run=how_many,
    )
    with Runner(VitayApi(settings)) as runner:
        question_set = runner.run(vitay.list_question_sets()).items[0]
        candidate = runner.run(
            vitay.create_candidate(email="ada@people.test", first_name="Ada", last_name="Ray")
        )
        return [
            runner.run(
                vitay.create_reference(
                    candidate_id=candidate.id,
                    question_set_id=question_set.id,
                    email=f"referee-{number}@people.test",
                    first_name="Bo",
                    last_name="Lee",
                )
            ).id
            for number in range(how_many)
        ]
