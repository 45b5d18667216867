"""The main job, shown for real: a slash command, a reference check, a report in Slack.

Emulator, Airflow and Slack app run as they do anywhere else and talk over
HTTP and WebSocket; only the vendor, Slack and the people are emulated.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import httpx

from ... import example_dags
from ...emulator.client import Emulator
from ...emulator.server import EmulatorServer
from ..airflow_api import AirflowApiError
from ..local_airflow import LocalAirflow, LocalAirflowError
from ..processes import ChildProcess, UsageMeter, neutral_environment
from .demo_play import COMMANDS_TO_TRY, PEOPLE_AT_PLAY, Playground
from .demo_screen import Screen
from .demo_story import NOTHING, STEPS, Seen, Step, tell
from .failures import CommandFailed

PARENT = Path(".talent")
"""Where demos keep what they make, below the folder they are run in."""

DAG_ID = "reference_check"
CHANNEL = "C0HIRING"
RECRUITER = "U0RECRUIT"
COMMAND = (
    "reference_check email=alex.candidate@people.test first_name=Alex last_name=Candidate "
    "remind_after_hours=0.0015"
)

PEOPLE = {
    "auto": True,
    "delay": 1.0,
    # Reminders come from the DAG alone, and one referee waits for it.
    "automatic_reminders": False,
    "answers_after_reminder": True,
}

TIME_FOR_THE_STORY = 180.0
"""Seconds from the slash command to the last step, on a machine that has other things to do."""

GLANCE = 0.25
"""Seconds between two looks at what happens."""


def run_demo(*, keep_running: bool) -> None:
    """Play the demo to its end.

    :param keep_running: Leave everything running afterwards, until Ctrl-C.
    :raises CommandFailed: a step did not happen; the text says which and where its log is.
    """
    with ExitStack() as stack:
        stack.enter_context(_sigterm_as_exit())
        folder = stack.enter_context(_own_folder())
        screen = stack.enter_context(Screen(len(STEPS) + 1))
        stage = stack.enter_context(_set_up(folder, screen))
        _play(stage, screen)
        screen.summarise(stage.facts())
        if keep_running:
            _open_playground(stage, screen)
            _keep_running(stage, screen)
        screen.console.print("\nStopping everything …")


class Stage:
    """The emulator, Airflow and the Slack app of one demo, wired to each other."""

    def __init__(self, folder: Path, emulator: EmulatorServer, screen: Screen) -> None:
        self.reports = folder / "reports"
        self.reports.mkdir()
        self.playground = Playground(folder / "playground")
        self.url = emulator.url
        self.world = Emulator(emulator.url)
        self.airflow = LocalAirflow(
            folder / "airflow",
            environment={
                **emulator.environment(),
                "AIRFLOW_VAR_TALENT_REPORTS": self.reports.as_uri(),
                **self.playground.environment,
            },
            # One after another is how tasks run here, and each worker is slow the first time.
            parallelism=2,
            on_progress=lambda text: screen.say("airflow", text),
        )
        self.bot = ChildProcess(
            "Slack app",
            [sys.executable, "-P", "-m", "airflow_talent.slackbot.main"],
            environment={
                **neutral_environment(),
                **emulator.environment(),
                **self.airflow.bot_environment,
                "TALENT_FILE_ROOTS": self.reports.as_uri(),
            },
            log=folder / "slack-app.log",
        )
        self.meter = UsageMeter([*self.airflow.processes, self.bot], with_own=True)
        self._pages = httpx.Client(base_url=self.url, trust_env=False)

    def close(self) -> None:
        """Close the connections to the emulator."""
        self._pages.close()
        self.world.close()

    def see(self) -> Seen:
        """Look at everything once.

        :raises httpx.HTTPError: emulator or Airflow do not answer.
        :raises AirflowApiError: Airflow could not say.
        """
        # What was sent before what it is about, so that every mail is told with its reader.
        outbox = self.world.outbox("vitay")
        records = self.world.records()["vitay"]
        run = self._newest_run()
        messages = self._conversation()
        root = next(filter(_is_root, messages), None)
        return Seen(
            run_state=run["state"] if run else None,
            tasks=self.airflow.api.task_states(DAG_ID, run["dag_run_id"]) if run else {},
            outbox=outbox,
            candidates=records["Candidates"],
            requests=records["Reference requests"],
            references=records["References"],
            root=root,
            replies=root["replies"] if root else (),
            notices=[message for message in messages if message["ephemeral_to"]],
            reports=sorted(self.reports.rglob("*.pdf")),
        )

    def check(self) -> None:
        """Make sure that all processes run.

        :raises CommandFailed: one of them has ended.
        """
        for process in [*self.airflow.processes, self.bot]:
            if not process.is_running():
                raise CommandFailed(
                    f"the {process.name} ended with exit code {process.exit_code}; "
                    f"its log is {process.log}"
                )

    def is_bot_ready(self) -> bool:
        """Whether the Slack app says that it is connected."""
        return b"the bot is ready" in self.bot.log.read_bytes()

    def type_command(self, text: str) -> None:
        """Type a slash command as the recruiter.

        :raises CommandFailed: the Slack app did not take it.
        """
        answer = self.world.act("slack/commands", user=RECRUITER, channel=CHANNEL, text=text)
        if answer["error"]:
            raise CommandFailed(
                f"the slash command failed with {answer['error']}; "
                f"the log of the Slack app is {self.bot.log}"
            )

    def log_of(self, task: str | None) -> Path:
        """Where the log of a task is, or that of the Slack app."""
        if task is None:
            return self.bot.log
        tries = sorted(self.airflow.log_folder.glob(f"dag_id={DAG_ID}/*/task_id={task}/*.log"))
        return tries[-1] if tries else self.airflow.log("scheduler")

    def facts(self) -> list[tuple[str, str]]:
        """What a reader of the summary wants to know besides the times."""
        usage = self.meter.measure()
        requests = self.world.requests("vitay")
        report = next(iter(sorted(self.reports.rglob("*.pdf"))))
        return [
            ("Requests to Vitay", str(len(requests))),
            ("Peak memory", f"{usage.peak_memory / 2**20:,.0f} MiB over all processes"),
            ("CPU time", f"{usage.cpu_seconds:.0f} s of Airflow and the Slack app"),
            ("Report", str(report)),
        ]

    def _newest_run(self) -> dict[str, Any] | None:
        runs = self.airflow.api.get(f"/dags/{DAG_ID}/dagRuns", order_by="-run_after", limit=1)
        return next(iter(runs["dag_runs"]), None)

    def _conversation(self) -> list[dict[str, Any]]:
        answer = self._pages.get(f"/_emulator/slack/conversations/{CHANNEL}").raise_for_status()
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


def _is_root(message: dict[str, Any]) -> bool:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return bool(payload.get("dag_id") == DAG_ID)


@contextmanager
def _set_up(folder: Path, screen: Screen) -> Iterator[Stage]:
    with ExitStack() as stack:
        screen.wait_for("Emulator, Airflow and Slack app start")
        emulator = stack.enter_context(EmulatorServer())
        stage = Stage(folder, emulator, screen)
        stack.callback(stage.close)
        stage.world.settings(vitay=PEOPLE)
        screen.say("demo", f"Vitay, Slack and the people are emulated at {stage.url}")
        stage.airflow.add_dags(Path(example_dags.__file__).parent / f"{DAG_ID}.py")
        stack.callback(stage.meter.stop)
        stage.meter.start()
        try:
            stack.enter_context(stage.airflow)
            stack.callback(stage.bot.stop)
            stage.bot.start()
            stage.airflow.wait_for_dag(DAG_ID)
        except (LocalAirflowError, AirflowApiError) as error:
            raise CommandFailed(str(error)) from None
        _wait_for_the_bot(stage)
        screen.say("airflow", f"reference_check is there, open Airflow at {stage.airflow.url}")
        screen.reach("Emulator, Airflow and Slack app run")
        yield stage


def _wait_for_the_bot(stage: Stage) -> None:
    deadline = time.monotonic() + 30
    while not stage.is_bot_ready():
        stage.check()
        if time.monotonic() > deadline:
            raise CommandFailed(f"the Slack app did not connect; its log is {stage.bot.log}")
        time.sleep(GLANCE)


def _play(stage: Stage, screen: Screen) -> None:
    screen.say("slack", f"Robin Recruiter types in #hiring: /talent {COMMAND}")
    stage.type_command(COMMAND)
    deadline = time.monotonic() + TIME_FOR_THE_STORY
    seen, waiting = NOTHING, [*STEPS]
    while waiting:
        screen.wait_for(waiting[0].title)
        stage.check()
        before, seen = seen, _look(stage, seen)
        for line in tell(before, seen):
            screen.say(line.place, line.text)
        while waiting and waiting[0].has_happened(seen):
            screen.reach(waiting.pop(0).title)
        if waiting and (seen.failed_task or time.monotonic() > deadline):
            _fail(waiting[0], seen, stage)
        time.sleep(GLANCE)


def _look(stage: Stage, before: Seen) -> Seen:
    """Look once; what does not answer on a busy machine shows nothing new."""
    try:
        return stage.see()
    except (httpx.HTTPError, AirflowApiError):
        return before


def _fail(step: Step, seen: Seen, stage: Stage) -> NoReturn:
    number = STEPS.index(step) + 1
    reason = f"task {seen.failed_task} failed" if seen.failed_task else "it did not happen in time"
    raise CommandFailed(
        f"step {number} of {len(STEPS)}, “{step.title}”, was not reached: {reason}; "
        f"its log is {stage.log_of(seen.failed_task or step.task)}"
    )


def _open_playground(stage: Stage, screen: Screen) -> None:
    screen.say("demo", "all other example DAGs are added, and every vendor has people in it")
    stage.world.settings(**PEOPLE_AT_PLAY)
    # Referees who never answer, so that there is somebody to remind or to replace.
    stage.world.act("vitay/seed", references=4)
    stage.playground.furnish()
    folder = Path(example_dags.__file__).parent
    try:
        stage.airflow.add_dags(folder)
        for file in sorted(folder.glob("[!_]*.py")):
            stage.airflow.wait_for_dag(file.stem)
    except (LocalAirflowError, AirflowApiError) as error:
        raise CommandFailed(str(error)) from None


def _keep_running(stage: Stage, screen: Screen) -> None:
    screen.console.print(
        f"\n[bold]Everything goes on running.[/bold]\n"
        f"  Slack, vendors  {stage.url}\n"
        f"  Airflow         {stage.airflow.url}  "
        f"(user {stage.airflow.admin_username}, password {stage.airflow.admin_password})\n"
        f"  Resumes         {stage.playground.resumes}  (add some)\n"
        f"\nType in #hiring as any of the people, for example:",
        soft_wrap=True,
    )
    for command in COMMANDS_TO_TRY:
        screen.console.print(f"  /talent {command}", markup=False, soft_wrap=True)
    screen.console.print(
        "/talent alone shows a menu. Post one of the resumes, and the message has "
        "“Screen this CV”.\n"
        "What asks for an approval has its buttons in the run's thread; where it costs money, "
        "somebody else must press them.\n"
        "Press Ctrl-C to stop it.",
        soft_wrap=True,
    )
    while True:
        stage.check()
        time.sleep(1)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A folder of this demo's own, of which the reports stay, and after a failure all of it."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    try:
        PARENT.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"demo-{stamp}-", dir=PARENT)).resolve()
    except OSError as error:
        raise CommandFailed(
            f"cannot make a folder below {PARENT.resolve()} ({type(error).__name__}); "
            "run this where you may write"
        ) from None
    has_failed = False
    try:
        yield folder
    except Exception:
        has_failed = True
        raise
    finally:
        if not has_failed:
            _remove_all_but_reports(folder)


def _remove_all_but_reports(folder: Path) -> None:
    (folder / "slack-app.log").unlink(missing_ok=True)
    for part in ("airflow", "playground"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for empty in (folder / "reports", folder):
        if not any(empty.iterdir()):
            empty.rmdir()


@contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    """End as by Ctrl-C when asked to by SIGTERM, so that everything is cleared up."""

    def leave(*_: object) -> NoReturn:
        sys.exit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
