"""The Airflow that demo, tests and benchmarks run: real, alone, and easy to look into."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from airflow_talent.provider.airflow_api import AirflowApiError
from airflow_talent.provider.local_airflow import LocalAirflow, LocalAirflowError
from airflow_talent.provider.processes import session_members

DAG = """
from airflow.sdk import Param, dag, task

@dag(schedule=None, params={"number": Param(1, type="integer")})
def local_airflow_double():
    @task
    def work(params=None, task_state_store=None):
        task_state_store.set("seen", params["number"])
        return 2 * params["number"]

    @task
    def show(number):
        print("it is", number)

    show(work())
    show.override(task_id="each").expand(number=[1, 2])

local_airflow_double()
"""

DAG_ID = "local_airflow_double"


@pytest.fixture(scope="session")
def doubling(airflow: LocalAirflow, tmp_path_factory: pytest.TempPathFactory) -> LocalAirflow:
    file = tmp_path_factory.mktemp("dags") / f"{DAG_ID}.py"
    file.write_text(DAG)
    airflow.add_dags(file)
    airflow.wait_for_dag(DAG_ID)
    return airflow


@pytest.fixture(scope="session")
def finished_run(doubling: LocalAirflow) -> str:
    run_id = doubling.api.trigger(DAG_ID, {"number": 21})
    assert doubling.api.wait_for_run(DAG_ID, run_id) == "success"
    return run_id


def test_it_listens_on_loopback_only(airflow: LocalAirflow) -> None:
    addresses = {
        connection.laddr.ip
        for pid in pids_of(airflow)
        for connection in psutil.Process(pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    }

    assert addresses == {"127.0.0.1"}


def test_the_bot_has_the_role_user_and_no_more(airflow: LocalAirflow) -> None:
    with pytest.raises(AirflowApiError, match="403"):
        airflow.api.get("/connections")

    assert airflow.admin_api.get("/connections") is not None


def test_a_wrong_password_is_told_without_it(airflow: LocalAirflow) -> None:
    api = type(airflow.api)(airflow.url, username="bot", password="wr0ng-passw0rd")

    with pytest.raises(AirflowApiError) as refused:
        api.get("/dags")

    assert refused.value.status == httpx.codes.UNAUTHORIZED
    assert "wr0ng" not in str(refused.value)


def test_a_run_can_be_looked_into(doubling: LocalAirflow, finished_run: str) -> None:
    api = doubling.api

    assert api.task_states(DAG_ID, finished_run) == {
        "work": "success",
        "show": "success",
        "each[0]": "success",
        "each[1]": "success",
    }
    assert api.xcom(DAG_ID, finished_run, "work") == 42
    assert api.state_store(DAG_ID, finished_run, "work") == {"seen": 21}
    assert "it is 42" in api.task_log(DAG_ID, finished_run, "show")
    assert "it is 2" in api.task_log(DAG_ID, finished_run, "each", map_index=1)


def test_a_run_id_is_given_once(doubling: LocalAirflow, finished_run: str) -> None:
    with pytest.raises(AirflowApiError) as refused:
        doubling.api.trigger(DAG_ID, run_id=finished_run)

    assert refused.value.status == httpx.codes.CONFLICT


def test_params_that_do_not_fit_start_nothing(doubling: LocalAirflow) -> None:
    with pytest.raises(AirflowApiError) as refused:
        doubling.api.trigger(DAG_ID, {"number": "many"})

    assert refused.value.status == httpx.codes.BAD_REQUEST


def test_an_unknown_dag_is_not_waited_for_in_vain(airflow: LocalAirflow) -> None:
    with pytest.raises(LocalAirflowError, match=r"no DAG never_written within 1 s.*dag-processor"):
        airflow.wait_for_dag("never_written", timeout=1)


def test_a_dag_file_that_cannot_be_imported_is_told(airflow: LocalAirflow, tmp_path: Path) -> None:
    file = tmp_path / "broken_on_purpose.py"
    file.write_text("from airflow.sdk import dag\nraise RuntimeError('on purpose')\n")
    airflow.add_dags(file)

    with pytest.raises(LocalAirflowError, match=r"broken_on_purpose.py: .*on purpose"):
        airflow.wait_for_dag("never_there")

    (airflow.dags_folder / file.name).unlink()


def test_a_killed_triggerer_comes_back(airflow: LocalAirflow) -> None:
    airflow.kill("triggerer")
    airflow.restart("triggerer")

    assert airflow.api.health()["triggerer"]["status"] == "healthy"


def test_real_connections_of_the_shell_stay_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_VITAY_DEFAULT", "vitay://my-account")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://my-account")

    environment = LocalAirflow(tmp_path).environment

    assert not any("my-account" in value for value in environment.values())


def test_a_start_that_fails_names_the_part_and_its_log(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "airflow.db"
    broken = LocalAirflow(
        tmp_path / "home",
        environment={"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{nowhere}"},
    )

    with pytest.raises(LocalAirflowError, match=r"database migration ended with exit code") as told:
        broken.start()

    assert Path(str(told.value).partition("its log is ")[2]).exists()
    assert not any(process.is_running() for process in broken.processes)


def pids_of(airflow: LocalAirflow) -> Iterator[int]:
    for process in airflow.processes:
        assert process.pid
        yield from session_members(process.pid)


def test_its_environment_serves_the_airflow_command(airflow: LocalAirflow) -> None:
    assert airflow.environment["AIRFLOW_HOME"] == str(airflow.home)
    assert os.environ["AIRFLOW_HOME"] != str(airflow.home)
