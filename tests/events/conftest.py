"""What DAGs are told of, and DAGs that are told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.assets import riminder, vitay
from airflow_talent.assets.vendor_asset import VendorAsset
from airflow_talent.emulator.client import Emulator
from airflow_talent.operators import events
from airflow_talent.provider.contracts import VENDOR_EVENT
from airflow_talent.tests.offline import OfflineAirflow, Ran
from airflow_talent.tests.vendors import Run
from airflow_talent.tests.vendors import short_pauses as short_pauses
from airflow_talent.tests.vitay_world import VitayWorld

DAGS = Path(__file__).parent / "dags"


@pytest.fixture(autouse=True)
def _second_look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SECOND_LOOK", 0.0)


@pytest.fixture
def world(talent_emulator: Emulator) -> Iterator[VitayWorld]:
    world = VitayWorld(talent_emulator)
    yield world
    world.close()


@pytest.fixture
def run(offline_airflow: OfflineAirflow, world: VitayWorld) -> Run:
    """Runs one of these DAGs to its end, at a fresh ``world``."""
    offline_airflow.add_dags(*DAGS.glob("*.py"))
    return lambda dag_id, **conf: Ran(offline_airflow.run(dag_id, conf))


def filled(*reference_ids: str, conn_id: str = "vitay_default") -> dict[str, Any]:
    """What says that references are filled."""
    return told(vitay.references_filled, *reference_ids, conn_id=conn_id)


def parsed(*profile_ids: str) -> dict[str, Any]:
    """What says that profiles are parsed."""
    return told(riminder.profiles_parsed, *profile_ids, conn_id="riminder_default")


def told(what: VendorAsset, *ids: str, conn_id: str) -> dict[str, Any]:
    """A run's conf, or an asset event's extra, that tells of records."""
    return {VENDOR_EVENT: what.tell(conn_id, [{what.ids[0]: each} for each in ids]).as_json()}


def ids_of(taken: list[dict[str, Any]]) -> list[str]:
    """The references that were taken."""
    return [each["reference_id"] for each in taken]
