"""The figures Vitay computes of a firm and of a recruiter. The average time is in hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from .records import Candidate, Recruiter, Reference, Store
from .shapes import percent

MOST_TOP_RECRUITERS = 5


def recruiter_figures(store: Store, recruiter: Recruiter) -> dict[str, Any]:
    """The five figures of one recruiter."""
    return _figures(store.candidates.seen_by(recruiter.id), store.references.seen_by(recruiter.id))


def firm_figures(store: Store, *, date_key: str | None) -> dict[str, Any]:
    """The figures of the firm.

    The documentation prints its series with one key called ``date``; whether that is the name or
    stands for each date is not said. With None for ``date_key``, each date is a key.
    """
    candidates, references = list(store.candidates), list(store.references)
    return {
        **_figures(candidates, references),
        "candidate_count_by_date": _count_by_date((c.created_at for c in candidates), date_key),
        "reference_count_by_date": _count_by_date((r.created_at for r in references), date_key),
        "top_recruiters": _top_recruiters(store),
    }


def _figures(candidates: Sequence[Candidate], references: Sequence[Reference]) -> dict[str, Any]:
    hours = [
        (reference.filled_at - reference.created_at).total_seconds() / 3600
        for reference in references
        if reference.filled_at
    ]
    return {
        "total_candidates": len(candidates),
        "total_references": len(references),
        "completed_references": len(hours),
        "avg_reference_completion_time": round(_mean(hours), 2),
        "avg_candidates_score": percent(_mean([candidate.score for candidate in candidates])),
    }


def _count_by_date(moments: Iterable[datetime], date_key: str | None) -> list[dict[str, int]]:
    counts = Counter(moment.date().isoformat() for moment in moments)
    return [{date_key or date: counts[date]} for date in sorted(counts)]


def _top_recruiters(store: Store) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "name": store.user_of(recruiter.id).name,
            "total_references": len(references),
            "completed_references": sum(reference.filled for reference in references),
        }
        for recruiter in store.recruiters
        if (references := store.references.seen_by(recruiter.id))
    ]
    rows.sort(key=lambda row: row["completed_references"], reverse=True)
    return rows[:MOST_TOP_RECRUITERS]


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0
