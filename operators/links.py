"""The page at a vendor that a task's button leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from airflow.sdk import BaseOperatorLink

from ..hooks.base import ConnectionInvalid

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

    from .base import VendorOperator


class VendorLink(BaseOperatorLink):
    """Leads to the start page on the host of the vendor's API; subclasses may know a better one."""

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        try:
            return self.page(cast("VendorOperator", operator).hook.settings)
        except ConnectionInvalid:
            return ""

    def page(self, settings: Any) -> str:
        """The address for a connection, empty for none."""
        return start_page(settings.base_url)


def start_page(url: str) -> str:
    """The root of the host of ``url``, empty when that has none."""
    host = urlsplit(url)
    return f"{host.scheme}://{host.netloc}/" if host.netloc else ""
