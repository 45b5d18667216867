"""What is counted, and that its labels stay few and name nobody."""

from __future__ import annotations

import pytest
from prometheus_client import generate_latest

from airflow_talent.slackbot import metrics


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"command": "/talent", "text": "help"}, "command"),
        ({"type": "event_callback", "event": {"type": "app_home_opened"}}, "event"),
        ({"type": "block_actions"}, "block_actions"),
        ({"type": "view_submission"}, "view_submission"),
        ({"type": "message_action"}, "message_action"),
        ({"type": "U0LEAD"}, "other"),
        ({"type": ["shortcut"]}, "other"),
        ({}, "other"),
    ],
)
def test_a_delivery_is_counted_under_slacks_name_for_it(
    payload: dict[str, object], kind: str
) -> None:
    assert metrics.kind_of(payload) == kind


@pytest.mark.parametrize(
    ("outcome", "label"),
    [("ok", "ok"), ("ratelimited", "ratelimited"), ("user U0LEAD not found", "other")],
)
def test_only_what_looks_like_a_code_of_slack_becomes_a_label(outcome: str, label: str) -> None:
    sample = f'talent_bot_slack_request_seconds_count{{method="test.{label}",outcome="{label}"}}'

    metrics.slack_request(f"test.{label}", outcome, 0.1)

    assert f"{sample} 1.0" in generate_latest().decode()


def test_what_is_counted_can_be_fetched() -> None:
    metrics.command("help")
    metrics.run_started("reference_check")
    metrics.count_followed(lambda: 3)
    metrics.rate_limit_wait()
    metrics.failure("ValueError")

    text = generate_latest().decode()

    for sample in (
        'talent_bot_commands_total{kind="help"}',
        'talent_bot_runs_started_total{dag_id="reference_check"}',
        "talent_bot_runs_followed 3.0",
        "\ntalent_bot_rate_limit_waits_total ",
        'talent_bot_failures_total{kind="ValueError"}',
    ):
        assert sample in text
