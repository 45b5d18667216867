"""What a run was told of: by its configuration, by asset events, and by its own memory.

Apart from the operators that use it, since all DAG files import those and none needs this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow.sdk.execution_time.context import NEVER_EXPIRE

from ..provider.contracts import VENDOR_EVENT, VendorEvent

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..assets.vendor_asset import VendorAsset

RECORD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}")
"""What may be an id; anything else in an event was not written by the vendor."""


@dataclass(slots=True)
class Told:
    """The ids that events name, in their order, each once.

    :param own: those that this very run was told of.
    :param malformed: what is wrong with events that cannot be read, without their content.
    """

    what: VendorAsset
    conn_id: str
    ids: dict[str, None] = field(default_factory=dict)
    own: dict[str, None] = field(default_factory=dict)
    malformed: list[str] = field(default_factory=list)

    def add(self, said: Iterable[object]) -> None:
        """Take what the run's own events say."""
        for each in said:
            try:
                self.add_ids(self._read(each))
            except ValueError as error:
                self.malformed.append(str(error))

    def add_ids(self, ids: Iterable[str]) -> None:
        """Take ids that the run was given."""
        for each in ids:
            if RECORD_ID.fullmatch(each):
                self.ids[each] = self.own[each] = None
            else:
                self.malformed.append(f"what stands for {self.what.ids[0]} is no id")

    def look_back_at(self, said: Iterable[object]) -> None:
        """Take what earlier events say; those that cannot be read were somebody else's to see."""
        for each in said:
            try:
                ids = self._read(each)
            except ValueError:
                continue
            self.ids.update(dict.fromkeys(filter(RECORD_ID.fullmatch, ids)))

    def _read(self, said: object) -> list[str]:
        event = VendorEvent.from_json(said)
        if (event.vendor, event.type, event.conn_id) != (
            self.what.vendor,
            self.what.event,
            self.conn_id,
        ):
            return []
        name = self.what.ids[0]
        if not all(name in record for record in event.records):
            raise ValueError(f"{VENDOR_EVENT}: each record of {event.type} must have a {name}")
        return [record[name] for record in event.records]


@dataclass(slots=True)
class Memory:
    """What this task knows of itself from earlier tries, and from before it was cleared.

    :param asked: records that it was about to claim.
    :param taken: those that it got.
    """

    store: Any
    asked: dict[str, None]
    taken: list[str]

    @classmethod
    def of(cls, context: Context) -> Memory:
        """What a task remembers; nothing in its first try."""
        store = context["task_state_store"]
        kept: Any = store.get(MEMORY) or {"asked": [], "taken": []}
        return cls(store, dict.fromkeys(kept["asked"]), kept["taken"])

    def ask(self, ids: Iterable[str]) -> None:
        """Note what is about to be claimed."""
        self.asked |= dict.fromkeys(ids)
        self._keep()

    def take(self, ids: Iterable[str]) -> None:
        """Note what was got."""
        self.taken = [*self.taken, *ids]
        self._keep()

    def _keep(self) -> None:
        kept = {"asked": [*self.asked], "taken": self.taken}
        self.store.set(MEMORY, kept, retention=NEVER_EXPIRE)


MEMORY = "taken_records"
"""Key of the task's state store."""


def events_of_run(context: Context) -> Iterator[object]:
    """What the run's configuration and the asset events that started it say."""
    conf = context["dag_run"].conf or {}
    if VENDOR_EVENT in conf:
        yield conf[VENDOR_EVENT]
    for events in context["triggering_asset_events"].values():
        for event in events:
            yield from said_by(event)


def said_by(event: Any) -> Iterator[object]:
    """What an asset event says, also one whose watcher puts it into a payload."""
    extra = event.extra or {}
    payload = extra.get("payload")
    for place in (extra, payload):
        if isinstance(place, Mapping) and VENDOR_EVENT in place:
            yield place[VENDOR_EVENT]
