"""Finding out what nobody tells: each happening is announced, and once as long as nothing dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from airflow_talent.assets import VENDOR_ASSETS
from airflow_talent.assets import vitay as vitay_assets
from airflow_talent.assets.vendor_asset import VendorAsset
from airflow_talent.clients import vitay
from airflow_talent.clients.news import Gazette, digest
from airflow_talent.clients.rezi.api import ReziApi
from airflow_talent.clients.rezi.calls import create_resume, create_user_token
from airflow_talent.clients.rezi.models import Resume
from airflow_talent.clients.rezi.news import ResumeSaved
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.contracts import VENDOR_EVENT, VendorEvent
from airflow_talent.tests.rezi.world import RESUME, USER, ReziWorld
from airflow_talent.tests.rezora.world import RezoraWorld
from airflow_talent.tests.vitay_world import VitayWorld
from airflow_talent.tests.waiting.triggerer import Events, Triggerer, until
from airflow_talent.triggers import announced, events
from airflow_talent.triggers.events import EventTrigger
from airflow_talent.triggers.rezi import ReziResumesSavedEventTrigger
from airflow_talent.triggers.rezora import (
    RezoraContactsAddedEventTrigger,
    RezoraContactsUnsubscribedEventTrigger,
)
from airflow_talent.triggers.vitay import (
    VitayReferenceFilledTrigger,
    VitayReferencesFilledEventTrigger,
)

INDEX = "/v2/references"
ASSET = "vitay://vitay_default/references/filled"


class Store:
    """Keeps what a watcher keeps, and fails as often as it is told."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.failures = 0

    def __getitem__(self, asset: Any) -> Store:
        assert asset.name
        return self

    async def aget(self, key: str, default: Any = None) -> Any:
        self._fail_sometimes()
        return self.values.get(key, default)

    async def aset(self, key: str, value: Any) -> None:
        self._fail_sometimes()
        self.values[key] = value

    def _fail_sometimes(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("no answer")


Watch = Callable[..., Awaitable[Events]]


@pytest.fixture
async def triggerer() -> AsyncIterator[Triggerer]:
    triggerer = Triggerer()
    yield triggerer
    await triggerer.stop()


@pytest.fixture(autouse=True)
def _surroundings(talent_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in talent_emulator.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(events, "SPACING", 0.0)
    monkeypatch.setattr(announced, "FIRST_PAUSE", 0.0)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def watch(triggerer: Triggerer, store: Store) -> Watch:
    """Starts a watcher, and waits until it knows what is there."""

    async def watch(trigger: EventTrigger, *, by: Triggerer = triggerer) -> Events:
        trigger.asset_state_store = store  # type: ignore[assignment]  # like one
        fired = by.start(trigger)
        await until(lambda: announced.BEGUN in store.values)
        return fired

    return watch


def referees(**changes: Any) -> VitayReferencesFilledEventTrigger:
    options = {"conn_id": "vitay_default", "interval": 0.1, "asset": ASSET, **changes}
    return VitayReferencesFilledEventTrigger(**options)


def told(fired: Events) -> list[str]:
    """The ids of all records that were announced, in their order."""
    found = [VendorEvent.from_json(payload[VENDOR_EVENT]) for payload in fired.payloads]
    return [next(iter(record.values())) for event in found for record in event.records]


async def fill(world: VitayWorld, *references: str) -> None:
    for reference_id in references:
        await asyncio.to_thread(world.fill, reference_id)


async def make(world: VitayWorld, how_many: int) -> list[str]:
    candidate = await asyncio.to_thread(world.candidate)
    return [await asyncio.to_thread(world.reference, candidate) for _ in range(how_many)]


async def looks(emulator: Emulator, more: int, path: str = INDEX) -> None:
    """Let so many sweeps begin and the one before them end."""

    def count() -> int:
        return sum(request["path"] == path for request in emulator.requests("vitay"))

    before = await asyncio.to_thread(count)
    await until(lambda: count() > before + more)


async def test_what_happens_is_announced_once_with_ids_alone(
    watch: Watch, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    old, new, still_open = await make(vitay_world, 3)
    await fill(vitay_world, old)
    fired = await watch(referees())

    await fill(vitay_world, new)

    await until(lambda: bool(fired.payloads))
    await looks(talent_emulator, 3)
    (payload,) = fired.payloads
    event = VendorEvent.from_json(payload[VENDOR_EVENT])
    assert (event.tag, event.conn_id) == ("on:vitay:reference.completed", "vitay_default")
    (record,) = event.records
    assert record["reference_id"] == new
    assert record.keys() == {"reference_id", "candidate_id"}
    assert still_open not in str(payload)


async def test_what_one_sweep_finds_goes_into_one_event(
    watch: Watch, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    await asyncio.to_thread(talent_emulator.act, "vitay/seed", references=230)
    index = vitay_world.runner.iterate(vitay.list_references())
    ids = [reference.id for reference in await asyncio.to_thread(list, index)]
    fired = await watch(referees(interval=2))

    await fill(vitay_world, *ids)

    await until(lambda: len(told(fired)) == len(ids))
    assert sorted(told(fired)) == sorted(ids)
    assert len(fired.payloads) < 20, "each sweep has found many"


async def test_a_restart_announces_what_happened_meanwhile_and_nothing_again(
    watch: Watch, triggerer: Triggerer, vitay_world: VitayWorld, store: Store
) -> None:
    first, second, third = await make(vitay_world, 3)
    fired = await watch(referees())
    await fill(vitay_world, first)
    await until(lambda: told(fired) == [first])
    await until(lambda: len(store.values) > 1)
    await triggerer.stop()
    await fill(vitay_world, second)

    after = Triggerer()
    fired = await watch(referees(), by=after)

    await until(lambda: bool(fired.payloads))
    await fill(vitay_world, third)
    await until(lambda: len(told(fired)) >= 2)
    await after.stop()
    assert told(fired) == [second, third]


async def test_who_is_killed_before_an_event_is_stored_announces_it_again(
    watch: Watch,
    triggerer: Triggerer,
    vitay_world: VitayWorld,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (reference_id,) = await make(vitay_world, 1)
    fired = await watch(referees())
    monkeypatch.setattr(events, "SPACING", 3600)
    await fill(vitay_world, reference_id)
    await until(lambda: told(fired) == [reference_id])
    await triggerer.stop()

    after = Triggerer()
    again = await watch(referees(), by=after)

    await until(lambda: told(again) == [reference_id])
    await after.stop()


async def test_a_triggerer_killed_in_its_first_sweep_begins_anew_and_announces_nothing_old(
    watch: Watch,
    triggerer: Triggerer,
    talent_emulator: Emulator,
    vitay_world: VitayWorld,
    store: Store,
) -> None:
    await asyncio.to_thread(talent_emulator.act, "vitay/seed", references=40, filled=True)
    await asyncio.to_thread(talent_emulator.settings, vitay={"max_page_size": 5, "latency": 0.05})
    trigger = referees()
    trigger.asset_state_store = store  # type: ignore[assignment]  # like one
    triggerer.start(trigger)
    await looks(talent_emulator, 2)
    await triggerer.stop()
    assert announced.BEGUN not in store.values

    after = Triggerer()
    fired = await watch(referees(), by=after)
    (reference_id,) = await make(vitay_world, 1)
    await fill(vitay_world, reference_id)

    await until(lambda: bool(fired.payloads))
    await after.stop()
    assert told(fired) == [reference_id]


async def test_a_record_that_the_index_forgets_for_a_while_is_announced_once(
    watch: Watch, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    forgotten, other = await make(vitay_world, 2)
    fired = await watch(referees())
    await fill(vitay_world, forgotten)
    await until(lambda: told(fired) == [forgotten])

    await asyncio.to_thread(talent_emulator.settings, vitay={"index_omits": [forgotten]})
    await looks(talent_emulator, 2)
    await asyncio.to_thread(talent_emulator.settings, vitay={"index_omits": []})
    await looks(talent_emulator, 2)
    await fill(vitay_world, other)

    await until(lambda: len(told(fired)) >= 2)
    assert told(fired) == [forgotten, other]


async def test_a_clock_of_the_vendor_that_goes_wrong_hides_nothing(
    watch: Watch, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    first, second = await make(vitay_world, 2)
    fired = await watch(referees())
    await fill(vitay_world, first)
    await until(lambda: told(fired) == [first])

    await asyncio.to_thread(talent_emulator.set_clock, "2001-01-01T00:00:00+00:00")
    await fill(vitay_world, second)

    await until(lambda: told(fired) == [first, second])


async def test_a_sweep_that_fails_announces_what_it_has_seen_and_goes_on(
    watch: Watch, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    first, second = await make(vitay_world, 2)
    fired = await watch(referees())
    await asyncio.to_thread(
        talent_emulator.fault, "vitay", "GET", INDEX, "status", code=403, times=3
    )
    await fill(vitay_world, first)
    await until(lambda: told(fired) == [first])
    await fill(vitay_world, second)
    await until(lambda: told(fired) == [first, second])


async def test_a_store_that_does_not_answer_is_asked_until_it_does(
    watch: Watch, vitay_world: VitayWorld, store: Store
) -> None:
    store.failures = 5
    fired = await watch(referees())
    (reference_id,) = await make(vitay_world, 1)
    store.failures = 5
    await fill(vitay_world, reference_id)
    await until(lambda: told(fired) == [reference_id] and not store.failures)


async def test_waits_and_watchers_read_an_index_once_for_all(
    watch: Watch, triggerer: Triggerer, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    ids = await make(vitay_world, 6)
    fired = await watch(referees())
    waits = [
        triggerer.start(
            VitayReferenceFilledTrigger(
                conn_id="vitay_default", interval=0.1, timeout=60, reference_id=reference_id
            )
        )
        for reference_id in ids
    ]
    await looks(talent_emulator, 3)
    asked = [r for r in talent_emulator.requests("vitay") if r["method"] == "GET"]
    assert {request["path"] for request in asked[-3:]} == {INDEX}

    await fill(vitay_world, *ids)

    assert {(await wait.ending())["status"] for wait in waits} == {"success"}
    await until(lambda: set(told(fired)) == set(ids))


async def test_resumes_are_announced_when_they_are_new_and_when_they_are_saved_again(
    watch: Watch, talent_emulator: Emulator
) -> None:
    world = ReziWorld(talent_emulator)
    fired = await watch(
        ReziResumesSavedEventTrigger(
            conn_id="rezi_default", interval=0.1, asset="rezi://rezi_default/resumes/saved"
        )
    )
    await asyncio.to_thread(talent_emulator.advance, 60)
    await asyncio.to_thread(talent_emulator.act, f"rezi/resumes/{RESUME}/save", section="summary")
    await until(lambda: told(fired) == [RESUME])
    assert world.asked("/resumes") >= 2


async def test_a_user_whose_resumes_cannot_be_listed_hides_those_of_nobody_else(
    watch: Watch, talent_emulator: Emulator
) -> None:
    world = ReziWorld(talent_emulator)
    with Runner(ReziApi(world.settings)) as rezi:
        sign_in = create_user_token(world.address(), "a" * 64)
        other = (await asyncio.to_thread(rezi.run, sign_in)).user_id
        assert other is not None
        fired = await watch(
            ReziResumesSavedEventTrigger(
                conn_id="rezi_default", interval=0.1, asset="rezi://rezi_default/resumes/saved"
            )
        )
        world.spoil(f"/user/{USER}/resumes$", "status", code=403, times=None)

        resume = await asyncio.to_thread(rezi.run, create_resume(other, name="CV"))

    await until(lambda: told(fired) == [resume.id])


async def test_contacts_are_announced_when_they_come_and_when_they_unsubscribe(
    watch: Watch, talent_emulator: Emulator, store: Store
) -> None:
    world = RezoraWorld(talent_emulator)
    added = await watch(
        RezoraContactsAddedEventTrigger(
            conn_id="rezora_default", interval=0.1, asset="rezora://rezora_default/contacts/added"
        )
    )
    store.values.clear()
    left = await watch(
        RezoraContactsUnsubscribedEventTrigger(
            conn_id="rezora_default",
            interval=0.1,
            asset="rezora://rezora_default/contacts/unsubscribed",
        )
    )
    contact_id = await asyncio.to_thread(world.add_contact, "Ada Ray", "ada@people.test")
    await until(lambda: told(added) == [contact_id])

    await asyncio.to_thread(world.unsubscribe, contact_id)

    await until(lambda: told(left) == [contact_id])
    assert told(added) == [contact_id]


def test_more_than_an_event_holds_stays_for_the_next() -> None:
    gazette = Gazette(ResumeSaved, set())
    resumes = [Resume.model_validate({"id": f"r{n}"}) for n in range(25)]
    gazette.see([*resumes, *resumes])

    batches = [len(gazette.take(10)) for _ in range(4)]

    assert batches == [10, 10, 5, 0]


async def test_many_announcements_fit_into_the_store(store: Store) -> None:
    kept = announced.Announced(store)  # type: ignore[arg-type]  # like one
    digests = [digest(f"r-{n}") for n in range(50_000)]
    kept.add(digests)
    await kept.begin()

    again = announced.Announced(store)  # type: ignore[arg-type]  # like one
    await again.load()

    assert again.has_begun
    assert all(each in again for each in digests)
    assert digest("r-50000") not in again
    assert max(len(str(value)) for value in store.values.values()) < 64_000


WATCHED = [asset for asset in VENDOR_ASSETS if asset.watcher is not None]


@pytest.mark.parametrize("asset", WATCHED, ids=lambda asset: f"{asset.vendor}-{asset.event}")
def test_an_asset_names_the_watcher_that_finds_its_event(asset: VendorAsset) -> None:
    (watcher,) = asset.watched("some_conn", every=timedelta(minutes=5)).watchers

    trigger: Any = watcher.trigger
    assert (trigger.conn_id, trigger.interval) == ("some_conn", 300)
    assert trigger.asset == watcher.name == asset.uri("some_conn")
    assert (trigger.news.vendor, trigger.news.event) == (asset.vendor, asset.event)
    assert trigger.hook_type.vendor == asset.vendor


def test_an_asset_that_nothing_can_find_out_says_so() -> None:
    with pytest.raises(ValueError, match="let a webhook tell of it"):
        vitay_assets.references_declined.watched()
