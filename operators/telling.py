"""How a step tells other DAGs what it has changed: by an event of an asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk.execution_time.context import InletEventsAccessors

if TYPE_CHECKING:
    from airflow.sdk import Asset, Context

    from ..assets.vendor_asset import VendorAsset


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells of one asset of one connection.

    Airflow makes an event of each outlet that a task has when it succeeds. So what is not to
    be told is taken out of the outlets before.
    """

    what: VendorAsset
    conn_id: str

    def add_to(self, outlets: Sequence[Any]) -> list[Any]:
        """A task's outlets with the asset, which an author may have named already."""
        mine = self.what(self.conn_id)
        return [*outlets] if any(map(self._is_mine, outlets)) else [*outlets, mine]

    def tell(
        self, context: Context, outlets: Sequence[Any], records: Sequence[Mapping[str, str]]
    ) -> list[Any]:
        """Have Airflow tell of ``records`` when the task succeeds.

        :returns: the task's outlets; without the asset if there is nothing to tell, or if an
            earlier try has told it, as when a task is cleared and its outcome is reused.
        """
        from ..provider.contracts import VENDOR_EVENT

        event = self.what.tell(self.conn_id, records).as_json()
        if not records or self._is_told(context, event):
            return [outlet for outlet in outlets if not self._is_mine(outlet)]
        context["outlet_events"][self.what(self.conn_id)].extra[VENDOR_EVENT] = event
        return [*outlets]

    def _is_told(self, context: Context, event: Mapping[str, Any]) -> bool:
        """Whether this task has succeeded with the same before."""
        from ..provider.contracts import VENDOR_EVENT

        ti: Any = context["ti"]
        if ti.try_number == 1:
            return False
        asset = self.what(self.conn_id)
        since = context["dag_run"].run_after.isoformat()
        earlier = InletEventsAccessors([asset])[asset].after(since)
        return any(
            _is_of(ti, each) and (each.extra or {}).get(VENDOR_EVENT) == event for each in earlier
        )

    def _is_mine(self, outlet: Asset | Any) -> bool:
        return getattr(outlet, "uri", None) == self.what.uri(self.conn_id)


def _is_of(ti: Any, event: Any) -> bool:
    """Whether a task has emitted an event."""
    source = (event.source_dag_id, event.source_task_id, event.source_run_id)
    return source == (ti.dag_id, ti.task_id, ti.run_id) and event.source_map_index == (
        -1 if ti.map_index is None else ti.map_index
    )
