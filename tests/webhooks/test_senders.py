"""The emulated vendors deliver over HTTP, as the real ones do, and sometimes wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.webhooks import MODES
from airflow_talent.tests.vitay_world import VitayWorld

from .conftest import (
    REZI_PATH,
    VITAY_PATH,
    ReceiverProcess,
    client_of,
    eventually,
    is_done,
    receiver_process,
)
from .standin import StandIn

RESUME = "demoResume0000000001"
USER = "demoUser000000000001"

TAGS = (
    "on:vitay:reference.created",
    "on:vitay:reference.completed",
    "on:vitay:reference_request.completed",
    "on:vitay:reference.declined",
    "on:riminder:profile.parse.success",
    "on:riminder:profile.score.success",
    "on:riminder:filter.train.success",
    "on:riminder:action.rating.success",
    "on:rezi:resume.section.saved",
)


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn(dags={"listener": list(TAGS)})


@pytest.fixture
def vitay_world(talent_emulator: Emulator) -> Iterator[VitayWorld]:
    world = VitayWorld(talent_emulator)
    yield world
    world.close()


@pytest.fixture
async def receiver(environment: dict[str, str], talent_emulator: Emulator, tmp_path: Path) -> Any:
    """A receiver in a process of its own, at which all vendors deliver."""
    url = f"http://127.0.0.1:{environment['TALENT_WEBHOOK_PORT']}"
    with receiver_process(environment, tmp_path / "receiver.log") as process:
        await process.ready()
        talent_emulator.webhook("vitay", f"{url}/vitay/{VITAY_PATH}")
        talent_emulator.webhook("rezi", f"{url}/rezi/{REZI_PATH}")
        talent_emulator.webhook("riminder", f"{url}/riminder")
        yield process
        for vendor in ("vitay", "rezi", "riminder"):
            talent_emulator.webhook(vendor, None)


async def told(stand_in: StandIn, count: int) -> dict[str, list[Any]]:
    """The records of what the listener was told, by type, once there is as much."""
    await eventually(lambda: len(stand_in.runs) >= count)
    found: dict[str, list[Any]] = {}
    for event in stand_in.started("listener"):
        found.setdefault(event["type"], []).extend(event["records"])
    return found


@pytest.mark.usefixtures("receiver")
async def test_the_four_events_of_a_reference_check_arrive(
    vitay_world: VitayWorld, stand_in: StandIn
) -> None:
    check = vitay_world.check()
    filled, declined = vitay_world.submit(check.request_id)
    vitay_world.fill(filled)
    vitay_world.emulator.act(f"vitay/references/{declined}/decline", comment="No time")
    created = vitay_world.reference(check.candidate_id)

    candidate = {"candidate_id": check.candidate_id}
    assert await told(stand_in, 4) == {
        "reference_request.completed": [{"request_id": check.request_id, **candidate}],
        "reference.completed": [{"reference_id": filled, **candidate}],
        "reference.declined": [{"reference_id": declined}],
        "reference.created": [{"reference_id": created, **candidate}],
    }


@pytest.mark.usefixtures("receiver")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("alphabet", ["url", "standard"])
async def test_riminders_events_arrive_however_they_are_signed(
    environment: dict[str, str],
    talent_emulator: Emulator,
    stand_in: StandIn,
    mode: str,
    alphabet: str,
) -> None:
    url = f"http://127.0.0.1:{environment['TALENT_WEBHOOK_PORT']}/riminder"
    talent_emulator.webhook("riminder", url, mode)
    talent_emulator.settings(riminder={"webhook_alphabet": alphabet})
    talent_emulator.act("riminder/seed", count=1)
    records = talent_emulator.records()["riminder"]
    profile, job = records["Profiles"][0]["id"], records["Filters"][0]["id"]
    talent_emulator.act(
        "riminder/events",
        type="profile.score.success",
        profile_id=profile,
        filter_id=job,
        score=0.5,
    )
    talent_emulator.act("riminder/events", type="filter.train.success", filter_id=job)

    found = await told(stand_in, 2)

    assert found["profile.score.success"] == [{"profile_id": profile, "filter_id": job}]
    assert found["filter.train.success"] == [{"filter_id": job}]


def save(emulator: Emulator, section: str) -> None:
    emulator.act(f"rezi/resumes/{RESUME}/save", section=section, content="x")


REZI_EVENT = {"resume_id": RESUME, "user_id": USER}


@pytest.mark.parametrize("fault", ["none", "duplicate", "reordered", "late", "malformed"])
async def test_rezis_events_count_once_however_they_arrive(
    receiver: ReceiverProcess,
    environment: dict[str, str],
    talent_emulator: Emulator,
    stand_in: StandIn,
    fault: str,
) -> None:
    talent_emulator.settings(rezi={"webhook_fault": fault})
    save(talent_emulator, "summary")
    save(talent_emulator, "skills")
    if fault == "late":
        talent_emulator.advance(60)
    deliveries = {"duplicate": 4}.get(fault, 2)
    await eventually(lambda: len(talent_emulator.deliveries("rezi")) == deliveries)
    async with client_of(environment["TALENT_WEBHOOK_PORT"]) as http:
        await eventually(lambda: is_done(http))

    statuses = {delivery["status"] for delivery in talent_emulator.deliveries("rezi")}
    if fault == "malformed":
        assert (statuses, stand_in.runs) == ({400}, {})
        return
    assert statuses == {200}
    assert await told(stand_in, 2) == {"resume.section.saved": [REZI_EVENT, REZI_EVENT]}
    assert len(stand_in.runs) == 2


@pytest.mark.usefixtures("receiver")
async def test_rezis_events_without_an_id_of_their_own_count_once_for_some_minutes(
    talent_emulator: Emulator, stand_in: StandIn
) -> None:
    template = (
        '{"type": "Resume Section Saved", "data": {"resumeId": "$resumeID"}, "s": "$section"}'
    )
    talent_emulator.settings(rezi={"webhook_fault": "duplicate", "webhook_template": template})
    save(talent_emulator, "summary")
    save(talent_emulator, "skills")
    await eventually(lambda: len(talent_emulator.deliveries("rezi")) == 4)

    found = await told(stand_in, 2)

    assert found == {"resume.section.saved": [{"resume_id": RESUME}] * 2}
