"""The records of a run, whether it was told of them or found them, each taken once."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from ..clients.errors import InvalidRequest, NotFound, VendorError
from .arguments import ArgumentInvalid
from .base import VendorOperator
from .ledger import ledger_key, owner_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..assets.vendor_asset import VendorAsset
    from ..clients.waits import Wait
    from .claims import Claims
    from .told import Told

MOST_LOOKED_BACK_AT = 500
"""Events of the asset that are looked at for what no run was told of."""

SECOND_LOOK = 2.0
"""Seconds after which a record that is not yet as it was told is looked at once more."""


class TakeRecordsOperator(VendorOperator):
    """Gives the records that a run is about, each to one run of the DAG only.

    It takes the ids of an event in the run's configuration (``talent_event``, as a webhook's
    run has it), of the asset events that started the run, of :attr:`record_ids`, and of recent
    events of the asset, since Airflow may leave an event out of all runs until the next one
    comes. Events of other vendors, types or connections are ignored.

    **An event is a hint**: each record is read at the vendor. What is not there, or not as the
    event says, is neither given nor counted as taken, so a forged event does no harm and the
    real one counts later. What another run of the DAG has taken is left out. A task that is
    tried again or cleared gives the same records again, and what has come since.

    Returns a list of what the vendor's wait says of each, small JSON with ids, to be mapped
    over: ``handle.expand(reference=take.output)``. It is empty when there is nothing to do,
    and the mapped task is skipped then.

    Contacts nobody. Claims are Airflow Variables, of which the key names nobody.

    :param record_ids: ids to take besides, as a list or as text with commas between
        (templated).
    :param look_back: how far back events of the asset are looked at; none by 0. Events before
        the DAG's ``start_date`` are not.
    :param again_after: how long a record counts as taken.
    :param at_most: records in one run, since Airflow maps over 1,024 at most. Another run
        takes the others, as far as events of the asset tell of them.
    :raises ArgumentInvalid: the only event cannot be read.
    :raises VendorError: the vendor could not be asked; nothing was taken.
    """

    takes: ClassVar[VendorAsset]
    """The asset whose events it takes."""

    template_fields: Sequence[str] = ("record_ids",)

    def __init__(
        self,
        *,
        record_ids: Sequence[str] | str | None = None,
        look_back: timedelta = timedelta(days=7),
        again_after: timedelta = timedelta(days=90),
        at_most: int = 1000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if again_after <= look_back:
            raise ArgumentInvalid(
                "again_after must be longer than look_back, or what was taken would be taken again"
            )
        self.record_ids = record_ids
        self.look_back = look_back
        self.again_after = again_after
        self.at_most = at_most
        asset = self.takes(self.conn_id)
        if not any(getattr(inlet, "uri", None) == asset.uri for inlet in self.inlets):
            self.inlets = [*self.inlets, asset]

    @abstractmethod
    def wait_for(self, record_id: str) -> Wait:
        """What must be true of a record."""

    def scope(self) -> Sequence[str]:
        """What besides DAG, event and connection tells two kinds of claims apart."""
        return ()

    def act(self, context: Context) -> list[dict[str, Any]]:
        from .claims import digest_of
        from .told import Memory

        told = self._listen(context)
        memory, claims = Memory.of(context), self._claims(context)
        standing = claims.look()
        # A claim of its own that a task does not remember is that of a deleted run.
        gone = {*standing.others, *(standing.mine.keys() - map(digest_of, memory.asked))}
        known = {**told.ids, **memory.asked}
        fresh = [each for each in known if each not in memory.taken]
        free = [each for each in fresh if digest_of(each) not in gone]
        results = self._verify([*memory.taken, *free], {*told.own, *memory.asked})
        room = max(0, self.at_most - len(memory.taken))
        wanted = [each for each in free if each in results][:room]
        memory.ask(wanted)
        memory.take(claims.take(wanted))
        claims.forget(standing.old)
        self.log.info(
            "Told of %d records: %d are taken by other runs, %d are taken by this one",
            len(known),
            len(fresh) - len(free) + sum(each not in memory.taken for each in wanted),
            len(memory.taken),
        )
        return [results[each] for each in memory.taken if each in results]

    def _listen(self, context: Context) -> Told:
        from .told import Told, events_of_run

        told = Told(self.takes, self.conn_id)
        told.add_ids(_listed(self.record_ids))
        told.add(events_of_run(context))
        if told.malformed and not told.own:
            raise ArgumentInvalid(f"the run's event cannot be read: {told.malformed[0]}")
        for fault in told.malformed:
            self.log.warning("An event is left out, because it cannot be read: %s", fault)
        told.look_back_at(self._recent_events(context))
        return told

    def _recent_events(self, context: Context) -> Iterator[object]:
        from .told import said_by

        if not self.look_back:
            return
        since = datetime.now(UTC) - self.look_back
        if self.start_date is not None:
            since = max(since, self.start_date)
        events: Any = context["inlet_events"][self.takes(self.conn_id)]
        recent = events.after(since.isoformat()).ascending(ascending=False)
        for event in recent.limit(MOST_LOOKED_BACK_AT):
            yield from said_by(event)

    def _claims(self, context: Context) -> Claims:
        from .claims import Claims

        what = (context["ti"].dag_id, self.takes.vendor, self.takes.event, *self.scope())
        return Claims(
            scope=ledger_key(self.hook.settings, "taken", *what),
            owner=owner_of(context),
            again_after=self.again_after,
        )

    def _verify(
        self, ids: Sequence[str], must_be_seen: Collection[str]
    ) -> dict[str, dict[str, Any]]:
        """What the vendor says of those records that are as they should be.

        :param must_be_seen: those that no other run would see to.
        """
        results = self._look(ids, must_be_seen)
        doubtful = [each for each in ids if each in must_be_seen and each not in results]
        if doubtful:
            time.sleep(SECOND_LOOK)
            results |= self._look(doubtful, must_be_seen)
        for each in doubtful:
            if each not in results:
                self.log.warning("%s is left out: the vendor does not say so of it", each)
        return results

    def _look(self, ids: Sequence[str], must_be_seen: Collection[str]) -> dict[str, dict[str, Any]]:
        from ..clients.waits import Done

        if not ids:
            return {}
        waits = {each: self.wait_for(each) for each in ids}
        resource = next(iter(waits.values())).resource()
        sightings = self.hook.follow(resource.look([wait.key for wait in waits.values()]))
        seen = {each: sightings[wait.key] for each, wait in waits.items()}
        faults = {each: state for each, state in seen.items() if _is_fault(state)}
        for each, fault in faults.items():
            # One broken record of an earlier event must not stop all runs that look back at it.
            if each in must_be_seen or len(faults) == len(seen):
                raise fault
            self.log.warning("%s is left to another run: %s", each, fault)
        verdicts = {
            each: waits[each].judge(state)
            for each, state in seen.items()
            if not isinstance(state, VendorError)
        }
        return {each: found.result for each, found in verdicts.items() if isinstance(found, Done)}


def _is_fault(sighting: object) -> bool:
    """Whether it says nothing of the record, not even that there is none of that id."""
    is_error = isinstance(sighting, VendorError)
    return is_error and not isinstance(sighting, NotFound | InvalidRequest)


def _listed(ids: Sequence[str] | str | None) -> list[str]:
    """Ids as a list; a template writes None as text."""
    if ids is None or ids == "None":
        return []
    parts = ids.split(",") if isinstance(ids, str) else ids
    return [text for each in parts if (text := str(each).strip())]
