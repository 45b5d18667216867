"""docs/webhooks.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from pydantic import BaseModel

from airflow_talent.assets import find_asset
from airflow_talent.tests.offline import OfflineAirflow
from airflow_talent.tests.vitay_world import VitayWorld
from airflow_talent.webhooks import metrics
from airflow_talent.webhooks.settings import RiminderDoor, Settings, UnsignedDoor
from airflow_talent.webhooks.vendors import TYPES

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")

DOORS: dict[str, type[BaseModel]] = {
    "talent_webhook_vitay": UnsignedDoor,
    "talent_webhook_rezi": UnsignedDoor,
    "talent_webhook_riminder": RiminderDoor,
}


def names_under(heading: str) -> set[str]:
    """What stands as code in the first cells of the table of a section."""
    section = re.split(rf"^#+ {re.escape(heading)}$", PAGE, flags=re.MULTILINE)[1]
    rows = re.split(r"^#", section, flags=re.MULTILINE)[0].splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("|")][2:]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_the_page_names_every_setting() -> None:
    plain = {name.upper() for name in Settings.model_fields if name not in DOORS}
    nested = {
        f"{door}_{name}".upper() for door, kind in DOORS.items() for name in kind.model_fields
    }

    assert names_under("Settings") == plain | nested


def test_the_page_names_every_metric() -> None:
    lines = generate_latest().decode().splitlines()
    kept = {line.split()[2] for line in lines if line.startswith("# TYPE talent_webhook_")}

    assert metrics
    assert names_under("Metrics") == {name for name in kept if not name.endswith("_created")}


def test_the_page_names_every_tag() -> None:
    named: set[str] = set()
    for first, more in re.findall(r"`(on:[a-z:._]+)`((?:, `…[.a-z]+`)*)", PAGE):
        named.add(first)
        beginning = first.rpartition(".")[0]
        named |= {f"{beginning}{end}" for end in re.findall(r"`…([.a-z]+)`", more)}

    assert named == {f"on:{vendor}:{kind}" for vendor, types in TYPES.items() for kind in types}


def test_the_page_names_every_asset() -> None:
    found = [find_asset(vendor, kind) for vendor, types in TYPES.items() for kind in types]

    assert [asset.path for asset in found if asset and f"/{asset.path}`" not in PAGE] == []


@pytest.fixture
def world(talent_emulator: Any) -> Any:
    world = VitayWorld(talent_emulator)
    yield world
    world.close()


def test_the_dag_of_the_page_reads_the_record(
    offline_airflow: OfflineAirflow, world: VitayWorld, tmp_path: Path
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    file = tmp_path / "reference_filled.py"
    file.write_text(code, encoding="utf-8")
    offline_airflow.add_dags(file)
    reference = world.reference()
    world.fill(reference)
    event = {
        "v": 1,
        "vendor": "vitay",
        "type": "reference.completed",
        "conn_id": "vitay_default",
        "records": [{"reference_id": reference}],
    }

    run = offline_airflow.run("reference_filled", conf={"talent_event": event})

    assert run.state == "success"
