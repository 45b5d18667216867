"""How Airflow checks the URIs of our assets when a DAG file names one by hand.

Airflow imports this wherever it checks any URI, so it imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import VENDOR_ASSETS

if TYPE_CHECKING:
    from urllib.parse import SplitResult


def check_uri(uri: SplitResult) -> SplitResult:
    """The URI if it names a connection and something that happens at its vendor.

    :raises ValueError: it does not; the text says what is wrong and how one looks.
    """
    paths = [asset.path for asset in VENDOR_ASSETS if asset.vendor == uri.scheme]
    path = uri.path.strip("/")
    if not uri.netloc or uri.username is not None or uri.query:
        fault = "names no connection" if not uri.netloc else "has a user or a query"
    elif path not in paths:
        fault = f"ends in /{path}, which is none of {', '.join(paths)}"
    else:
        return uri._replace(path=f"/{path}")
    raise ValueError(
        f"an asset of {uri.scheme} is written {uri.scheme}://<connection>/{paths[0]}, "
        f"and this URI {fault}"
    )
