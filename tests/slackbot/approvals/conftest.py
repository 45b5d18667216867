"""Workflows that ask, on the real Airflow, and people who answer in the emulated Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.slackbot.conftest import Slack, eventually, shown_text

Message = dict[str, Any]


@pytest.fixture(scope="session")
def workflows(airflow: LocalAirflow) -> LocalAirflow:
    airflow.add_dags(Path(__file__).parent / "dags")
    airflow.wait_for_dag("ask_nobody")
    return airflow


@pytest.fixture(autouse=True)
def _short_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers of this Airflow look each second, and not every five, for tasks that ended."""
    monkeypatch.setattr("airflow_talent.slackbot.answers.PARKED_AFTER", 3.0)


@dataclass(frozen=True, slots=True)
class Asking:
    """Questions as people see and answer them."""

    slack: Slack
    people: SlackPeople
    airflow: LocalAirflow

    async def messages(self, dag_id: str, channel: str = "C0HIRING") -> list[Message]:
        """What was posted about the questions of a DAG's runs."""
        return [
            reply
            for root in await self.slack.roots(channel, dag_id)
            for reply in root["replies"]
            if _step(reply).startswith(("ask:", "answered:"))
        ]

    async def message(
        self, dag_id: str, *, saying: str = "", channel: str = "C0HIRING", within: float = 60
    ) -> Message:
        """The first message about a question that says something, once there is one."""

        async def look() -> Message | None:
            found = await self.messages(dag_id, channel)
            return next((one for one in found if saying in shown_text(one)), None)

        found = await eventually(look, within=within)
        assert found
        return found

    async def press(self, message: Message, label: str, **more: Any) -> dict[str, Any]:
        """Press a button by the words on it."""
        return await self.people.press(message["ts"], button(message, label)["action_id"], **more)

    async def told(self, user: str = "U0RECRUIT", *, about: str, channel: str = "C0HIRING") -> str:
        """What only this person was told below a question, once there is something."""

        async def look() -> str:
            told = [
                shown_text(reply)
                for root in await self.slack.messages(channel)
                for reply in root["replies"]
                if reply["ephemeral_to"] == user
            ]
            return next((text for text in told if about in text), "")

        return await eventually(look, within=20)

    async def home(self, user: str) -> dict[str, Any]:
        """A person's App Home, drawn anew."""
        before = ((await self.people.views(user))["home"] or {}).get("hash")
        await self.people.home(user)

        async def look() -> dict[str, Any] | None:
            view = (await self.people.views(user))["home"]
            return view if view and view["hash"] != before else None

        view = await eventually(look)
        assert view
        return view

    async def task(self, message: Message, task_id: str = "approve") -> dict[str, Any]:
        run = message["metadata"]["event_payload"]
        tasks = await asyncio.to_thread(
            self.airflow.api.task_instances, run["dag_id"], run["run_id"]
        )
        return next(task for task in tasks if task["task_id"] == task_id)

    async def ends(self, message: Message, task_id: str, state: str) -> None:
        """Wait until a task has come to a state."""

        async def look() -> bool:
            found = (await self.task(message, task_id))["state"]
            assert state == "failed" or found != "failed", f"{task_id} failed"
            return bool(found == state)

        await eventually(look)

    async def answer_in_airflow(self, message: Message, choice: str, *, api: AirflowApi) -> None:
        """Answer as one does on Airflow's page, but no sooner than Airflow can bear it."""

        async def look() -> bool:
            return await asyncio.to_thread(self._is_parked, message)

        await eventually(look)
        body = {"chosen_options": [choice], "params_input": {}}
        await asyncio.to_thread(api.patch, self._path(message), body)

    def _is_parked(self, message: Message) -> bool:
        """Whether the scheduler has heard that the task was put aside (`answers.PARKED_AFTER`)."""
        run = message["metadata"]["event_payload"]
        task_id, map_index = run["step"].split(":")[1:3]
        heard = f"task_id='{task_id}', run_id='{run['run_id']}'"
        log = self.airflow.log("scheduler").read_text(encoding="utf-8")
        return any(
            "Received executor event with state success" in line
            and heard in line
            and f"map_index={map_index}" in line
            for line in log.splitlines()
        )

    def answer_of(self, message: Message) -> dict[str, Any]:
        """What Airflow has."""
        return dict(self.airflow.api.get(self._path(message)))

    def _path(self, message: Message) -> str:
        run = message["metadata"]["event_payload"]
        task_id, map_index = run["step"].split(":")[1:3]
        return (
            f"/dags/{run['dag_id']}/dagRuns/{run['run_id']}/taskInstances/{task_id}/{map_index}"
            "/hitlDetails"
        )


def button(message: Message, label: str) -> dict[str, Any]:
    return next(one for one in buttons(message) if one["text"]["text"] == label)


def buttons(message: Message) -> list[dict[str, Any]]:
    return [
        element
        for block in message["blocks"]
        for element in block.get("elements", [block.get("accessory") or {}])
        if element.get("type") == "button"
    ]


def _step(message: Message) -> str:
    return str(((message.get("metadata") or {}).get("event_payload") or {}).get("step", ""))


@pytest.fixture
def asking(slack: Slack, people: SlackPeople, workflows: LocalAirflow) -> Iterator[Asking]:
    yield Asking(slack, people, workflows)
    # What still waits would be found by the next test's bot.
    for dag_id in {
        run["dag_id"] for run in workflows.api.get("/dags/~/dagRuns", state="running")["dag_runs"]
    }:
        for run in workflows.api.get(f"/dags/{dag_id}/dagRuns", state="running")["dag_runs"]:
            path = f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}"
            workflows.api.patch(path, {"state": "failed"})
