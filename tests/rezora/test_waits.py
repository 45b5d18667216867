"""Looking for contacts: all with one read, and nobody by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from airflow.triggers.base import TriggerEvent
from airflow.triggers.shared_stream import SharedStreamManager

from airflow_talent.clients.errors import UnexpectedAnswer, VendorUnavailable
from airflow_talent.clients.rezora.models import Contact
from airflow_talent.clients.rezora.waits import ContactExists, Contacts
from airflow_talent.clients.waits import Done, Waiting, Watcher
from airflow_talent.tests.rezora.conftest import CONN_ID
from airflow_talent.tests.rezora.world import JANE, JANES_ADDRESS, SELF, RezoraWorld
from airflow_talent.tests.vendors import Connect
from airflow_talent.triggers.rezora import RezoraContactExistsTrigger

ADDRESS = "planted.person@people.test"


def waits(*addresses: str) -> list[ContactExists]:
    return [ContactExists(email_address=address) for address in addresses]


def contact(contact_id: str, **fields: str) -> Contact:
    return Contact.model_validate({"contact_id": contact_id, **fields})


def test_who_is_waited_for_is_named_by_a_digest() -> None:
    wait = ContactExists.parse({"email_address": f" {ADDRESS.upper()} "})
    (same, other) = waits(ADDRESS, JANES_ADDRESS)
    assert wait.key == same.key != other.key
    assert "planted" not in wait.key.lower()


@pytest.mark.parametrize("given", ["", " ", None, "None", "planted", "planted@x, other@x"])
def test_what_is_no_address_is_refused_without_being_repeated(given: Any) -> None:
    with pytest.raises(ValueError, match="email_address must") as caught:
        ContactExists.parse({"email_address": given})
    assert "planted" not in str(caught.value)


def test_one_read_shows_everybody(runner: Any, world: RezoraWorld) -> None:
    jane, nobody, john = waits(JANES_ADDRESS.upper(), ADDRESS, "john.smith@company.test")
    seen: Mapping[str, Any] = runner.follow(Contacts().look([jane.key, nobody.key, john.key]))
    assert [len(seen[wait.key]) for wait in (jane, nobody, john)] == [1, 0, 1]
    assert len(world.asked()) == 1
    assert jane.judge(seen[jane.key]) == done(JANE)
    assert john.judge(seen[john.key]) == done(SELF, is_self=True)
    assert Watcher(nobody).judge(seen[nobody.key]) == Waiting()
    world.unsubscribe(JANE)
    seen = runner.follow(Contacts().look([jane.key]))
    assert jane.judge(seen[jane.key]) == done(JANE, is_unsubscribed=True)


def done(contact_id: str, **changes: bool) -> Done:
    return Done({"contact_id": contact_id, "is_self": False, "is_unsubscribed": False, **changes})


def test_of_several_with_one_address_the_first_that_is_not_the_agent_counts() -> None:
    (wait,) = waits(ADDRESS)
    state = (contact("1", contact_self="1"), contact("3"), contact("2"))
    assert wait.judge(state) == done("3")


def test_an_index_that_is_not_there_says_nothing_about_a_contact(
    runner: Any, world: RezoraWorld
) -> None:
    world.spoil("GET", "contacts", "status", code=404)
    with pytest.raises(UnexpectedAnswer):
        runner.follow(Contacts().look([waits(ADDRESS)[0].key]))


def test_a_tired_vendor_is_survived(runner: Any, world: RezoraWorld) -> None:
    world.emulator.fault("rezora", None, "", "status", code=500, times=None)
    (wait,) = waits(ADDRESS)
    with pytest.raises(VendorUnavailable) as caught:
        runner.follow(Contacts().look([wait.key]))
    assert Watcher(wait).judge(caught.value) == Waiting()


@pytest.fixture
async def streams() -> AsyncIterator[SharedStreamManager]:
    """What a triggerer has to feed several triggers by one loop."""
    streams = SharedStreamManager()
    yield streams
    await streams.stop_all()


async def test_waits_share_one_loop_and_their_addresses_are_no_part_of_its_name(
    streams: SharedStreamManager, connect: Connect, world: RezoraWorld
) -> None:
    world.add_contact("Planted Person", ADDRESS)
    before = len(world.asked())
    triggers = [
        RezoraContactExistsTrigger(conn_id=CONN_ID, interval=1, email_address=address)
        for address in (ADDRESS, JANES_ADDRESS)
    ]
    assert len({trigger.shared_stream_key() for trigger in triggers}) == 1
    assert "planted" not in str(triggers[0].shared_stream_key())

    events = await asyncio.wait_for(
        asyncio.gather(*(wait(streams, number, each) for number, each in enumerate(triggers))), 20
    )

    assert [event.payload["result"]["contact_id"] for event in events] == ["123460", JANE]
    assert len(world.asked()) - before <= 2


async def wait(
    streams: SharedStreamManager, number: int, trigger: RezoraContactExistsTrigger
) -> TriggerEvent:
    """Wait as a triggerer has a trigger wait."""
    key = trigger.shared_stream_key()
    stream = streams.subscribe(trigger_id=number, trigger=trigger, key=key)
    try:
        return await anext(trigger.filter_shared_stream(stream))
    finally:
        await streams.unsubscribe(number, key)
