"""Finding sources and filters by what people call them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..errors import InvalidRequest, NotFound, PermissionDenied
from ..flows import Flow
from .calls import check_profile, list_filters, list_sources, show_profile
from .models import Filter, Profile, Source

R = TypeVar("R", Source, Filter)

ID = re.compile(r"[0-9A-Za-z]{40}")
"""What is taken for an id without asking, so that a key that may only write is enough."""


def find_source(wanted: str) -> Flow[str]:
    """The id of a source given by id or name.

    With a key that may not read, whatever is given is taken for an id.

    :raises InvalidRequest: none is called so, or several are; lists the choices.
    """
    if ID.fullmatch(wanted):
        return wanted
    try:
        sources: list[Source] = yield list_sources()
    except PermissionDenied:
        return wanted
    source = _choose(
        wanted, sources, (lambda s: s.source_id, lambda s: s.name), kind="source", of=list_sources
    )
    return source.source_id


def find_filter(wanted: str) -> Flow[dict[str, str]]:
    """A filter given by id, reference or name, as calls take it: ``{"filter_id": …}``.

    With a key that may not read, whatever is no id is taken for a reference.

    :raises InvalidRequest: none is called so, or several are; lists the choices.
    """
    if ID.fullmatch(wanted):
        return {"filter_id": wanted}
    try:
        filters: list[Filter] = yield list_filters()
    except PermissionDenied:
        return {"filter_reference": wanted}
    job = _choose(
        wanted,
        filters,
        (lambda f: f.filter_id, lambda f: f.filter_reference, lambda f: f.name),
        kind="filter",
        of=list_filters,
    )
    return {"filter_id": job.filter_id}


def find_profile(source_id: str, profile_reference: str) -> Flow[Profile | None]:
    """The profile with a reference in a source, None when there is none."""
    try:
        profile: Profile = yield show_profile(source_id, profile_reference=profile_reference)
    except NotFound:
        return None
    return profile


def check_key() -> Flow[None]:
    """Find out whether the key is good for reading, or at least for writing; changes nothing."""
    try:
        yield list_sources()
    except PermissionDenied:
        yield check_profile({"name": "Connection check"})


def _choose(
    wanted: str,
    records: Sequence[R],
    names: Sequence[Callable[[R], str | None]],
    *,
    kind: str,
    of: Any,
) -> R:
    """The record that is called ``wanted`` by the first of its names that any is called by."""
    found = ([record for record in records if name(record) == wanted] for name in names)
    matches: list[R] = next(filter(None, found), [])
    if len(matches) == 1:
        return matches[0]
    choices = ", ".join(f"{record.name!r} ({names[0](record)})" for record in records)
    raise InvalidRequest(
        f"{len(matches) or 'no'} {kind}s are called {wanted!r}; there are {choices or 'none'}",
        vendor="riminder",
        call=of.name,
    )
