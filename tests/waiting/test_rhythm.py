"""When a shared loop looks, and what it makes of a connection that cannot be read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from airflow_talent.clients.flows import Flow
from airflow_talent.clients.waits import Resource, Sightings
from airflow_talent.hooks.base import ConnectionInvalid
from airflow_talent.triggers import base
from airflow_talent.triggers.base import Onlooker
from airflow_talent.triggers.rhythm import JITTER, LONGEST, Rhythm


def test_the_pause_grows_to_its_longest_and_stays_there_for_months() -> None:
    rhythm = Rhythm(10)
    pauses = [rhythm.pause(is_changed=False) for _ in range(10_000)]

    assert max(pauses[:12]) <= 10 * (1 + JITTER)
    assert min(pauses[100:]) >= 10 * LONGEST * (1 - JITTER)
    assert max(pauses) <= 10 * LONGEST * (1 + JITTER)
    assert rhythm.pause(is_changed=True) <= 10 * (1 + JITTER)


class Hook:
    """A hook whose connection can be read no more."""

    conn_id = "vitay_default"

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def arefresh(self) -> None:
        raise self._error

    async def afollow(self, flow: Flow[Any]) -> Any:
        with pytest.raises(StopIteration) as end:
            next(flow)
        return end.value.value


class Nothing(Resource):
    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        yield from ()
        return dict.fromkeys(keys, "seen")


@pytest.mark.parametrize(
    ("error", "is_survived"), [(OSError("no route"), True), (ConnectionInvalid("no key"), False)]
)
async def test_a_connection_that_cannot_be_read_again_is_survived_unless_it_is_wrong(
    error: Exception, is_survived: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "REREAD_CONNECTION_AFTER", -1.0)
    onlooker = Onlooker(Hook(error), Nothing())  # type: ignore[arg-type]  # like one

    look = await onlooker.look(["r-1"])

    assert look.of("r-1") == ("seen" if is_survived else error)
