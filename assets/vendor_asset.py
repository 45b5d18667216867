"""What an asset of ours is: a place below a connection, an event, and what names its records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    """

    vendor: str
    path: str
    event: str
    ids: tuple[str, ...]

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
