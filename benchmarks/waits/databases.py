"""A fresh metadata database for each contender: SQLite in Airflow's home, or one on PostgreSQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError

DRIVER = "postgresql+psycopg2"


class NoDatabase(Exception):
    """The database that was named cannot be used; the text says what to do."""


@contextmanager
def scratch_database(server: str | None) -> Iterator[str | None]:
    """A database that is there while the block lasts.

    :param server: address of a PostgreSQL whose user may create databases, None for SQLite.
    :returns: its address for Airflow, None for the SQLite that every local Airflow has.
    :raises NoDatabase: no PostgreSQL answers there, or it takes no such user.
    """
    if server is None:
        yield None
        return
    address = _parse(server)
    name = f"talent_benchmark_{secrets.token_hex(4)}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        _execute(engine, address, f"CREATE DATABASE {name}")
        try:
            yield address.set(database=name).render_as_string(hide_password=False)
        finally:
            _execute(engine, address, f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        engine.dispose()


def _parse(server: str) -> URL:
    try:
        address = make_url(server)
    except ArgumentError:
        raise NoDatabase(
            "The database must be an address such as postgresql://user:password@127.0.0.1/postgres"
        ) from None
    if address.get_backend_name() != "postgresql":
        raise NoDatabase(
            f"The database must be a PostgreSQL, not {address.get_backend_name()}; "
            "leave the option out for SQLite"
        )
    return address.set(drivername=DRIVER)


def _execute(engine: Engine, address: URL, statement: str) -> None:
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    except OperationalError:
        raise NoDatabase(
            f"No PostgreSQL at {address.host}:{address.port or 5432} lets {address.username} in; "
            "start one, name another, or leave the option out for SQLite"
        ) from None
