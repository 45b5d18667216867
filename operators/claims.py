"""Which records a run has taken, so that no other run of its DAG takes them too.

As in the ledger, each claim is an Airflow Variable, and who sees somebody else's claim beside
its own withdraws. Here many records are claimed at once, so all that matters stands in the
keys: of which record, by whom, since when. One listing shows all claims, however many.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from airflow.sdk import Variable

from .arguments import fingerprint
from .ledger import CLAIMS, WITHDRAWN_FOR, LedgerBusy

TOGETHER = 20
"""Records claimed at a time: few, so that two runs that meet withdraw little."""

KEY = re.compile("_([0-9a-f]{16})_([0-9a-f]{16})_([0-9]{1,11})")
"""What follows the scope: digests of record and owner, and since when, in Unix seconds."""

MOST_FORGOTTEN = 100
"""Old claims that are removed at a time."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has claimed what, by digests of records.

    :param mine: of this task.
    :param others: of other tasks.
    :param old: keys of claims that count no more.
    """

    mine: Mapping[str, str]
    others: Collection[str]
    old: Sequence[str]


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims on the records of one kind of event in one DAG, as one task sees them.

    :param scope: of the claims, which starts all keys; see :func:`.ledger_key`.
    :param owner: the task that claims; its own retries find their claims again.
    :param again_after: how long claims count.
    """

    scope: str
    owner: str
    again_after: timedelta
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def look(self) -> Standing:
        """What is claimed now."""
        mine: dict[str, str] = {}
        others: set[str] = set()
        old: list[str] = []
        for key in Variable.keys(prefix=f"{self.scope}_"):
            match = KEY.fullmatch(key.removeprefix(self.scope))
            if match is None:
                # Somebody else's Variable.
                continue
            record, owner, since = match.groups()
            if self.now() - datetime.fromtimestamp(int(since), UTC) >= self.again_after:
                old.append(key)
            elif owner == fingerprint(self.owner):
                mine[record] = key
            else:
                others.add(record)
        return Standing(mine, others, old)

    def take(self, records: Iterable[str]) -> list[str]:
        """Claim ``records``; returns those that are this task's now, in their order.

        :raises LedgerBusy: several runs claimed and withdrew at the same moments; another
            try keeps what this one has got.
        """
        wanted, taken = list(records), set[str]()
        # Two runs that were told of the same seldom meet when each goes its own way.
        waiting = random.sample(wanted, len(wanted))
        for _ in range(CLAIMS):
            contested: list[str] = []
            for start in range(0, len(waiting), TOGETHER):
                got, undecided = self._take(waiting[start : start + TOGETHER])
                taken.update(got)
                contested += undecided
            if not contested:
                return [record for record in wanted if record in taken]
            waiting = contested
            time.sleep(random.uniform(0, WITHDRAWN_FOR))  # noqa: S311  # only to differ
        raise LedgerBusy("several runs were about to take the same records; try again")

    def forget(self, old: Sequence[str]) -> None:
        """Remove some of the claims that count no more."""
        for key in old[:MOST_FORGOTTEN]:
            Variable.delete(key)

    def _take(self, records: Sequence[str]) -> tuple[list[str], list[str]]:
        """Claim some records; returns those that were got, and those to be tried again."""
        before = self.look()
        for record in records:
            digest = digest_of(record)
            if digest not in before.others and digest not in before.mine:
                self._write(digest)
        after = self.look()
        held = [record for record in records if digest_of(record) in after.mine]
        contested = [record for record in held if digest_of(record) in after.others]
        if not contested:
            return held, []
        for record in contested:
            Variable.delete(after.mine[digest_of(record)])
        # Who is still there now that this claim is gone has the record, or comes back for it.
        others = self.look().others
        return (
            [record for record in held if record not in contested],
            [record for record in contested if digest_of(record) not in others],
        )

    def _write(self, digest: str) -> None:
        now = self.now()
        key = f"{self.scope}_{digest}_{fingerprint(self.owner)}_{int(now.timestamp())}"
        Variable.set(key, {"owner": self.owner, "at": now.isoformat()}, serialize_json=True)


def digest_of(record: str) -> str:
    """What stands for a record in the key of a claim."""
    return fingerprint(record)
