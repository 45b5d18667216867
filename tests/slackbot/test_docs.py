"""docs/slack.md says what is so: its workflow does what it says, its tables name all there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from airflow_talent import example_dags
from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.provider.contracts import SlackResult
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.slackbot import access
from airflow_talent.slackbot.messages import HELP
from airflow_talent.slackbot.settings import Settings
from airflow_talent.tests.offline import OfflineAirflow
from airflow_talent.tests.slackbot.conftest import Slack, eventually, modal, shown_text

PAGE = (Path(__file__).parents[2] / "docs" / "slack.md").read_text(encoding="utf-8")

CODE = re.compile(r"^```(?:python|json)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

ENTERED = {
    "field.title": "Seller",
    "field.boards": [json.dumps("Careers website"), json.dumps("Jobs Daily")],
    "field.begins": "2027-01-04",
    "field.text": "Sell well.",
}


def code_with(text: str) -> str:
    """The example of the page that says this."""
    (found,) = (block for block in CODE.findall(PAGE) if text in block)
    return str(found)


def table_under(heading: str) -> list[str]:
    """The first cells of the table of a section, without its heading."""
    section = re.split(rf"^#+ {re.escape(heading)}$", PAGE, flags=re.MULTILINE)[1]
    rows = re.split(r"^#", section, flags=re.MULTILINE)[0].splitlines()
    cells = [row.split("|")[1].strip() for row in rows if row.startswith("|")]
    return cells[2:]


def names_in(cells: list[str]) -> set[str]:
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.fixture
def dag_file(tmp_path: Path) -> Path:
    file = tmp_path / "advertise_opening.py"
    file.write_text(code_with("def advertise_opening"), encoding="utf-8")
    return file


def test_the_page_names_every_setting() -> None:
    assert names_in(table_under("Settings")) == {name.upper() for name in Settings.model_fields}


def test_the_page_names_every_tag() -> None:
    assert {tag.partition("<")[0] for tag in names_in(table_under("Tags"))} == {
        access.WORKFLOW,
        *access.MARKS,
        *access.KNOWN,
    }


def test_the_page_names_every_command() -> None:
    assert {command for command, _ in HELP} <= names_in(table_under("Commands"))


def test_the_page_names_every_metric() -> None:
    lines = generate_latest().decode().splitlines()
    kept = {line.split()[2] for line in lines if line.startswith("# TYPE talent_bot_")}
    assert names_in(table_under("Metrics")) == {name for name in kept if "_created" not in name}


def test_the_plain_result_of_the_page_is_one() -> None:
    result = SlackResult.from_xcom(json.loads(code_with('"v": 1')))

    assert result.actions[0].params == {"opening": "sales"}


def test_the_test_of_the_page_passes(
    offline_airflow: OfflineAirflow,
    dag_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offline_airflow.add_dags(dag_file)
    written: dict[str, object] = {}
    exec(code_with("def test_an_opening_is_advertised"), written)

    written["test_an_opening_is_advertised"](tmp_path, monkeypatch)  # type: ignore[operator]


@pytest.fixture
def environment(environment: dict[str, str], reports: Path) -> dict[str, str]:
    """The bot may attach what workflows write into the folder for reports."""
    return {**environment, "TALENT_FILE_ROOTS": str(reports)}


@pytest.mark.usefixtures("bot")
async def test_the_workflow_of_the_page_asks_for_approval_and_shows_its_result(
    slack: Slack, people: SlackPeople, workflows: LocalAirflow, dag_file: Path
) -> None:
    workflows.add_dags(dag_file)
    workflows.add_dags(Path(example_dags.__file__).parent / "applicant_invite.py")
    workflows.wait_for_dag("advertise_opening")
    workflows.wait_for_dag("applicant_invite")

    await people.command("/talent", "advertise_opening")
    form = await modal(people, titled="Advertise an opening")
    assert (await people.submit(form["id"], ENTERED))["error"] is None
    question = (await slack.replies("C0HIRING", "advertise_opening"))[0]
    assert "Advertise Seller for 300 EUR?" in shown_text(question)
    assert "<!subteam^S0APPROVERS>" in shown_text(question)
    assert "somebody else than <@U0RECRUIT> must answer" in shown_text(question)
    await people.press(question["ts"], "talent_answer:0", user="U0LEAD")
    result = (await slack.replies("C0HIRING", "advertise_opening", count=2))[1]

    assert "The opening is advertised." in shown_text(result)
    assert "Jobs Daily" in shown_text(result)
    names = [file["name"] for file in await attached(slack)]
    assert names == ["advertisement.txt"]
    await people.press(result["ts"], "talent_action:0")
    proposed = await modal(people, titled="Applicant invitation")
    assert "sales" in str(proposed["blocks"])


async def attached(slack: Slack) -> list[dict[str, str]]:
    """The files in the threads of #hiring, once there are some."""

    async def look() -> list[dict[str, str]]:
        return [
            file
            for root in await slack.messages("C0HIRING")
            for message in root["replies"]
            for file in message.get("files") or ()
        ]

    return await eventually(look)
