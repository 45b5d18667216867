"""Erasing a person: what is looked for, who must agree, what is deleted and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_talent.clients import rezora, vitay
from airflow_talent.clients.riminder import calls
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.example_dags.approvals import answer, question_of
from airflow_talent.tests.example_dags.conftest import Run
from airflow_talent.tests.operators import steps
from airflow_talent.tests.vitay_world import VitayWorld

DAG = "candidate_erasure"
EMAIL = "noor@people.test"
NAME: dict[str, Any] = {"first_name": "Noor", "last_name": "Haddad"}


class Traces:
    """What the vendors keep of Noor Haddad, as candidate and as referee."""

    def __init__(self, world: VitayWorld, riminder: Runner, agent: Runner) -> None:
        self.vitay, self.riminder, self.agent = world.runner, riminder, agent
        self.vitay.run(vitay.create_candidate(email=EMAIL, **NAME))
        self.vitay.run(
            vitay.create_reference(
                candidate_id=world.candidate(),
                question_set_id=world.question_set(),
                email=EMAIL.upper(),
                **NAME,
            )
        )
        self.sources = [source.source_id for source in riminder.run(calls.list_sources())]
        for company in ("Riverbank", "Northmill"):
            person = {"name": "Noor Haddad", "email": EMAIL, "summary": company}
            riminder.run(calls.add_profile(person, source_id=self.sources[0]))
        agent.run(rezora.create_contact({"contact_name": "Noor Haddad", "contact_email": EMAIL}))

    def left(self) -> dict[str, int]:
        emails = {
            "candidates": [r.email for r in self.vitay.iterate(vitay.list_candidates())],
            "references": [
                r.email for r in self.vitay.iterate(vitay.list_references()) if r.is_active
            ],
            "profiles": [r.email for r in self.riminder.iterate(calls.list_profiles(self.sources))],
            "contacts": [r.contact_email for r in self.agent.run(rezora.list_contacts())],
        }
        return {
            kind: sum((email or "").lower() == EMAIL for email in found)
            for kind, found in emails.items()
        }


ALL = {"candidates": 1, "references": 1, "profiles": 2, "contacts": 1}
NONE = dict.fromkeys(ALL, 0)


@pytest.fixture
def traces(world: VitayWorld, riminder: Runner, agent: Runner) -> Traces:
    return Traces(world, riminder, agent)


@pytest.fixture
def erasure(api: AirflowApi, airflow: LocalAirflow, traces: Traces) -> steps.Run:
    """A run on the real Airflow."""
    return steps.Run(airflow, DAG, api.trigger(DAG, {"email": EMAIL}))


def test_an_approved_erasure_goes_on_where_it_was_cut_off_and_another_finds_nothing(
    erasure: steps.Run, run: Run, traces: Traces, talent_emulator: Emulator
) -> None:
    asked = question_of(erasure)
    talent_emulator.fault("riminder", "DELETE", "", "drop_after")
    answer(erasure, "Approve")
    steps.eventually(lambda: erasure.states()["erase_profiles"] == "up_for_retry")
    erasure.clear("erase_profiles")
    erasure.succeed()

    assert asked["body"].split("\n")[:4] == [f"- {kind}: {count}" for kind, count in ALL.items()]
    assert traces.left() == NONE
    told = SlackResult.from_xcom(erasure.result("tell", key=SLACK_RESULT))
    assert told.text.startswith("The records are deleted. Left to people:")
    assert told.fields == {"Candidates": 1, "References": 1, "Profiles": 2, "Contacts": 1}

    again = run(DAG, email=EMAIL)

    assert again.state == "success"
    assert again.states["approve"] == ["skipped"]
    assert again.told.text.startswith("Vitay, Riminder and Rezora have no records")
    assert EMAIL not in again.kept()


def test_an_erasure_that_is_not_approved_deletes_nothing(
    erasure: steps.Run, traces: Traces
) -> None:
    question_of(erasure)
    answer(erasure, "Reject")
    erasure.succeed()

    told = SlackResult.from_xcom(erasure.result("tell", key=SLACK_RESULT))
    assert told.text.startswith("Nothing was deleted, because it was not approved.")
    assert traces.left() == ALL


def test_nobody_is_asked_when_a_vendor_cannot_say_what_it_has(
    run: Run, traces: Traces, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("rezora", None, "", "status", code=403, times=None)
    ran = run(DAG, email=EMAIL)

    assert ran.state == "failed"
    assert ran.states["approve"] == ["upstream_failed"]
    talent_emulator.clear_faults()
    assert traces.left() == ALL
