"""How a reminder at Vitay is sent once, and how one recognises that it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..clients.errors import Conflict, InvalidRequest, NotFound
from .once import Effect, OnceOnly
from .reminders import Remindable

if TYPE_CHECKING:
    from ..clients.calls import Call
    from ..clients.flows import Flow
    from ..clients.vitay.models import Reference, ReferenceRequest

REFUSED = (InvalidRequest, Conflict)
"""How Vitay may say that it takes no reminder now; its documents name no status."""


def reminder_of(kind: str, record_id: str, *, before: dict[str, Any] | None = None) -> Effect:
    """The effect of reminding the person behind a reference or a request.

    :param before: :func:`reminders_of` the record, when it was just read.
    """
    from ..clients.vitay import remind_reference, remind_reference_request

    remind_by: dict[str, Callable[[str], Call[Any]]] = {
        "reference": remind_reference,
        "reference_request": remind_reference_request,
    }

    def observe() -> Flow[dict[str, Any]]:
        return before if before is not None else (yield from _read(kind, record_id))

    def find(earlier: dict[str, Any]) -> Flow[dict[str, Any] | None]:
        now = yield from _read(kind, record_id)
        is_moved = any(now[name] != earlier[name] for name in ("count", "latest_sent_at"))
        return result(kind, record_id) if is_moved else None

    def settled(earlier: dict[str, Any]) -> dict[str, Any] | None:
        refusal = earlier["refusal"]
        return result(kind, record_id, refusal) if refusal else None

    return Effect(
        record=name_of(kind, record_id),
        call=remind_by[kind](record_id),
        describe=lambda _: result(kind, record_id),
        observe=observe,
        find=find,
        settled=settled,
    )


def remind_all(
    once: OnceOnly, effects: Sequence[Effect], kinds_and_ids: Sequence[tuple[str, str]]
) -> list[dict[str, Any] | Exception]:
    """Send reminders concurrently; a refusal is a result, anything else stays an error."""
    return [
        result(*kind_and_id, outcome.code or "refused") if isinstance(outcome, REFUSED) else outcome
        for kind_and_id, outcome in zip(kinds_and_ids, once.perform_all(effects), strict=True)
    ]


def name_of(kind: str, record_id: str) -> str:
    """What a reminder is called in the task's state store."""
    return f"reminder:{kind}:{record_id}"


def result(kind: str, record_id: str, reason: str | None = None) -> dict[str, Any]:
    """A reminder's outcome; ``reason`` says why it was not sent."""
    return {"kind": kind, "record_id": record_id, "is_sent": reason is None, "reason": reason}


def reminders_of(record: Reference | ReferenceRequest) -> dict[str, Any]:
    """What Vitay shows of a record's reminders, as JSON; any change means one was sent."""
    reminder = record.reminder
    latest = reminder.latest_sent_at
    refusal = None
    if record.is_filled:
        refusal = "already_filled"
    elif reminder.count_exceeded:
        refusal = "count_exceeded"
    elif reminder.rate_exceeded:
        refusal = "rate_exceeded"
    return {
        "count": reminder.count,
        "latest_sent_at": latest.isoformat() if latest else None,
        "refusal": refusal,
    }


def as_remindable(record: Reference | ReferenceRequest) -> Remindable:
    """A record as the reminder policy sees it."""
    return Remindable(
        is_filled=record.is_filled,
        is_active=getattr(record, "is_active", None) is not False,
        is_pending=bool(getattr(record, "is_pending", None)),
        created_at=record.created_at,
        reminder=record.reminder,
    )


def _read(kind: str, record_id: str) -> Flow[dict[str, Any]]:
    from ..clients.vitay import show_reference
    from ..clients.vitay.calls import find_reference_request

    if kind == "reference":
        return reminders_of((yield show_reference(record_id)))
    request = yield from find_reference_request(record_id)
    if request is None:
        raise NotFound(f"there is no reference request {record_id}", vendor="vitay")
    return reminders_of(request)


def sort_outcome(outcome: dict[str, Any] | Exception) -> str:
    """``sent``, ``refused`` or ``failed``."""
    if isinstance(outcome, Exception):
        return "failed"
    return "sent" if outcome["is_sent"] else "refused"
