"""What an asset of ours is: a place below a connection, an event, and what names its records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from airflow.sdk import Asset, AssetWatcher

    from ..provider.contracts import VendorEvent


@dataclass(frozen=True, slots=True)
class VendorAsset:
    """Something that happens at a vendor; calling it gives the asset of one connection.

    :param vendor: Such as ``vitay``; the scheme of the URI.
    :param path: Which records and what happens to them, such as ``references/filled``.
    :param event: The type of :class:`.VendorEvent` that tells of it.
    :param ids: What names a record in such an event; the first names what it is about.
    :param watcher: The trigger that finds it out where the vendor can be asked for all
        records, None where it cannot.
    """

    vendor: str
    path: str
    event: str
    ids: tuple[str, ...]
    watcher: str | None = None

    def watched(
        self, conn_id: str | None = None, *, every: timedelta = timedelta(minutes=15)
    ) -> Asset:
        """The asset with a watcher: Airflow's triggerer reads all records again and again.

        What one reading finds goes into one event. It shares its requests with the
        deferred sensors of the same connection that look as often (``poke_interval``).
        One DAG file is enough to name the asset so; others name it without a watcher.

        :param conn_id: Airflow connection, None for the vendor's default one.
        :param every: how often the records are read; up to four times as seldom while
            nothing happens.
        :raises ValueError: the vendor cannot be asked for all records.
        """
        if self.watcher is None:
            raise ValueError(f"nothing can find out {self.uri(conn_id)}: let a webhook tell of it")
        from importlib import import_module

        from airflow.sdk import AssetWatcher

        module, _, name = self.watcher.rpartition(".")
        trigger = getattr(import_module(module), name)(
            conn_id=conn_id or f"{self.vendor}_default",
            interval=every.total_seconds(),
            asset=self.uri(conn_id),
        )
        return self(conn_id, watchers=[AssetWatcher(name=self.uri(conn_id), trigger=trigger)])

    def __call__(
        self, conn_id: str | None = None, *, watchers: Sequence[AssetWatcher] = ()
    ) -> Asset:
        """The asset, to be named in a DAG's ``schedule`` or a task's ``outlets`` and ``inlets``.

        :param conn_id: Airflow connection, None for the vendor's default one.
        :param watchers: What finds such events, in Airflow's triggerer.
        """
        from airflow.sdk import Asset

        uri = self.uri(conn_id)
        # Airflow checks a URI with the code of all installed providers, which each process that
        # reads a DAG would import: half a second with Amazon's. An `x-` scheme is not checked.
        asset = Asset(name=uri, uri=f"x-{uri}", watchers=list(watchers))
        object.__setattr__(asset, "uri", uri)
        return asset

    def uri(self, conn_id: str | None = None) -> str:
        """Its URI, which is its name as well."""
        return f"{self.vendor}://{quote(conn_id or f'{self.vendor}_default', safe='')}/{self.path}"

    def tell(self, conn_id: str, records: Iterable[Mapping[str, str]]) -> VendorEvent:
        """The event that it has happened to some records."""
        from ..provider.contracts import VendorEvent

        return VendorEvent(
            vendor=self.vendor, type=self.event, conn_id=conn_id, records=list(records)
        )
