"""When a wait is over, and how it ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.clients.errors import (
    AuthenticationFailed,
    BlockedBySafety,
    Conflict,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    QuotaExceeded,
    RateLimited,
    UnexpectedAnswer,
    VendorUnavailable,
)
from airflow_talent.clients.vitay.models import Candidate, Reference, ReferenceRequest
from airflow_talent.clients.vitay.waits import (
    CheckState,
    ReferenceCheckCompleted,
    ReferenceFilled,
    ReferenceRequestFilled,
    ReferenceState,
)
from airflow_talent.clients.waits import Done, Hopeless, Progress, Verdict, Waiting, Watcher

AT = "2023-05-04T12:34:56.000Z"


def reference(key: str = "r-1", **attributes: Any) -> ReferenceState:
    return ReferenceState.of(Reference.model_validate({"id": key, "attributes": attributes}))


def request(key: str = "rr-1", **attributes: Any) -> ReferenceRequest:
    return ReferenceRequest.model_validate({"id": key, "attributes": attributes})


def kind(verdict: Verdict) -> str:
    return type(verdict).__name__


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"filled": False, "filled_at": None}, "Waiting"),
        ({"filled": "false"}, "Waiting"),
        ({}, "Waiting"),
        ({"filled": True, "filled_at": AT}, "Done"),
        ({"filled": "true"}, "Done"),
        ({"filled": False, "filled_at": AT}, "Done"),
        ({"filled_at": AT}, "Done"),
        ({"filled": None, "filled_at": ""}, "Waiting"),
        ({"is_active": False}, "Hopeless"),
        ({"is_active": "false", "filled_at": AT}, "Done"),
        ({"is_active": None}, "Waiting"),
        ({"is_pending": True}, "Waiting"),
    ],
)
def test_a_reference_is_filled_when_the_referee_has_answered(
    attributes: dict[str, Any], expected: str
) -> None:
    wait = ReferenceFilled(reference_id="r-1")
    assert kind(wait.judge(reference(**attributes))) == expected


def test_a_filled_reference_hands_on_ids_times_and_the_score() -> None:
    state = Reference.model_validate(
        {
            "id": "r-1",
            "attributes": {"email": "bo@y.test", "filled_at": AT, "score": "85"},
            "relationships": {"candidate": {"type": "Candidate", "id": "c-1"}},
        }
    )
    assert ReferenceFilled(reference_id="r-1").judge(ReferenceState.of(state)) == Done(
        {
            "reference_id": "r-1",
            "candidate_id": "c-1",
            "filled_at": "2023-05-04T12:34:56+00:00",
            "score": 85.0,
        }
    )


@pytest.mark.parametrize(
    ("filled", "expected"),
    [(False, "Waiting"), (None, "Waiting"), ("false", "Waiting"), ("true", "Done"), (True, "Done")],
)
def test_a_request_is_filled_when_the_list_is_in(filled: Any, expected: str) -> None:
    wait = ReferenceRequestFilled(request_id="rr-1")
    assert kind(wait.judge(request(filled=filled))) == expected


def check(
    *references: ReferenceState,
    requests: dict[str, tuple[bool, int | None]],
    unread: tuple[str, ...] = (),
) -> CheckState:
    """A candidate's check; ``requests``: whether each is filled and how many it asked for."""
    links = [{"id": key, "filled": filled} for key, (filled, _) in requests.items()]
    return CheckState(
        Candidate.model_validate(
            {
                "id": "c-1",
                "attributes": {"score": 70},
                "relationships": {
                    "reference_requests": links,
                    "references": [{"id": r.id} for r in references],
                },
            }
        ),
        tuple(
            request(key, filled=True, min_manager_references=asked)
            for key, (filled, asked) in requests.items()
            if filled and key not in unread
        ),
        references,
    )


FILLED = {"filled_at": AT}
OPEN: dict[str, Any] = {"filled": False}
GONE = {"is_active": False}


def people(**kinds: dict[str, Any]) -> tuple[ReferenceState, ...]:
    return tuple(reference(key, **attributes) for key, attributes in kinds.items())


CHECKS: list[tuple[str, dict[str, Any], CheckState, str]] = [
    ("nobody was asked", {}, check(requests={}), "Waiting"),
    ("the list is not in", {}, check(requests={"rr-1": (False, 1)}), "Waiting"),
    ("the list is in", {}, check(*people(a=OPEN), requests={"rr-1": (True, 1)}), "Waiting"),
    ("one of one", {}, check(*people(a=FILLED), requests={"rr-1": (True, 1)}), "Done"),
    (
        "one of two",
        {},
        check(*people(a=FILLED, b=OPEN), requests={"rr-1": (True, 2)}),
        "Waiting",
    ),
    (
        "two of three, two asked for",
        {},
        check(*people(a=FILLED, b=OPEN, c=FILLED), requests={"rr-1": (True, 2)}),
        "Done",
    ),
    (
        "two of three, all required",
        {"require": "all"},
        check(*people(a=FILLED, b=OPEN, c=FILLED), requests={"rr-1": (True, 2)}),
        "Waiting",
    ),
    (
        "all that are active",
        {"require": "all"},
        check(*people(a=FILLED, b=GONE, c=FILLED), requests={"rr-1": (True, 2)}),
        "Done",
    ),
    (
        "a deactivated answer does not count",
        {},
        check(*people(a=FILLED | GONE, b=FILLED), requests={"rr-1": (True, 2)}),
        "Waiting",
    ),
    (
        "one is enough when told so",
        {"min_filled": 1},
        check(*people(a=FILLED, b=OPEN), requests={"rr-1": (True, 2)}),
        "Done",
    ),
    (
        "more may be wanted than were asked for",
        {"min_filled": 3},
        check(*people(a=FILLED, b=FILLED), requests={"rr-1": (True, 1)}),
        "Waiting",
    ),
    (
        "none asked for still means one",
        {},
        check(*people(a=OPEN), requests={"rr-1": (True, 0)}),
        "Waiting",
    ),
    (
        "an unknown number means one",
        {},
        check(*people(a=FILLED, b=OPEN), requests={"rr-1": (True, None)}),
        "Done",
    ),
    (
        "answers before the list is in",
        {},
        check(*people(a=FILLED), requests={"rr-1": (False, 1)}),
        "Waiting",
    ),
    (
        "of two requests the filled one counts",
        {},
        check(*people(a=FILLED), requests={"rr-1": (True, 1), "rr-2": (False, 5)}),
        "Done",
    ),
    (
        "of two filled requests the greater counts",
        {},
        check(*people(a=FILLED), requests={"rr-1": (True, 1), "rr-2": (True, 2)}),
        "Waiting",
    ),
    (
        "the other request is filled",
        {"request_id": "rr-2"},
        check(*people(a=FILLED), requests={"rr-1": (True, 1), "rr-2": (False, 1)}),
        "Waiting",
    ),
    (
        "the named request is filled",
        {"request_id": "rr-1"},
        check(*people(a=FILLED), requests={"rr-1": (True, 1), "rr-2": (True, 4)}),
        "Done",
    ),
    (
        "a request of somebody else",
        {"request_id": "rr-9"},
        check(*people(a=FILLED), requests={"rr-1": (True, 1)}),
        "Waiting",
    ),
    (
        "added by a recruiter, no request",
        {},
        check(*people(a=FILLED, b=FILLED), requests={}),
        "Done",
    ),
    (
        "added by a recruiter, one open",
        {},
        check(*people(a=FILLED, b=OPEN), requests={}),
        "Waiting",
    ),
    (
        "added by a recruiter, all deactivated",
        {},
        check(*people(a=GONE, b=GONE), requests={}),
        "Waiting",
    ),
    (
        "how many were asked for cannot be read, one open",
        {},
        check(*people(a=FILLED, b=OPEN), requests={"rr-1": (True, 1)}, unread=("rr-1",)),
        "Waiting",
    ),
    (
        "how many were asked for cannot be read, all answered",
        {},
        check(*people(a=FILLED, b=FILLED), requests={"rr-1": (True, 5)}, unread=("rr-1",)),
        "Done",
    ),
]


@pytest.mark.parametrize(
    ("arguments", "state", "expected"), [c[1:] for c in CHECKS], ids=[c[0] for c in CHECKS]
)
def test_a_check_is_complete_when_enough_referees_have_answered(
    arguments: dict[str, Any], state: CheckState, expected: str
) -> None:
    wait = ReferenceCheckCompleted(candidate_id="c-1", **arguments)
    assert kind(wait.judge(state)) == expected


def test_a_complete_check_hands_on_ids_and_the_score() -> None:
    state = check(*people(a=FILLED, b=OPEN, c=GONE), requests={"rr-1": (True, 1)})
    assert ReferenceCheckCompleted(candidate_id="c-1").judge(state) == Done(
        {
            "candidate_id": "c-1",
            "request_id": None,
            "reference_ids": ["a", "b"],
            "filled_ids": ["a"],
            "score": 70.0,
        }
    )


@given(
    st.lists(st.sampled_from([FILLED, OPEN, GONE]), max_size=6),
    st.integers(1, 6),
    st.sampled_from(["enough", "all"]),
)
def test_a_check_is_never_complete_with_fewer_answers_than_wanted(
    kinds: list[dict[str, Any]], wanted: int, require: Any
) -> None:
    references = [reference(f"r-{n}", **attributes) for n, attributes in enumerate(kinds)]
    wait = ReferenceCheckCompleted(candidate_id="c-1", min_filled=wanted, require=require)
    verdict = wait.judge(check(*references, requests={"rr-1": (True, 1)}))
    filled, still_open = kinds.count(FILLED), kinds.count(OPEN)
    is_complete = filled >= wanted and not (require == "all" and still_open)
    assert kind(verdict) == ("Done" if is_complete else "Waiting")


@pytest.mark.parametrize("min_filled", ["0", 0, -1, "two", "1.5", 1.5, True, "+1"])
def test_a_number_of_answers_that_is_none_is_refused(min_filled: Any) -> None:
    with pytest.raises(ValueError, match="min_filled must be a whole number from 1"):
        ReferenceCheckCompleted(candidate_id="c-1", min_filled=min_filled)


def test_arguments_may_come_out_of_a_template() -> None:
    wait = ReferenceCheckCompleted.parse(
        {"candidate_id": "c-1", "request_id": "None", "min_filled": "2", "require": "all"}
    )
    assert wait == ReferenceCheckCompleted(candidate_id="c-1", min_filled=2, require="all")


@pytest.mark.parametrize(
    "arguments",
    [
        {"candidate_id": ""},
        {"candidate_id": "None"},
        {},
        {"candidate_id": "c-1", "require": "most"},
        {"candidate_id": "c-1", "patience": 3},
    ],
)
def test_wrong_arguments_of_a_wait_are_named(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"candidate|require|patience"):
        ReferenceCheckCompleted.parse(arguments)


def watcher() -> Watcher:
    return Watcher(ReferenceFilled(reference_id="r-1"))


def test_a_record_that_is_missing_twice_is_gone() -> None:
    watching = watcher()
    assert watching.judge(NotFound("x")) == Waiting()
    verdict = watching.judge(NotFound("x"))
    assert verdict == Hopeless("reference r-1 is gone: the vendor does not know it")


def test_a_record_that_comes_back_is_not_gone() -> None:
    watching = watcher()
    for sighting in (NotFound("x"), reference(), NotFound("x")):
        assert watching.judge(sighting) == Waiting()


def test_a_fault_between_two_absences_makes_neither_more_nor_less_of_them() -> None:
    watching = watcher()
    assert watching.judge(NotFound("x")) == Waiting()
    assert watching.judge(VendorUnavailable("x")) == Waiting()
    assert kind(watching.judge(NotFound("x"))) == "Hopeless"


@pytest.mark.parametrize(
    "error", [RateLimited, VendorUnavailable, UnexpectedAnswer, OutcomeUnknown, Conflict]
)
def test_passing_faults_are_counted_and_survived(error: type) -> None:
    progress = Progress(ReferenceFilled(reference_id="r-1"))
    for faults in (1, 2, 3):
        assert progress.see({"r-1": error("x")}) == Waiting()
        assert progress.faults == faults
    assert kind(progress.see({"r-1": reference(**FILLED)})) == "Done"


@pytest.mark.parametrize(
    "error",
    [AuthenticationFailed, PermissionDenied, InvalidRequest, BlockedBySafety, QuotaExceeded],
)
def test_what_looking_again_does_not_mend_ends_the_wait(error: type) -> None:
    with pytest.raises(error):
        watcher().judge(error("x"))


def test_the_moment_of_the_fact_sheet_is_read_as_utc() -> None:
    assert reference(**FILLED).filled_at == datetime(2023, 5, 4, 12, 34, 56, tzinfo=UTC)
