"""The main job as one story: a slash command, a reference check, the report in Slack."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from airflow_talent import example_dags
from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.slackbot.conftest import Slack, eventually, running_bot, shown_text

COMMAND = (
    "reference_check email=ada.ray@people.test first_name=Ada last_name=Ray "
    "remind_after_hours=0.001"
)


@pytest.fixture
def environment(talent_emulator: Emulator, airflow: LocalAirflow, reports: Path) -> dict[str, str]:
    airflow.add_dags(Path(example_dags.__file__).parent)
    airflow.wait_for_dag("reference_check")
    return {
        **{
            name: value
            for name, value in talent_emulator.environment().items()
            if name.startswith(("SLACK_", "TALENT_"))
        },
        **airflow.bot_environment,
        "TALENT_FILE_ROOTS": reports.as_uri(),
    }


async def test_a_slash_command_ends_with_the_report_in_slack(
    talent_emulator: Emulator, airflow: LocalAirflow, environment: dict[str, str]
) -> None:
    talent_emulator.settings(
        vitay={
            "auto": True,
            "delay": 0.2,
            "automatic_reminders": False,
            "answers_after_reminder": True,
        }
    )
    async with (
        httpx.AsyncClient(base_url=talent_emulator.url, timeout=30) as http,
        running_bot(environment),
    ):
        slack = Slack(http)
        typed = await slack.type(COMMAND)
        assert typed["error"] is None

        root = await slack.root("C0HIRING", "reference_check", saying="done")

        async def reply_with_file() -> dict[str, Any] | None:
            replies = await slack.replies("C0HIRING", "reference_check")
            return next((reply for reply in replies if reply.get("files")), None)

        reply = await eventually(reply_with_file)
        assert reply
        (file,) = reply["files"]
        report = await http.get(
            file["url_private"],
            headers={"Authorization": f"Bearer {environment['SLACK_BOT_TOKEN']}"},
        )
        texts = await slack.posts("C0HIRING", about="complete")

    assert "Reference check" in shown_text(root)
    assert any("The reference check is complete." in text for text in texts)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(report.content)).pages)
    assert "Ada Ray" in text
    assert [mail["subject"] for mail in talent_emulator.outbox("vitay")] == [
        "Please list your references",
        "Please answer some questions about a candidate",
        "Please answer some questions about a candidate",
        "A friendly reminder",
    ]
    (run,) = airflow.api.get("/dags/reference_check/dagRuns", limit=1, order_by="-start_date")[
        "dag_runs"
    ]
    assert run["dag_run_id"].startswith("slack__T0EMULATOR__U0RECRUIT__")
    assert run["state"] == "success"
    for task in airflow.api.task_instances("reference_check", run["dag_run_id"]):
        if task["state"] == "success":
            log = airflow.api.task_log("reference_check", run["dag_run_id"], task["task_id"])
            assert "people.test" not in log
            assert "emulator-password" not in log
