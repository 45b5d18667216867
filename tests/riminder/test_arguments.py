"""What authors of DAGs hear when the DAG is parsed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import pytest

from airflow_talent.operators.arguments import ArgumentInvalid
from airflow_talent.operators.riminder import (
    RiminderAddProfileOperator,
    RiminderDeleteProfileOperator,
    RiminderExplainScoreOperator,
    RiminderExportProfilesOperator,
    RiminderOperator,
    RiminderSetRatingOperator,
    RiminderSetStageOperator,
    RiminderUploadResumeOperator,
    RiminderUploadResumesOperator,
)
from airflow_talent.sensors.riminder import RiminderProfileParsedSensor, RiminderProfileScoredSensor

FOLDER: dict[str, Any] = {"task_id": "t", "source": "s", "files": "f", "manifest": "m"}

OF_PROFILE: dict[str, Any] = {"task_id": "t", "source": "s", "profile_id": "p"}


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: RiminderUploadResumeOperator(task_id="t", source="", file="f"),
            "source must not be empty",
        ),
        (
            lambda: RiminderUploadResumeOperator(task_id="t", source="s", file=" "),
            "file must not be empty",
        ),
        (
            lambda: RiminderUploadResumesOperator(task_id="t", source="s", files="f", manifest=""),
            "manifest must not be empty",
        ),
        (
            lambda: RiminderUploadResumesOperator(**FOLDER, on_unknown=cast("Any", "maybe")),
            "on_unknown must be one of fail, resend",
        ),
        (
            lambda: RiminderAddProfileOperator(task_id="t", source=" ", profile={"name": "x"}),
            "source must not be empty",
        ),
        (
            lambda: RiminderDeleteProfileOperator(task_id="t", source="s"),
            "give profile_id or profile_reference, and only one of them",
        ),
        (
            lambda: RiminderDeleteProfileOperator(**OF_PROFILE, profile_reference="r"),
            "give profile_id or profile_reference, and only one of them",
        ),
        (
            lambda: RiminderExplainScoreOperator(**OF_PROFILE, filter=""),
            "filter must not be empty",
        ),
        (
            lambda: RiminderSetStageOperator(**OF_PROFILE, filter="f", stage="MAYBE"),
            "stage must be one of NEW, YES, LATER, NO",
        ),
        (
            lambda: RiminderSetRatingOperator(**OF_PROFILE, filter="f", rating="good"),
            "rating must be a whole number or None",
        ),
        (
            lambda: RiminderExportProfilesOperator(task_id="t", path="p.csv", sources="one"),
            "sources must be a list",
        ),
        (
            lambda: RiminderExportProfilesOperator(task_id="t", path="p.docx"),
            "format must be one of",
        ),
        (
            lambda: RiminderExportProfilesOperator(
                task_id="t", path="p.csv", arguments={"colour": "red"}
            ),
            "arguments of riminder.list_profiles",
        ),
        (
            lambda: RiminderOperator(task_id="t", call="hire"),
            "riminder has no call 'hire'",
        ),
        (
            lambda: RiminderOperator(
                task_id="t", call="delete_profile", arguments={"source_id": "s", "profile_id": "p"}
            ),
            'needs allow_effect="delete"',
        ),
    ],
)
def test_what_cannot_be_meant_is_told_when_the_dag_is_parsed(
    make: Callable[[], Any], text: str
) -> None:
    with pytest.raises(ArgumentInvalid, match=re.escape(text)):
        make()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: RiminderProfileParsedSensor(task_id="t", source="", profile_id="p"),
            "source must not be empty",
        ),
        (
            lambda: RiminderProfileParsedSensor(task_id="t", source="s"),
            "give profile_id or profile_reference, and only one of them",
        ),
        (
            lambda: RiminderProfileScoredSensor(**OF_PROFILE, filter=""),
            "filter must not be empty",
        ),
    ],
)
def test_a_wait_that_cannot_be_meant_is_told_when_the_dag_is_parsed(
    make: Callable[[], Any], text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        make()


def test_templates_are_left_for_later() -> None:
    template = "{{ params.x }}"
    RiminderSetStageOperator(**OF_PROFILE, filter=template, stage=template)
    RiminderSetRatingOperator(**OF_PROFILE, filter=template, rating=template)
    RiminderDeleteProfileOperator(
        task_id="t", source=template, profile_id=template, profile_reference=template
    )


def test_sensors_look_every_ten_seconds_unless_told_otherwise() -> None:
    assert RiminderProfileParsedSensor(**OF_PROFILE).poke_interval == 10
    assert RiminderProfileParsedSensor(**OF_PROFILE, poke_interval=3).poke_interval == 3
