"""The example DAGs exactly as shipped: most in this process, some on the real Airflow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import airflow_talent.example_dags
from airflow_talent.clients.rezora.api import RezoraApi
from airflow_talent.clients.rezora.settings import RezoraSettings
from airflow_talent.clients.riminder.api import RiminderApi
from airflow_talent.clients.riminder.settings import RiminderSettings
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.contracts import SLACK_RESULT, SlackResult
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.bucket import Bucket
from airflow_talent.tests.offline import OfflineAirflow
from airflow_talent.tests.vitay_world import VitayWorld

FOLDER = Path(next(iter(airflow_talent.example_dags.__path__)))

PAUSE = "timedelta(minutes=5)"
"""Before a retry; all that is changed of a DAG that runs in this process."""

ON_REAL_AIRFLOW = ("reference_check", "reference_reminders", "candidate_erasure", "rezi_upgrade")


@pytest.fixture
def world(talent_emulator: Emulator) -> Iterator[VitayWorld]:
    world = VitayWorld(talent_emulator)
    yield world
    world.close()


@pytest.fixture(scope="session")
def api(airflow: LocalAirflow) -> AirflowApi:
    airflow.add_dags(*(FOLDER / f"{dag_id}.py" for dag_id in ON_REAL_AIRFLOW))
    for dag_id in ON_REAL_AIRFLOW:
        airflow.wait_for_dag(dag_id)
    return airflow.api


@pytest.fixture(scope="session")
def bucket(aws: str) -> Bucket:
    return Bucket(aws, "hiring")


@pytest.fixture
def riminder(talent_emulator: Emulator) -> Iterator[Runner]:
    """Riminder as its team sees it."""
    fields = json.loads(talent_emulator.environment()["AIRFLOW_CONN_RIMINDER_DEFAULT"])
    settings = RiminderSettings(base_url=fields["host"], password=fields["password"])
    runner = Runner(RiminderApi(settings))
    yield runner
    runner.close()


@pytest.fixture
def agent(talent_emulator: Emulator) -> Iterator[Runner]:
    """Rezora as its agent sees it."""
    fields = json.loads(talent_emulator.environment()["AIRFLOW_CONN_REZORA_DEFAULT"])
    settings = RezoraSettings(
        base_url=fields["host"], login=fields["login"], password=fields["password"]
    )
    runner = Runner(RezoraApi(settings))
    yield runner
    runner.close()


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that is over."""

    run: Any

    @property
    def state(self) -> str:
        return str(self.run.state)

    @property
    def states(self) -> dict[str, list[str]]:
        """States by task id, those of mapped tasks in their order."""
        states: dict[str, list[str]] = {}
        for ti in sorted(self.run.get_task_instances(), key=lambda ti: ti.map_index):
            states.setdefault(ti.task_id, []).append(str(ti.state))
        return states

    @property
    def told(self) -> SlackResult:
        """What Slack would show."""
        (result,) = (
            value
            for task_id in self.states
            if (value := self.pull(task_id, key=SLACK_RESULT)) is not None
        )
        return SlackResult.from_xcom(result)

    def kept(self) -> str:
        """All that Airflow keeps of the run's data besides its configuration."""
        from airflow.models.renderedtifields import RenderedTaskInstanceFields
        from airflow.models.task_state_store import TaskStateStoreModel
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session

        columns = (
            XComModel.value,
            RenderedTaskInstanceFields.rendered_fields,
            TaskStateStoreModel.key,
            TaskStateStoreModel.value,
        )
        with create_session() as session:
            return "\n".join(
                str(value)
                for column in columns
                for value in session.scalars(
                    select(column).where(column.class_.run_id == self.run.run_id)
                )
            )

    def pull(self, task_id: str, *, key: str = "return_value") -> Any:
        ti = self.run.get_task_instance(task_id)
        return None if ti is None else ti.xcom_pull(task_ids=task_id, key=key)


Run = Callable[..., Ran]


@pytest.fixture
def run(
    offline_airflow: OfflineAirflow, talent_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Runs an example DAG to its end, with people at all vendors who act by themselves."""
    for vendor in ("vitay", "riminder", "rickrut", "rezi", "rezora"):
        monkeypatch.setenv(f"AIRFLOW__TALENT__{vendor.upper()}_POKE_INTERVAL", "0.05")

    def run(dag_id: str, /, **params: Any) -> Ran:
        shipped = (FOLDER / f"{dag_id}.py").read_text()
        in_haste = offline_airflow.dags_folder / f"{dag_id}.py"
        in_haste.write_text(shipped.replace(PAUSE, "timedelta(0)"))
        return Ran(offline_airflow.run(dag_id, params))

    return run
