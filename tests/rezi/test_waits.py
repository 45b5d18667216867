"""Waiting for a score: what an answer means, poking, and what ends a wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.clients.errors import (
    AuthenticationFailed,
    InvalidRequest,
    NotFound,
    RateLimited,
)
from airflow_talent.clients.rezi.models import Score
from airflow_talent.clients.rezi.waits import ResumeScored, Scores
from airflow_talent.clients.waits import Done, Waiting
from airflow_talent.tests.offline import OfflineAirflow
from airflow_talent.tests.rezi.world import RESUME, ReziWorld
from airflow_talent.tests.vendors import NewRunner

DAGS = Path(__file__).parent / "dags"

Run = Callable[..., Any]


@pytest.fixture
def wait(offline_airflow: OfflineAirflow, world: ReziWorld) -> Run:
    """Waits in a task that pokes; returns its state and result."""
    offline_airflow.add_dags(*DAGS.glob("*.py"))

    def wait(**params: Any) -> tuple[str, Any]:
        ti = offline_airflow.run("rezi_wait", params).get_task_instance("wait")
        return str(ti.state), ti.xcom_pull(task_ids="wait")

    return wait


@pytest.mark.parametrize(
    ("min_score", "score", "is_done"),
    [
        (None, None, False),
        (None, 0, True),
        (0, None, False),
        (70, 69.9, False),
        (70, 70, True),
        ("70", 71, True),
        (" 70.5 ", 70, False),
        ("None", 5, True),
        ("", 5, True),
    ],
)
def test_a_score_is_enough_or_not_yet(min_score: Any, score: Any, is_done: bool) -> None:
    waiting = ResumeScored.parse({"resume_id": " r-1 ", "min_score": min_score})
    verdict = waiting.judge(Score(score=score))
    assert verdict == (Done({"resume_id": "r-1", "score": score}) if is_done else Waiting())


@pytest.mark.parametrize("wrong", ["high", "-1", "101", "nan", "inf", [7]])
def test_a_score_that_cannot_be_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="min_score must be a number from 0 to 100"):
        ResumeScored.parse({"resume_id": "r-1", "min_score": wrong})


def test_one_look_sees_all_or_says_why_not(new_runner: NewRunner, world: ReziWorld) -> None:
    world.score(50)
    seen = new_runner().follow(Scores().look([RESUME, "none"]))
    assert seen[RESUME].score == 50
    assert isinstance(seen["none"], NotFound)
    world.set(error_mode="overview")
    seen = new_runner().follow(Scores().look([RESUME, "none"]))
    assert isinstance(seen["none"], InvalidRequest)


def test_a_vendor_that_is_tired_is_not_asked_for_the_rest(
    new_runner: NewRunner, world: ReziWorld
) -> None:
    world.spoil("/score", "status", code=429, retry_after=3600, times=None)
    seen = new_runner().follow(Scores().look([f"r{n}" for n in range(60)]))
    assert len(seen) == 60
    assert {type(sighting) for sighting in seen.values()} == {RateLimited}
    assert world.asked("/score") == 20


def test_a_score_ends_the_wait(wait: Run, world: ReziWorld) -> None:
    world.score(80)
    assert wait(resume_id=RESUME, min_score=80) == (
        "success",
        {"resume_id": RESUME, "score": 80},
    )


def test_faults_on_the_way_are_survived(wait: Run, world: ReziWorld) -> None:
    world.score(80)
    world.spoil("/score", "html", times=5)
    world.spoil("/score", "wrong_shape")
    assert wait(resume_id=RESUME)[0] == "success"


@pytest.mark.parametrize(
    ("params", "settings", "fault"),
    [
        ({"resume_id": "none"}, {}, None),
        ({"resume_id": "none"}, {"error_mode": "overview"}, None),
        ({"resume_id": RESUME, "give_up_after": "0.2"}, {}, None),
        ({"resume_id": RESUME, "min_score": "many"}, {}, None),
        ({"resume_id": RESUME}, {}, AuthenticationFailed),
    ],
    ids=["gone", "refused in a 200", "too late", "no number", "wrong key"],
)
def test_a_wait_that_is_in_vain_fails(
    params: dict[str, Any], settings: dict[str, Any], fault: Any, wait: Run, world: ReziWorld
) -> None:
    world.set(**settings)
    if fault:
        world.spoil("/score", "status", code=401, times=None)
    assert wait(**params) == ("failed", None)
    assert world.asked("/score") <= 10
