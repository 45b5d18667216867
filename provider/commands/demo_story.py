"""What is to be seen of a demo, and how it is told: pure functions of one or two moments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

WENT_WRONG = frozenset({"failed", "up_for_retry", "upstream_failed"})

TASK_WORDS = {
    "running": "runs",
    "deferred": "waits in the triggerer, no worker is used",
    "success": "is done",
    "skipped": "is skipped",
    "up_for_retry": "did not work, Airflow would try again later",
    "failed": "failed",
}

MAIL_TO_CANDIDATE = "Please list your references"
MAIL_TO_REFEREE = "Please answer some questions about a candidate"
REMINDER = "A friendly reminder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything that can be seen at one moment.

    :param run_state: State of the run in Airflow, None before there is one.
    :param tasks: State by task id.
    :param outbox: What people got from Vitay, oldest first.
    :param candidates: Vitay's candidates, and so on.
    :param root: The message in Slack that shows the run's progress.
    :param replies: What the bot posted in its thread.
    :param notices: What the bot said to the recruiter alone.
    :param reports: Files in the folder for reports.
    """

    run_state: str | None = None
    tasks: Mapping[str, str | None]
    outbox: Sequence[Row] = ()
    candidates: Sequence[Row] = ()
    requests: Sequence[Row] = ()
    references: Sequence[Row] = ()
    root: Row | None = None
    replies: Sequence[Row] = ()
    notices: Sequence[Row] = ()
    reports: Sequence[Path] = ()

    def mails(self, subject: str) -> int:
        """How many mails with this subject were sent."""
        return sum(sent["kind"] == "mail" and sent["subject"] == subject for sent in self.outbox)

    @property
    def answers(self) -> int:
        """How many referees have answered."""
        return sum(reference["state"] == "filled" for reference in self.references)

    @property
    def attached(self) -> list[str]:
        """Names of the files in the thread."""
        return [file["name"] for reply in self.replies for file in reply.get("files") or ()]

    @property
    def failed_task(self) -> str | None:
        """A task that did not do its work at the first try."""
        return next((task for task, state in self.tasks.items() if state in WENT_WRONG), None)


NOTHING = Seen(tasks={})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the demo, in the order in which they must happen.

    :param title: What has happened then, in plain words.
    :param has_happened: Whether it can be seen.
    :param task: The task that brings it about, None for the Slack app.
    """

    title: str
    has_happened: Callable[[Seen], bool]
    task: str | None = None


STEPS = (
    Step("The Slack app starts the run", lambda seen: seen.run_state is not None),
    Step("The candidate is in Vitay", lambda seen: bool(seen.candidates), "create_candidate"),
    Step(
        "The candidate is asked for references",
        lambda seen: seen.mails(MAIL_TO_CANDIDATE) > 0,
        "ask_for_references",
    ),
    Step(
        "The candidate has listed referees",
        lambda seen: seen.mails(MAIL_TO_REFEREE) > 0,
        "wait_for_list",
    ),
    Step("The first referee has answered", lambda seen: seen.answers > 0, "wait_for_answers"),
    Step("The other referee is reminded", lambda seen: seen.mails(REMINDER) > 0, "remind"),
    Step(
        "The last referee has answered",
        lambda seen: 0 < len(seen.references) == seen.answers,
        "wait_for_the_rest",
    ),
    Step("The report is stored", lambda seen: bool(seen.reports), "download_report"),
    Step("The result is posted with the report", lambda seen: bool(seen.attached), "tell"),
    Step("Slack shows the run as done", lambda seen: _headline(seen.root).endswith(": done")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened, and where."""

    place: str
    text: str


def tell(before: Seen, after: Seen) -> Iterator[Line]:
    """What has happened between two moments, one line each."""
    yield from _tell_slack(before, after)
    yield from _tell_airflow(before, after)
    yield from _tell_vitay(before, after)
    for report in after.reports[len(before.reports) :]:
        yield Line("storage", f"{report.name} is stored, {_describe_pdf(report)}")


def _tell_slack(before: Seen, after: Seen) -> Iterator[Line]:
    if (headline := _headline(after.root)) != _headline(before.root):
        yield Line("slack", f"the bot's message reads “{headline}”")
    for notice in after.notices[len(before.notices) :]:
        yield Line("slack", f"the bot says to the recruiter alone: “{notice['text']}”")
    for reply in after.replies[len(before.replies) :]:
        if reply["text"]:
            yield Line("slack", f"in its thread: “{reply['text']}”")
    for name in after.attached[len(before.attached) :]:
        yield Line("slack", f"attached: {name}")


def _tell_airflow(before: Seen, after: Seen) -> Iterator[Line]:
    if before.run_state is None and after.run_state is not None:
        yield Line("airflow", "a run of reference_check is queued")
    for task, state in after.tasks.items():
        if state != before.tasks.get(task) and state in TASK_WORDS:
            yield Line("airflow", f"{task} {TASK_WORDS[state]}")


def _tell_vitay(before: Seen, after: Seen) -> Iterator[Line]:
    for _ in after.candidates[len(before.candidates) :]:
        yield Line("vitay", "a candidate is created")
    for sent in after.outbox[len(before.outbox) :]:
        reader = "the candidate" if _is_to_candidate(sent, after) else "a referee"
        yield Line("vitay", f"{sent['kind']} to {reader}: “{sent['subject']}”")
    if any(r["filled"] for r in after.requests) > any(r["filled"] for r in before.requests):
        yield Line("vitay", f"the candidate lists {len(after.references)} referees")
    for number in range(before.answers + 1, after.answers + 1):
        yield Line("vitay", f"a referee answers, {number} of {len(after.references)}")


def _is_to_candidate(sent: Row, seen: Seen) -> bool:
    return any(sent["record_id"] == request["id"] for request in seen.requests)


def _headline(root: Row | None) -> str:
    return str(root["text"]) if root else ""


def _describe_pdf(path: Path) -> str:
    content = path.read_bytes()
    if not content.startswith(b"%PDF-"):
        return f"{len(content):,} bytes that are no PDF"
    pages = content.count(b"/Type /Page\n")
    return f"a PDF of {'1 page' if pages == 1 else f'{pages} pages'}, {len(content):,} bytes"
