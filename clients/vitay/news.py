"""What can be found out at Vitay without being told. Source: fact sheet section 5.2."""

from __future__ import annotations

from ..news import Ids, News
from .models import Reference
from .waits import References


class ReferenceCompleted(News):
    """A referee has answered."""

    vendor = "vitay"
    event = "reference.completed"
    resource = References

    @classmethod
    def mark(cls, record: Reference) -> str | None:
        return record.id if record.is_filled else None

    @classmethod
    def ids(cls, record: Reference) -> Ids:
        candidate = record.candidate.id if record.candidate else None
        return {"reference_id": record.id} | ({"candidate_id": candidate} if candidate else {})
