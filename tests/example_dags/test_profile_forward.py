"""From a profile to a mailing list."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_talent.clients import rezora
from airflow_talent.clients.riminder import calls
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.example_dags.conftest import FOLDER, Run
from airflow_talent.tests.offline import OfflineAirflow

DAG = "profile_forward"
LIST = "Current Prospects"
EMAIL = "noor@people.test"


@pytest.fixture
def profile_id(riminder: Runner) -> str:
    (source, *_) = riminder.run(calls.list_sources())
    person = {"name": "Noor Haddad", "email": EMAIL}
    added = riminder.run(calls.add_profile(person, source_id=source.source_id))
    return str(added.profile_id)


def contacts(agent: Runner, email: str = EMAIL) -> list[Any]:
    return [each for each in agent.run(rezora.list_contacts()) if each.contact_email == email]


def test_the_person_of_a_profile_is_put_on_the_list_and_airflow_keeps_no_address(
    run: Run, profile_id: str, agent: Runner
) -> None:
    ran = run(DAG, profile=profile_id, mailing_list=LIST)

    assert ran.state == "success", ran.states
    (contact,) = contacts(agent)
    assert contact.contact_name == "Noor Haddad"
    assert ran.told.text == f"Contact {contact.id} (new) is on the list now: {LIST}"
    assert EMAIL not in ran.kept()
    assert "Noor" not in ran.kept()

    again = run(DAG, profile=profile_id, mailing_list=LIST)

    known = f"Contact {contact.id} (known already) was on the list already: {LIST}"
    assert again.told.text == known


def test_a_wait_starts_on_a_worker_where_a_param_has_no_default(
    offline_airflow: OfflineAirflow,
) -> None:
    """Started in the triggerer, it would end the triggerer of Airflow 3.3.2 for everybody."""
    offline_airflow.add_dags(FOLDER / f"{DAG}.py")

    assert not offline_airflow.dag(DAG).get_task("wait_until_read").start_from_trigger


def test_who_has_unsubscribed_stays_off_the_list(
    run: Run, profile_id: str, agent: Runner, talent_emulator: Emulator
) -> None:
    contact_id = agent.run(
        rezora.create_contact({"contact_name": "Noor Haddad", "contact_email": EMAIL})
    ).contact_id
    talent_emulator.act(f"rezora/contacts/{contact_id}/unsubscribe")
    ran = run(DAG, profile=profile_id, mailing_list=LIST)

    assert ran.state == "failed"
    assert ran.states["add_to_list"] == ["failed"]


def test_a_contact_whose_answer_is_lost_is_saved_once(
    run: Run, profile_id: str, agent: Runner, talent_emulator: Emulator
) -> None:
    talent_emulator.fault("rezora", "POST", "^/contacts", "drop_after")
    ran = run(DAG, profile=profile_id, mailing_list=LIST)

    assert ran.state == "success"
    assert len(contacts(agent)) == 1


def test_a_profile_without_an_address_is_forwarded_to_nobody(
    run: Run, riminder: Runner, agent: Runner
) -> None:
    (source, *_) = riminder.run(calls.list_sources())
    added = riminder.run(calls.add_profile({"name": "Noor Haddad"}, source_id=source.source_id))
    before = len(agent.run(rezora.list_contacts()))
    ran = run(DAG, profile=added.profile_id, mailing_list=LIST)

    assert ran.states["save_contact"] == ["failed"]
    assert len(agent.run(rezora.list_contacts())) == before
