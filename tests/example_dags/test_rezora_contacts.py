"""Hired people from a file in a bucket; the connection is kept in a secrets manager."""

from __future__ import annotations

import json
from collections.abc import Callable

import boto3  # type: ignore[import-untyped]  # it ships no types
import pytest

from airflow_talent.clients import rezora
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.bucket import REGION, SECRET, Bucket
from airflow_talent.tests.example_dags.conftest import Run

DAG = "rezora_contacts"
LIST = "New colleagues"
HEAD = "name,email,team\n"

Hire = Callable[..., None]


@pytest.fixture(scope="session")
def _secrets_manager(aws: str) -> object:
    return boto3.client(
        "secretsmanager",
        endpoint_url=aws,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key=SECRET,
    )


@pytest.fixture(autouse=True)
def _connection_in_secrets_manager(
    run: Run,
    aws: str,
    _secrets_manager: object,
    talent_emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The connection is there and nowhere else."""
    connection = talent_emulator.environment()["AIRFLOW_CONN_REZORA_DEFAULT"]
    monkeypatch.delenv("AIRFLOW_CONN_REZORA_DEFAULT")
    client = _secrets_manager
    name = "airflow/connections/rezora_default"
    if any(secret["Name"] == name for secret in client.list_secrets()["SecretList"]):  # type: ignore[attr-defined]  # boto3's are not typed
        client.put_secret_value(SecretId=name, SecretString=connection)  # type: ignore[attr-defined]  # as above
    else:
        client.create_secret(Name=name, SecretString=connection)  # type: ignore[attr-defined]  # as above
    options = {
        "connections_prefix": "airflow/connections",
        "connections_lookup_pattern": "^rezora",
        "variables_prefix": None,
        "config_prefix": None,
        "endpoint_url": aws,
        "region_name": REGION,
        "aws_access_key_id": "testing",
        "aws_secret_access_key": SECRET,
    }
    backend = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", backend)
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND_KWARGS", json.dumps(options))


@pytest.fixture
def hire(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Hire:
    """Writes the file of those who were hired."""
    monkeypatch.setenv("AIRFLOW_CONN_AWS_HERE", json.dumps(bucket.connection))
    monkeypatch.setenv("AIRFLOW_VAR_TALENT_HIRED", f"s3://aws_here@{bucket.name}/hired.csv")

    def hire(*rows: str, head: str = HEAD) -> None:
        bucket.put("hired.csv", (head + "\n".join(rows)).encode())

    return hire


def listed(agent: Runner) -> set[str]:
    """Who is on the list."""
    (wanted,) = (each for each in agent.run(rezora.list_lists()) if each.list_name == LIST)
    places = agent.run(rezora.list_memberships(wanted.id))
    return {agent.run(rezora.show_contact(place.contact_id)).contact_email for place in places}


def test_the_hired_are_put_on_a_list_over_a_connection_from_the_secrets_manager(
    run: Run, hire: Hire, agent: Runner
) -> None:
    hire("Noor Haddad,Noor@people.test,Data", "Tomas Lind,tomas@people.test,Data")

    ran = run(DAG)

    assert ran.state == "success", ran.states
    assert ran.pull("sync") == {"hired": 2, "new contacts": 2, "new on the list": 2}
    assert listed(agent) == {"Noor@people.test", "tomas@people.test"}
    assert "people.test" not in ran.kept()


def test_the_next_night_changes_only_what_is_new(run: Run, hire: Hire, agent: Runner) -> None:
    hire("Noor Haddad,noor@people.test,Data")
    run(DAG)
    hire("Noor Haddad,NOOR@people.test,Data", "Without Address,,Data", "Bo Li,bo@people.test,Data")
    ran = run(DAG)

    assert ran.pull("sync") == {"hired": 2, "new contacts": 1, "new on the list": 1}
    assert listed(agent) == {"noor@people.test", "bo@people.test"}


def test_who_has_unsubscribed_is_left_alone(
    run: Run, hire: Hire, agent: Runner, talent_emulator: Emulator
) -> None:
    new = {"contact_name": "Noor Haddad", "contact_email": "noor@people.test"}
    contact_id = agent.run(rezora.create_contact(new)).contact_id
    talent_emulator.act(f"rezora/contacts/{contact_id}/unsubscribe")
    hire("Noor Haddad,noor@people.test,Data")
    ran = run(DAG)

    assert ran.pull("sync") == {"hired": 1, "left alone": 1}
    assert listed(agent) == set()


def test_lost_answers_add_nobody_twice(
    run: Run, hire: Hire, agent: Runner, talent_emulator: Emulator
) -> None:
    for path in ("^/contacts", "^/lists/.*/contacts"):
        talent_emulator.fault("rezora", "POST", path, "drop_after")
    hire("Noor Haddad,noor@people.test,Data", "Tomas Lind,tomas@people.test,Data")
    ran = run(DAG)

    assert ran.state == "success"
    assert listed(agent) == {"noor@people.test", "tomas@people.test"}


def test_a_file_without_the_columns_changes_nothing(
    run: Run, hire: Hire, talent_emulator: Emulator
) -> None:
    hire("Noor Haddad,noor@people.test", head="who,mail\n")
    ran = run(DAG)

    assert ran.state == "failed"
    assert talent_emulator.requests("rezora") == []
