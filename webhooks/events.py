"""What a vendor has told, and what makes it the same event when it is told again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..provider.contracts import VendorEvent

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")
"""What an id of a record looks like; an e-mail address or a whole name does not."""

UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
LONGEST_TYPE = 80
"""Letters of a type, so that its tag is one that Airflow takes (100)."""


class Malformed(ValueError):
    """A delivery that holds no event; the text holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a delivery.

    :param identity: The same whenever the same event is told; says nothing of it.
    :param counts_again: Nothing in it tells it from a later one that is equal, so after some
        minutes an equal one is another event.
    """

    event: VendorEvent
    identity: str
    counts_again: bool = False

    def run_id(self, moment: float) -> str:
        """The id of the runs that it starts; of another telling the same, unless it counts again.

        :param moment: When it was told, in seconds since 1970.
        """
        key = f"{self.identity} {moment:.3f}" if self.counts_again else self.identity
        digest = hashlib.sha256(key.encode()).hexdigest()[:32]
        return f"on__{self.event.vendor}__{self.event.type}__{digest}"


def identify(event: VendorEvent, *parts: Any) -> str:
    """What is the same whenever the event is told.

    :param parts: JSON, whatever besides vendor and connection tells it from others.
    """
    key = json.dumps([event.vendor, event.conn_id, event.type, *parts], sort_keys=True)
    return hashlib.sha256(key.encode()).hexdigest()


def safe_type(text: str) -> str:
    """What a vendor calls an event, as it may stand in a tag and in a run id.

    :raises Malformed: nothing of it may.
    """
    safe = UNSAFE.sub("_", text)[:LONGEST_TYPE]
    if not safe.strip("_"):
        raise Malformed("there is no type of event")
    return safe


def read_id(value: object) -> str | None:
    """An id of a record; None for whatever is none."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if ID.fullmatch(text) else None


def ids_only(**values: object) -> dict[str, str]:
    """Those of the values that are ids."""
    return {name: known for name, value in values.items() if (known := read_id(value))}


def read_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object that a body holds.

    :raises Malformed: it holds none.
    """
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("it is not JSON") from None
    if not isinstance(read, dict):
        raise Malformed("it is not a JSON object")
    return read
