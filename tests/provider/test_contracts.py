"""What DAGs leave for Slack to show, and what tells them of events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_talent.provider.contracts import SlackAction, SlackResult, VendorEvent

REMIND = {"workflow": "remind_referee", "params": {"reference_id": "r-1"}}


def result(*actions: Any) -> dict[str, Any]:
    return {"v": 1, "text": "Done", "actions": [*actions]}


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("ada@people.test", "each action must name its workflow"),
        ({"workflow": ["ada@people.test"]}, "each action must name its workflow"),
        (REMIND | {"params": "ada@people.test"}, "params must be a mapping"),
        (REMIND | {"label": ["ada@people.test"]}, "the label of an action must be a string"),
        (REMIND | {"not_before": "ada@people.test"}, "not_before of an action must be a moment"),
        (REMIND | {"not_before": "2026-11-23T09:00:00"}, "with its offset"),
        (REMIND | {"not_before": 1_700_000_000}, "not_before of an action must be a moment"),
        (REMIND | {"not_before": "9999-12-31T23:59:59-12:00"}, "must be a moment"),
        (REMIND | {"not_before": "0001-01-01T00:00:00+12:00"}, "must be a moment"),
    ],
)
def test_an_action_that_cannot_be_shown_is_refused_without_its_content(
    action: Any, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        SlackResult.from_xcom(result(action))

    assert "ada@people.test" not in str(refused.value)


@pytest.mark.parametrize("value", [None, "Done", {"text": "Done"}, {"v": 2, "text": "Done"}])
def test_what_is_no_result_of_this_version_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="slack_result must"):
        SlackResult.from_xcom(value)


def test_a_result_of_a_dag_that_knows_no_labels_is_read() -> None:
    (action,) = SlackResult.from_xcom(result(REMIND)).actions

    assert action == SlackAction(workflow="remind_referee", params={"reference_id": "r-1"})


def test_what_a_later_version_adds_is_passed_over() -> None:
    (action,) = SlackResult.from_xcom(result(REMIND | {"colour": "green"})).actions

    assert action.workflow == "remind_referee"


def test_a_result_survives_the_way_through_airflow() -> None:
    shown = SlackResult(
        text="One answer is missing.",
        fields={"Answers": 1},
        table=[{"Referee": 1, "State": None}],
        files=["s3://conn@bucket/report.pdf"],
        actions=[
            SlackAction(workflow="reference_check"),
            SlackAction(
                workflow="remind_referee",
                params={"reference_id": "r-1"},
                label="Remind now",
                not_before="2026-11-23T09:00:00+00:00",
            ),
        ],
    )

    assert SlackResult.from_xcom(json.loads(json.dumps(shown.as_xcom()))) == shown


EVENT = {
    "v": 1,
    "vendor": "vitay",
    "type": "reference.completed",
    "conn_id": "vitay_default",
    "records": [{"reference_id": "r-1"}],
}


def test_an_event_reads_back_as_it_was_written() -> None:
    event = VendorEvent.from_json(json.loads(json.dumps(EVENT)))

    assert event.as_json() == EVENT
    assert event.tag == "on:vitay:reference.completed"


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {**EVENT, "v": 2},
        {**EVENT, "vendor": None},
        {**EVENT, "type": 5},
        {**EVENT, "conn_id": None},
        {**EVENT, "records": {"reference_id": "r-1"}},
        {**EVENT, "records": ["r-1"]},
        {**EVENT, "records": [{"reference_id": 1}]},
    ],
)
def test_what_is_no_event_is_refused_without_showing_it(wrong: Any) -> None:
    with pytest.raises(ValueError, match="talent_event") as refusal:
        VendorEvent.from_json(wrong)

    assert "r-1" not in str(refusal.value)
