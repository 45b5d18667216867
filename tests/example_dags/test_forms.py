"""What all example DAGs have in common: their forms, tags and buttons."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

import pytest

from airflow_talent.slackbot.access import read_rules
from airflow_talent.tests.example_dags.conftest import FOLDER
from airflow_talent.tests.offline import OfflineAirflow

SHIPPED = sorted(path for path in FOLDER.glob("*.py") if path.stem != "__init__")


@pytest.fixture
def dags(offline_airflow: OfflineAirflow) -> dict[str, Any]:
    offline_airflow.add_dags(*SHIPPED)
    bag = offline_airflow.bag()
    assert not bag.import_errors, bag.import_errors
    return dict(bag.dags)


def params_of(dag: Any) -> dict[str, dict[str, Any]]:
    return {
        name: param.schema | {"description": param.description}
        for name, param in ((name, dag.params.get_param(name)) for name in dag.params)
    }


def test_each_file_holds_the_dag_that_it_is_called_after(dags: dict[str, Any]) -> None:
    assert sorted(dags) == [path.stem for path in SHIPPED]


def test_every_field_of_a_form_has_a_title_and_no_long_description(dags: dict[str, Any]) -> None:
    fields = {
        f"{dag_id}.{name}": field
        for dag_id, dag in dags.items()
        for name, field in params_of(dag).items()
    }

    assert [name for name, field in fields.items() if not field.get("title")] == []
    assert [name for name, field in fields.items() if len(field["description"] or "") > 100] == []


def test_the_fields_of_a_section_stand_together(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        sections = [field.get("section") for field in params_of(dag).values()]
        in_order = [section for section, _ in groupby(sections)]
        assert len(in_order) == len(set(in_order)), dag_id


def test_the_tags_mean_something_to_the_slack_app(dags: dict[str, Any]) -> None:
    assert {dag_id: read_rules(dag.tags).unknown for dag_id, dag in dags.items()} == dict.fromkeys(
        dags, ()
    )
    assert read_rules(dags["rezi_upgrade"].tags).costs_money


def test_a_button_starts_a_workflow_that_there_is(dags: dict[str, Any]) -> None:
    named = {name for path in SHIPPED for name in re.findall(r'workflow="(\w+)"', path.read_text())}

    assert named
    assert {name for name in named if not read_rules(dags[name].tags).is_workflow} == set()
