"""What can be waited for at Vitay. Source: fact sheet sections 5.2 and 5.3."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar, get_args

from ..errors import NotFound, NotListed, VendorError
from ..flows import Flow
from ..indexes import IndexReader
from ..waits import Done, Hopeless, Resource, See, Sightings, Verdict, Wait, Waiting, read_ids
from .calls import (
    list_candidates,
    list_reference_requests,
    list_references,
    show_candidate,
    show_reference,
)
from .models import Candidate, Page, Reference, ReferenceRequest

Require = Literal["enough", "all"]
R = TypeVar("R", bound="ReferenceState | ReferenceRequest")


def _total(page: Page[Any]) -> int:
    return page.pagination.total_pages


def _entries(page: Page[Any]) -> int | None:
    return page.pagination.total_entries


def _requests() -> IndexReader[ReferenceRequest]:
    return IndexReader(
        page=lambda n: list_reference_requests(page=n), total=_total, entries=_entries, show=None
    )


def _references() -> IndexReader[ReferenceState]:
    return IndexReader(
        page=lambda n: list_references(page=n),
        total=_total,
        show=show_reference,
        keep=ReferenceState.of,
    )


def _candidates() -> IndexReader[Candidate]:
    return IndexReader(page=lambda n: list_candidates(page=n), total=_total, show=show_candidate)


@dataclass(frozen=True, slots=True)
class ReferenceState:
    """What counts of a reference, a twentieth of the whole: thousands are kept at a time.

    :param is_active: None where Vitay does not say.
    """

    id: str
    candidate_id: str | None
    is_filled: bool
    is_active: bool | None
    filled_at: datetime | None
    score: float | None

    @classmethod
    def of(cls, reference: Reference) -> ReferenceState:
        """What counts of ``reference``."""
        return cls(
            reference.id,
            reference.candidate.id if reference.candidate else None,
            reference.is_filled,
            reference.is_active,
            reference.filled_at,
            reference.score,
        )


class References(Resource):
    """Single references."""

    def __init__(self) -> None:
        self._index = _references()

    @property
    def way(self) -> str:
        return self._index.way

    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        found = yield from self._index.read(keys)
        return {**self._index.others, **found}

    def sweep(self, keys: Collection[str], see: See) -> Flow[Sightings]:
        found = yield from self._index.sweep(keys, see)
        return {**self._index.others, **found}


class ReferenceRequests(Resource):
    """Reference requests, which can be read only from their index.

    One that the index leaves out, though it has shown it before, is looked for
    at its candidate, who names it as long as it is there.
    """

    def __init__(self) -> None:
        self._index = _requests()
        self._candidate_of: dict[str, str] = {}

    @property
    def way(self) -> str:
        return self._index.way

    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        seen = yield from self._index.read(keys)
        self._remember_candidates(seen)
        omitted = [key for key, state in seen.items() if isinstance(state, NotListed)]
        found = yield from self._ask_candidates(omitted)
        return {**self._index.others, **seen, **found}

    def _ask_candidates(self, omitted: Collection[str]) -> Flow[Sightings]:
        known = [key for key in omitted if key in self._candidate_of]
        if not known:
            return {}
        candidates = yield [show_candidate(self._candidate_of[key]) for key in known]
        return {key: _named_by(c, key) for key, c in zip(known, candidates, strict=True)}

    def _remember_candidates(self, seen: Mapping[str, Any]) -> None:
        self._candidate_of = {k: c for k, c in self._candidate_of.items() if k in seen}
        for key, request in seen.items():
            if isinstance(request, ReferenceRequest) and request.candidate and request.candidate.id:
                self._candidate_of[key] = request.candidate.id


def _named_by(
    candidate: Candidate | VendorError, request_id: str
) -> ReferenceRequest | VendorError:
    """The request as its candidate names it."""
    if isinstance(candidate, VendorError):
        return candidate
    for link in candidate.reference_requests:
        if link.id == request_id:
            return ReferenceRequest.model_validate(
                {
                    "id": link.id,
                    "attributes": {"filled": link.filled},
                    "relationships": {"candidate": {"type": "Candidate", "id": candidate.id}},
                }
            )
    return NotFound("its candidate does not name it any more")


@dataclass(frozen=True, slots=True)
class CheckState:
    """How far the check of one candidate is.

    :param requests: those that are filled and could be read.
    """

    candidate: Candidate
    requests: tuple[ReferenceRequest, ...]
    references: tuple[ReferenceState, ...]


class ReferenceChecks(Resource):
    """Candidates with their requests and references; what is filled is not asked for again."""

    def __init__(self) -> None:
        self._candidates = _candidates()
        self._requests = _FilledOnce(_requests())
        self._references = _FilledOnce(_references())

    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        seen = yield from self._candidates.read(keys)
        candidates = [c for c in seen.values() if isinstance(c, Candidate)]
        requests = yield from self._requests.read(
            {
                link.id
                for c in candidates
                for link in c.reference_requests
                if link.id and link.filled
            }
        )
        references = yield from self._references.read(
            {link.id for c in candidates for link in c.references if link.id}
        )
        return {**seen, **{c.id: _state(c, requests, references) for c in candidates}}


def _state(
    candidate: Candidate, requests: Mapping[str, Any], references: Mapping[str, Any]
) -> CheckState | VendorError:
    """What is known of a candidate's check; deleted records are left out of it."""
    mine = [
        [records[link.id] for link in links if link.id and link.id in records]
        for links, records in (
            (candidate.reference_requests, requests),
            (candidate.references, references),
        )
    ]
    for record in (*mine[0], *mine[1]):
        if isinstance(record, VendorError) and not isinstance(record, NotFound):
            return record
    return CheckState(
        candidate,
        tuple(r for r in mine[0] if isinstance(r, ReferenceRequest)),
        tuple(r for r in mine[1] if isinstance(r, ReferenceState)),
    )


class _FilledOnce(Generic[R]):
    """Reads records and keeps those that are filled, which they stay."""

    def __init__(self, index: IndexReader[R]) -> None:
        self._index: IndexReader[R] = index
        self._filled: dict[str, R] = {}

    def read(self, ids: set[str]) -> Flow[Mapping[str, R | VendorError]]:
        self._filled = {key: seen for key, seen in self._filled.items() if key in ids}
        seen = yield from self._index.read(ids - self._filled.keys())
        for key, record in seen.items():
            if not isinstance(record, VendorError) and record.is_filled:
                self._filled[key] = record
        return {**seen, **self._filled}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFilled(Wait):
    """A referee has answered."""

    name = "reference"
    resource = References

    reference_id: str

    @property
    def key(self) -> str:
        return self.reference_id

    def judge(self, state: ReferenceState) -> Verdict:
        if state.is_filled:
            return Done(describe_reference(state))
        if state.is_active is False:
            return Hopeless(f"reference {state.id} was deactivated before it was filled")
        return Waiting()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencesFilled(Wait):
    """Enough of several referees have answered.

    :param reference_ids: each counts once.
    :param at_least: answers that are enough, None for all.
    """

    name = "references"
    resource = References

    reference_ids: tuple[str, ...]
    at_least: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reference_ids", tuple(dict.fromkeys(self.reference_ids)))
        if self.at_least is not None:
            object.__setattr__(self, "at_least", _count("at_least", self.at_least))
            if self.at_least > len(self.reference_ids):
                raise ValueError(
                    f"at_least is {self.at_least}, of only {len(self.reference_ids)} references"
                )

    @classmethod
    def read_first(cls, name: str, value: Any) -> tuple[str, ...]:
        return read_ids(name, value)

    @property
    def key(self) -> str:
        first, *others = self.reference_ids
        return f"{first} and {len(others)} more" if others else first

    @property
    def parts(self) -> tuple[ReferenceFilled, ...]:
        return tuple(ReferenceFilled(reference_id=each) for each in self.reference_ids)

    def judge(self, state: ReferenceState) -> Verdict:
        return ReferenceFilled(reference_id=state.id).judge(state)

    def conclude(self, verdicts: Mapping[str, Verdict]) -> Verdict:
        filled = [key for key in self.reference_ids if isinstance(verdicts[key], Done)]
        gone = [key for key in self.reference_ids if isinstance(verdicts[key], Hopeless)]
        enough = self.at_least or len(self.reference_ids)
        if len(filled) >= enough:
            still_open = [key for key in self.reference_ids if isinstance(verdicts[key], Waiting)]
            return Done({"filled_ids": filled, "open_ids": still_open, "gone_ids": gone})
        if len(self.reference_ids) - len(gone) < enough:
            return Hopeless(
                f"{len(gone)} of {len(self.reference_ids)} references are gone or deactivated, "
                f"such as {gone[0]}, so {enough} cannot be filled any more"
            )
        return Waiting()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRequestFilled(Wait):
    """A candidate has submitted the list of references."""

    name = "reference request"
    resource = ReferenceRequests

    request_id: str

    @property
    def key(self) -> str:
        return self.request_id

    def judge(self, state: ReferenceRequest) -> Verdict:
        if not state.is_filled:
            return Waiting()
        return Done(
            {
                "request_id": state.id,
                "candidate_id": state.candidate.id if state.candidate else None,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceCheckCompleted(Wait):
    """Enough of a candidate's referees have answered.

    :param request_id: the request that must be filled, None for any of the candidate.
    :param min_filled: how many answers are enough, None for as many as the filled
        requests asked for.
    :param require: ``all`` asks for an answer of every active reference as well.
    """

    name = "candidate"
    resource = ReferenceChecks

    candidate_id: str
    request_id: str | None = None
    min_filled: int | None = None
    require: Require = "enough"

    def __post_init__(self) -> None:
        if self.min_filled is not None:
            object.__setattr__(self, "min_filled", _count("min_filled", self.min_filled))
        if self.require not in get_args(Require):
            raise ValueError(f"require must be one of {get_args(Require)}, got {self.require!r}")

    @property
    def key(self) -> str:
        return self.candidate_id

    def judge(self, state: CheckState) -> Verdict:
        active = [r for r in state.references if r.is_active is not False]
        filled = [r for r in active if r.is_filled]
        if not self._is_listed(state) or len(filled) < self._enough(state, active):
            return Waiting()
        return Done(
            {
                "candidate_id": state.candidate.id,
                "request_id": self.request_id,
                "reference_ids": [r.id for r in active],
                "filled_ids": [r.id for r in filled],
                "score": state.candidate.score,
            }
        )

    def _is_listed(self, state: CheckState) -> bool:
        """Whether the list is in; references that a recruiter added need no request."""
        is_unasked = self.request_id is None and not state.candidate.reference_requests
        return bool(self._filled_requests(state) or (is_unasked and state.references))

    def _filled_requests(self, state: CheckState) -> list[str | None]:
        links = state.candidate.reference_requests
        return [link.id for link in links if link.filled and self.request_id in (None, link.id)]

    def _enough(self, state: CheckState, active: list[ReferenceState]) -> int:
        """How many answers are enough; where it cannot be read how many were asked for, all."""
        asked_by = {r.id: r.min_manager_references or 1 for r in state.requests}
        asked = [asked_by.get(key or "", len(active)) for key in self._filled_requests(state)]
        enough = max(asked, default=len(active)) if self.min_filled is None else self.min_filled
        return max(1, enough, len(active) if self.require == "all" else 0)


def _count(name: str, value: object) -> int:
    """A positive whole number, also from the text that a template gives."""
    text = str(value)
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{name} must be a whole number from 1, got {text!r}")
    return int(text)


def describe_reference(state: ReferenceState) -> dict[str, Any]:
    """What a task hands on of a reference: ids, times and the score, nothing of the person."""
    return {
        "reference_id": state.id,
        "candidate_id": state.candidate_id,
        "filled_at": state.filled_at.isoformat() if state.filled_at else None,
        "score": state.score,
    }
