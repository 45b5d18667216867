"""What a step remembers of an invitation that was refused, or could never be sent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_talent.clients import rickrut
from airflow_talent.clients.errors import Conflict, InvalidRequest, OutcomeUnknown
from airflow_talent.hooks.rickrut import RickRutHook
from airflow_talent.operators.once import Effect, EffectUnknown, OnceOnly
from airflow_talent.tests.rickrut.conftest import CONN_ID
from airflow_talent.tests.rickrut.world import OPENING, RickRutWorld
from airflow_talent.tests.vendors import Connect


class Store(dict[str, Any]):
    """A task's state store."""

    def set(self, key: str, value: Any, *, retention: object) -> None:
        self[key] = value

    def delete(self, key: str) -> None:
        del self[key]


class Claims(list[str]):
    """A ledger that says what is done with it."""

    def refuse_namesake(self) -> None:
        self.append("look")

    def claim(self, *, again: bool) -> None:
        self.append("claim again" if again else "claim")

    def release(self) -> None:
        self.append("release")


def perform(
    store: Store, claims: Claims, call: Any, *, cleared: int = 0, on_unknown: str = "fail"
) -> Any:
    context: Any = {
        "task_state_store": store,
        "ti": SimpleNamespace(try_number=1 + cleared, max_tries=cleared),
    }
    hook = RickRutHook(CONN_ID)
    once = OnceOnly(context, hook, on_unknown=on_unknown, on_clear="resend")
    ledger: Any = claims
    effect = Effect(record="x", call=call, describe=lambda made: made.id, ledger=ledger)
    try:
        return once.perform(effect)
    finally:
        hook.close()


def test_a_refused_resend_forgets_nothing_of_the_first(
    connect: Connect, world: RickRutWorld
) -> None:
    store, claims = Store(), Claims()
    call = rickrut.create_applicant(world.address(), OPENING)
    applicant_id = perform(store, claims, call)

    with pytest.raises(Conflict):
        perform(store, claims, call, cleared=1)

    assert (store["x"]["state"], store["x"]["result"]) == ("done", applicant_id)
    assert claims == ["look", "claim", "claim again"]
    assert len(world.invitations()) == 1


def test_a_first_refusal_leaves_nothing(connect: Connect, world: RickRutWorld) -> None:
    store, claims = Store(), Claims()
    with pytest.raises(InvalidRequest):
        perform(store, claims, rickrut.create_applicant("no address", OPENING))

    assert (store, claims) == ({}, ["look", "claim", "release"])


def test_what_cannot_be_written_is_not_taken_for_sent(
    connect: Connect, world: RickRutWorld
) -> None:
    store, claims = Store(), Claims()
    call = rickrut.create_applicant(world.address(), OPENING, first_name="\ud800")
    with pytest.raises(InvalidRequest, match="cannot be written") as refused:
        perform(store, claims, call)

    assert "\ud800" not in str(refused.value)
    assert (store, claims) == ({}, [])
    assert world.asked("POST") == []


def test_after_a_lost_answer_only_resend_sends_again(connect: Connect, world: RickRutWorld) -> None:
    store, claims = Store(), Claims()
    call = rickrut.create_applicant(world.address(), OPENING)
    world.spoil("POST", "drop_before")
    with pytest.raises(OutcomeUnknown):
        perform(store, claims, call)
    with pytest.raises(EffectUnknown):
        perform(store, claims, call, cleared=1)
    assert world.invitations() == []

    perform(store, claims, call, cleared=1, on_unknown="resend")

    assert claims == ["look", "claim", "claim again"]
    assert len(world.invitations()) == 1
