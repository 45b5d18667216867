"""What was sent or bought lately, over all runs, so that it is not done twice.

An entry is an Airflow Variable, since that is the one store that all tasks of an
Airflow share. Its key is an HMAC, so it tells nothing about a person. Variables
have no compare-and-set; two runs that claim at once are told apart by time: each
writes its claim within a bound of having seen none, waits longer than that
bound, and goes on only if its own claim still stands (Fischer's algorithm).
"""

from __future__ import annotations

import hashlib
import hmac
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowException, AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.settings import ConnectionSettings

KEY_PREFIX = "talent_ledger_"

WRITTEN_WITHIN = 2.0
"""Seconds within which a claim is written after none was seen, or it does not count."""

SETTLED_AFTER = 2.5
"""Seconds after which no other claim can come."""


class SentLately(AirflowFailException):
    """Another run has done this, or is doing it now."""


class LedgerTooSlow(AirflowException):
    """A claim could not be written in time; trying again is safe."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One entry: one thing done to one record, by one task.

    :param key: of the Variable; see :func:`ledger_key`.
    :param owner: the task that claims; its own retries find their claim again.
    :param repeat_after: how long it counts.
    """

    key: str
    owner: str
    repeat_after: timedelta
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def claim(self) -> None:
        """Take the entry, or find it taken.

        :raises SentLately: it is somebody else's and counts still.
        :raises LedgerTooSlow: Airflow took too long to write.
        """
        began = time.monotonic()
        entry = self._read()
        if entry is not None and entry["owner"] == self.owner:
            return
        if entry is not None and self._counts(entry):
            raise self._refusal(entry)
        mine = {"owner": self.owner, "at": self.now().isoformat(), "claim": uuid.uuid4().hex}
        Variable.set(self.key, mine, serialize_json=True)
        if time.monotonic() - began > WRITTEN_WITHIN:
            raise LedgerTooSlow("the claim that nothing is sent twice took too long; try again")
        time.sleep(SETTLED_AFTER)
        standing = self._read()
        if standing is None or standing["claim"] != mine["claim"]:
            raise self._refusal(standing or mine)

    def release(self) -> None:
        """Give the entry back: it was not done."""
        Variable.delete(self.key)

    def _read(self) -> dict[str, Any] | None:
        entry = Variable.get(self.key, default=None, deserialize_json=True)
        return entry if isinstance(entry, dict) else None

    def _counts(self, entry: dict[str, Any]) -> bool:
        return self.now() - datetime.fromisoformat(entry["at"]) < self.repeat_after

    def _refusal(self, entry: dict[str, Any]) -> SentLately:
        return SentLately(
            f"not sent, because {entry['owner']} did the same on {entry['at'][:10]} and it counts "
            f"for {self.repeat_after}; pass repeat=True to do it all the same"
        )


def ledger_key(settings: ConnectionSettings, *what: str) -> str:
    """The key for doing ``what`` over a connection: the same on every machine, and unreadable."""
    secret = f"{settings.base_url}\0{settings.login}".encode()
    digest = hmac.new(secret, "\0".join(what).encode(), hashlib.sha256).hexdigest()
    return f"{KEY_PREFIX}{digest[:40]}"


def owner_of(context: Context) -> str:
    """Names the task in a refusal: DAG, run, task and map index."""
    ti = context["ti"]
    mapped = f"[{ti.map_index}]" if (ti.map_index or -1) >= 0 else ""
    return f"{ti.dag_id}.{ti.task_id}{mapped} of run {ti.run_id}"
