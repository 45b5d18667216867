"""What was sent or bought lately, over all runs, so that it is not done twice.

Entries are Airflow Variables, since those are the one store that all tasks of an
Airflow share; their keys are HMACs and tell nothing about a person. Variables
have no compare-and-set. So each task that claims writes an entry of its own and
only then looks for the entries of others: of two that do so at once at least one
sees the other, whatever their timing, and who sees another withdraws.
"""

from __future__ import annotations

import hashlib
import hmac
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Variable
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from .arguments import fingerprint

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.settings import ConnectionSettings

KEY_PREFIX = "talent_ledger_"

CLAIMS = 5
"""How often a claim is tried when others withdraw theirs at the same moment."""

WITHDRAWN_FOR = 1.0
"""Seconds, at most, before a withdrawn claim is tried again."""


class SentLately(AirflowFailException):
    """Another run has done this, or is doing it now."""


class LedgerBusy(AirflowException):
    """Several runs claimed and withdrew at the same moments; trying again is safe."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One thing done to one record, as one task claims it.

    :param key: of the thing; see :func:`ledger_key`.
    :param owner: the task that claims; its own retries find their claim again.
    :param repeat_after: how long the claims of others count.
    """

    key: str
    owner: str
    repeat_after: timedelta
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def refuse_namesake(self) -> None:
        """Find a claim of this task's that it knows nothing of.

        :raises SentLately: a run of the same name, which was deleted since, has done it.
        """
        mine = self._read(self._own_key)
        if mine is not None and self._counts(mine):
            raise self._refusal(mine)

    def claim(self, *, again: bool = False) -> None:
        """Take the thing, or find it taken.

        :param again: the task has done it before, or may have; a refusal leaves that claim.
        :raises SentLately: it is somebody else's and counts still.
        :raises LedgerBusy: nobody got it for a while.
        """
        before = self._read(self._own_key) if again else None
        for _ in range(CLAIMS):
            other = self._other()
            if other is None:
                self._write({"owner": self.owner, "at": self.now().isoformat()})
                if self._other() is None:
                    return
            if before is None:
                self.release()
            else:
                self._write(before)
            if other is not None:
                raise self._refusal(other)
            time.sleep(random.uniform(0, WITHDRAWN_FOR))  # noqa: S311  # only to differ
        raise LedgerBusy("several runs were about to do the same at the same moment; try again")

    def release(self) -> None:
        """Give the thing back: it was not done."""
        Variable.delete(self._own_key)

    def others(self) -> Iterator[dict[str, Any]]:
        """The claims of others, ``owner`` and ``at``, also those that count no more."""
        for key in Variable.keys(prefix=f"{self.key}_"):
            entry = None if key == self._own_key else self._read(key)
            if entry is not None:
                yield entry

    @property
    def _own_key(self) -> str:
        return f"{self.key}_{fingerprint(self.owner)}"

    def _other(self) -> dict[str, Any] | None:
        """Somebody else's claim that counts."""
        return next((entry for entry in self.others() if self._counts(entry)), None)

    def _write(self, entry: dict[str, Any]) -> None:
        Variable.set(self._own_key, entry, serialize_json=True)

    def _read(self, key: str) -> dict[str, Any] | None:
        # It may have been withdrawn since it was listed.
        entry = Variable.get(key, default=None, deserialize_json=True)
        return entry if isinstance(entry, dict) else None

    def _counts(self, entry: dict[str, Any]) -> bool:
        return self.now() - datetime.fromisoformat(entry["at"]) < self.repeat_after

    def _refusal(self, entry: dict[str, Any]) -> SentLately:
        return SentLately(
            f"not sent, because {entry['owner']} did the same on {entry['at'][:10]}, or is doing "
            f"it now, which counts for {_in_words(self.repeat_after)}; pass repeat=True to do it "
            "all the same"
        )


def ledger_key(settings: ConnectionSettings, *what: str) -> str:
    """The key for doing ``what`` over a connection: the same on every machine, and unreadable."""
    secret = f"{settings.base_url}\0{settings.login}".encode()
    digest = hmac.new(secret, "\0".join(what).encode(), hashlib.sha256).hexdigest()
    return f"{KEY_PREFIX}{digest[:40]}"


def owner_of(context: Context) -> str:
    """Names the task in a refusal: DAG, run, task and map index."""
    ti = context["ti"]
    mapped = f"[{ti.map_index}]" if ti.map_index is not None and ti.map_index >= 0 else ""
    return f"{ti.dag_id}.{ti.task_id}{mapped} of run {ti.run_id}"


def _in_words(period: timedelta) -> str:
    return f"{period.days} days" if period.days else f"{period.total_seconds() / 3600:g} hours"
