"""An emulated Riminder, and clients of it, blocking and awaiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_talent.clients.riminder.api import RiminderApi
from airflow_talent.emulator.client import Emulator
from airflow_talent.operators import riminder_uploading
from airflow_talent.tests.riminder.world import RiminderWorld
from airflow_talent.tests.vendors import connection_named, dags_of, runners_of
from airflow_talent.tests.vendors import runner as runner
from airflow_talent.tests.vendors import short_pauses as short_pauses

CONN_ID = "riminder_test"

DAGS = Path(__file__).parent / "dags"


@pytest.fixture(autouse=True)
def _short_pauses_of_uploads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(riminder_uploading, "READ_BACK_AFTER", 0.0)


@pytest.fixture
def world(talent_emulator: Emulator) -> RiminderWorld:
    return RiminderWorld(talent_emulator)


SHAPES: dict[str, dict[str, str]] = {
    "shapes of 2018": {"empty_objects": "object"},
    "shapes of 2019": {
        "parsing_shape": "2019",
        "revealing_shape": "arrays",
        "filter_detail_key": "filter",
        "source_id_key": "_id",
        "metadata_key": "profile_metadatas",
        "numbers": "text",
        "webhook_check_shape": "successor",
        "empty_objects": "array",
    },
}
"""The published sources contradict each other; these are the two ends."""


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest, world: RiminderWorld) -> str:
    """Each of the two ends of what the published sources say."""
    world.set(**SHAPES[request.param])
    return str(request.param)


new_runner = runners_of(RiminderApi)
connect = connection_named(CONN_ID)
run = dags_of(DAGS)
