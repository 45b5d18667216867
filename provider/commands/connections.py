"""Airflow's connections, as the shell sees them: from the environment and Airflow's own stores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..connections import CONNECTION_TYPES

if TYPE_CHECKING:
    from ...hooks.base import VendorHook

HOOKS = {kind["connection-type"]: kind["hook-class-name"] for kind in CONNECTION_TYPES}
"""Where the hook of each connection type is."""

FROM_ENVIRONMENT = "AIRFLOW_CONN_"


class ConnectionUnusable(Exception):
    """A connection is missing or its fields cannot be used; the text says which and why."""


def open_hook(vendor: str, conn_id: str) -> VendorHook[Any]:
    """The hook of a vendor over one connection.

    :raises ConnectionUnusable: there is no such connection, or its fields are wrong.
    """
    _use_all_stores()
    from airflow.sdk.exceptions import AirflowNotFoundException

    module, _, name = HOOKS[vendor].rpartition(".")
    hook: VendorHook[Any] = getattr(import_module(module), name)(conn_id)
    try:
        _ = hook.settings
    except AirflowNotFoundException:
        raise ConnectionUnusable(
            f"there is no connection {conn_id}; make it in Airflow or set "
            f"{FROM_ENVIRONMENT}{conn_id.upper()}"
        ) from None
    except ValueError as error:
        raise ConnectionUnusable(str(error)) from None
    return hook


def find_connections() -> dict[str, str]:
    """Vendor by id of each connection to one, from the environment and Airflow's database."""
    _use_all_stores()
    return dict(_in_database()) | dict(_in_environment())


def _use_all_stores() -> None:
    # As `airflow connections` does; otherwise Airflow's database is left out.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    # What Airflow notes while it is loaded is not what somebody at a shell has asked for.
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")


def _in_environment() -> Iterator[tuple[str, str]]:
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend

    for name in os.environ:
        if name.startswith(FROM_ENVIRONMENT):
            conn_id = name.removeprefix(FROM_ENVIRONMENT).lower()
            connection = EnvironmentVariablesBackend().get_connection(conn_id)
            if connection is not None and connection.conn_type in HOOKS:
                yield conn_id, connection.conn_type


def _in_database() -> Iterator[tuple[str, str]]:
    if not _has_database():
        return
    from airflow.models import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import select
    from sqlalchemy.exc import SQLAlchemyError

    query = select(Connection.conn_id, Connection.conn_type).where(Connection.conn_type.in_(HOOKS))
    try:
        with create_session() as session:
            yield from [(conn_id, kind) for conn_id, kind in session.execute(query)]
    except SQLAlchemyError:
        # It was never set up, so the environment is all there is.
        return


def _has_database() -> bool:
    from airflow.configuration import conf
    from sqlalchemy import make_url

    url = make_url(conf.get_mandatory_value("database", "sql_alchemy_conn"))
    # Merely asking a SQLite database that is not there would make one.
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()
