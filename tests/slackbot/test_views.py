"""Slack takes the modals of any workflow."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_talent.emulator.slack.blocks import find_suggestion_problem, find_view_problem
from airflow_talent.services.airflow_api import Dag
from airflow_talent.slackbot.views import Draft, choices, form_view, menu_view

DRAFT = Draft("w", "C0HIRING")
ANYTHING = (
    Dag(dag_id="w", dag_display_name="W"),
    Dag(dag_id="w", dag_display_name="W", description=" \n "),
    Dag(dag_id="w", dag_display_name="&" * 250, description="&" * 5000),
    Dag(dag_id="w", dag_display_name="@here" * 50, description="@here <!channel> *a*\n" * 500),
    Dag(dag_id="w" * 250, dag_display_name="w" * 250),
)


@pytest.mark.parametrize("dag", ANYTHING)
def test_slack_takes_the_form_and_the_menu_of_any_workflow(dag: Dag) -> None:
    views = [form_view(dag, [], DRAFT, pages=2), menu_view([dag] * 41, DRAFT)]

    # A menu never lists the same workflow twice, as this one does.
    for number, block in enumerate(views[1]["blocks"]):
        block["block_id"] = str(number)

    assert [find_view_problem(view, "modal") for view in views] == [None, None]


def test_slack_takes_the_options_for_any_workflows() -> None:
    suggestion: dict[str, Any] = {"options": choices(ANYTHING * 50)}

    assert find_suggestion_problem(suggestion) is None
    assert len(suggestion["options"]) == 100


def test_a_workflow_whose_id_slack_does_not_take_leaves_the_others() -> None:
    shown = choices(ANYTHING)

    assert [option["value"] for option in shown] == ["w"] * 4
