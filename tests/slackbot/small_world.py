"""One run in an Airflow and a Slack that are a few lines each, for what neither does on its own:
what happens between two steps of the bot, and how often it asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_talent.services.airflow_api import (
    AirflowUnreachable,
    Dag,
    DagRun,
    Question,
    RunKey,
    TaskInstance,
    XComEntry,
)
from airflow_talent.slackbot.blocks import Message
from airflow_talent.slackbot.budget import Budget
from airflow_talent.slackbot.files import FileRoots
from airflow_talent.slackbot.identity import Starter, Step, name_run, sign
from airflow_talent.slackbot.links import Links
from airflow_talent.slackbot.note import Line, Post, write_line
from airflow_talent.slackbot.reports import Reporter
from airflow_talent.slackbot.results import Results

TEAM, CHANNEL, DM, STARTER = "T0", "C0HIRING", "D0STARTER", "U0STARTER"
KEY = b"a key of signatures"
ME = "bot-1"
RUN = RunKey("screen", name_run(TEAM, STARTER, "a trigger"))
CONF = {"slack": sign(RUN, Starter(TEAM, CHANNEL, STARTER), KEY)}


@dataclass(slots=True)
class SmallAirflow:
    """:param results: What the tasks of the run pushed, by task.
    :param waiting: The questions that it asks.
    :param when_answered: What becomes of an answer that is lost on its way.
    """

    results: dict[str, Any] = field(default_factory=dict)
    tags_of_dag: list[str] = field(default_factory=lambda: ["slack"])
    runs: dict[RunKey, DagRun] = field(default_factory=dict)
    waiting: list[Question] = field(default_factory=list)
    when_answered: Callable[[], None] | None = None
    asked: list[str] = field(default_factory=list)

    async def run(self, run: RunKey) -> DagRun:
        self.asked.append("run")
        return self.runs[run].model_copy()

    async def set_note(self, run: RunKey, note: str) -> None:
        self.runs[run].note = note

    async def dag(self, dag_id: str) -> Dag:
        self.asked.append("dag")
        return Dag(dag_id=dag_id, dag_display_name=dag_id, tags=self.tags_of_dag)

    async def dags_tagged(self, tags: Sequence[str]) -> list[Dag]:
        self.asked.append("dags_tagged")
        found = {key.dag_id for key in self.runs} if set(tags) & set(self.tags_of_dag) else set()
        return [Dag(dag_id=one, dag_display_name=one, tags=self.tags_of_dag) for one in found]

    async def tags(self, beginning: str) -> list[str]:
        return [tag for tag in self.tags_of_dag if tag.startswith(beginning)]

    async def runs_in_state(self, dag_ids: Iterable[str], states: Sequence[str]) -> list[DagRun]:
        return [run.model_copy() for run in self.runs.values() if run.state in states]

    async def active_runs(self, prefix: str) -> list[DagRun]:
        return await self.runs_in_state((), ("queued", "running"))

    async def runs_changed_since(self, moment: datetime, **_: object) -> list[DagRun]:
        return [
            run.model_copy()
            for run in self.runs.values()
            if run.end_date is None or run.end_date >= moment
        ]

    async def xcoms(self, run: RunKey, key: str) -> list[XComEntry]:
        return [XComEntry(task_id=task) for task in self.results]

    async def xcom(self, run: RunKey, entry: XComEntry, key: str) -> Any:
        return self.results[entry.task_id]

    async def question(self, run: RunKey, task_id: str, map_index: int) -> Question:
        return self.waiting[0]

    async def answer_question(self, question: Question, **_: object) -> None:
        if self.when_answered:
            self.when_answered()
        raise AirflowUnreachable("Airflow does not answer.", may_have_happened=True)

    async def open_questions(self) -> list[Question]:
        return self.waiting

    async def task_instances(self, runs: Iterable[RunKey]) -> list[TaskInstance]:
        return []


@dataclass(slots=True)
class SmallSlack:
    """:param before_upload: Something that happens while a file is on its way.
    :param privacy: Whether conversations are private, or why that is not known.
    :param dm: The direct message with the starter, or why there is none.
    """

    before_upload: Callable[[], Awaitable[None]] | None = None
    privacy: bool | Exception = True
    dm: str | Exception = DM
    posts: list[tuple[str, str, str]] = field(default_factory=list)
    """Conversation, name of the step, and everything it says."""
    files: dict[str, bytes] = field(default_factory=dict)

    async def post(
        self, step: Step, message: Message, *, channel: str, thread_ts: str | None = None
    ) -> str:
        self.posts.append((channel, step.name, f"{message.text} {message.blocks}"))
        return f"{len(self.posts)}.0"

    async def edit(self, step: Step, message: Message, *, channel: str, ts: str) -> None: ...

    async def find_steps(self, run: RunKey, **_: object) -> dict[str, str]:
        return {}

    async def find_files(self, **_: object) -> frozenset[str]:
        return frozenset(self.files)

    async def upload(self, content: bytes, *, title: str, **_: object) -> None:
        if self.before_upload:
            await self.before_upload()
        self.files[title] = content

    async def permalink(self, *, channel: str, ts: str) -> str:
        return f"http://slack/{channel}/{ts}"

    async def is_private(self, channel: str) -> bool:
        if isinstance(self.privacy, Exception):
            raise self.privacy
        return self.privacy

    async def open_dm(self, user: str) -> str:
        if isinstance(self.dm, Exception):
            raise self.dm
        return self.dm


def ended_run(*, ago: float = 1, note: str | None = None, conf: Any = CONF) -> DagRun:
    """A run of which everything is owed but the root message, which is there.

    :param ago: Seconds since its end.
    """
    end = datetime.now(UTC) - timedelta(seconds=ago)
    noted = write_line(None, Line(ME, posts={CHANNEL: Post(CHANNEL, "0.1")}))
    return DagRun(
        dag_id=RUN.dag_id,
        dag_run_id=RUN.run_id,
        dag_display_name="Screen",
        state="success",
        conf=conf,
        note=noted if note is None else note,
        start_date=end - timedelta(minutes=1),
        end_date=end,
    )


def question_of(run: RunKey, task_id: str = "approve", *, minutes_ago: int = 1) -> Question:
    task = TaskInstance(
        dag_id=run.dag_id,
        dag_run_id=run.run_id,
        task_id=task_id,
        task_display_name=task_id,
        state="awaiting_input",
        try_number=1,
    )
    asked_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    options = ["Approve", "Reject"]
    return Question(task_instance=task, subject="horses?", options=options, created_at=asked_at)


def reporter(airflow: SmallAirflow, slack: SmallSlack, root: Path | None = None) -> Reporter:
    """:param root: The folder below which results may name files."""
    airflow_side: Any = airflow
    slack_side: Any = slack
    links = Links("http://airflow")
    roots = FileRoots([str(root)] if root else [])
    results = Results(airflow_side, slack_side, roots, links)
    return Reporter(airflow_side, slack_side, results, links, Budget(50), me=ME)
