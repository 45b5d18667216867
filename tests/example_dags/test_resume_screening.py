"""From files in a bucket to invitations and scores."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from itertools import count
from string import ascii_lowercase

import pytest

from airflow_talent.clients.riminder import calls
from airflow_talent.clients.runners import Runner
from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.commands.demo_resumes import PEOPLE, Somebody, write_resume
from airflow_talent.tests.bucket import Bucket
from airflow_talent.tests.example_dags.conftest import Run

DAG = "resume_screening"

_tests = count()


class Inbox:
    """A folder of the bucket in which resumes arrive, of people whom no other test knows."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        number = next(_tests)
        self.name = f"inbox-{number}"
        self.people = [
            replace(person, name=f"{person.name}{ascii_lowercase[number]}") for person in PEOPLE
        ]
        self.noor, self.tomas, self.grace, self.elif_, self.peter = self.people

    @property
    def uri(self) -> str:
        return f"s3://aws_here@{self.bucket.name}/{self.name}"

    def receive(self, *people: Somebody) -> None:
        for person in people:
            self.bucket.put(f"{self.name}/{person.title}.pdf", write_resume(person))


@pytest.fixture
def inbox(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, talent_emulator: Emulator) -> Inbox:
    inbox = Inbox(bucket)
    monkeypatch.setenv("AIRFLOW_CONN_AWS_HERE", json.dumps(bucket.connection))
    monkeypatch.setenv("AIRFLOW_VAR_TALENT_RESUMES", inbox.uri)
    monkeypatch.setenv("AIRFLOW_VAR_TALENT_REPORTS", f"{inbox.uri}-reports")
    talent_emulator.settings(rickrut={"auto": True})
    return inbox


def invited(emulator: Emulator) -> list[str]:
    return sorted(sent["to"] for sent in emulator.outbox("rickrut"))


def staged(runner: Runner, stage: calls.Stage) -> set[str | None]:
    """Who has this stage."""
    (source, *_) = runner.run(calls.list_sources())
    listed = calls.list_profiles([source.source_id], filter_reference="data-engineer", stage=stage)
    return {profile.email for profile in runner.iterate(listed)}


def test_the_best_of_the_new_resumes_are_invited_and_their_scores_told(
    run: Run, inbox: Inbox, talent_emulator: Emulator, riminder: Runner
) -> None:
    inbox.receive(*inbox.people)

    ran = run(DAG, most_invited=2)

    assert ran.state == "success", ran.states
    assert invited(talent_emulator) == [inbox.noor.email, inbox.tomas.email]
    assert staged(riminder, "YES") == {inbox.noor.email, inbox.tomas.email}
    assert staged(riminder, "NEW") == {inbox.grace.email, inbox.elif_.email, inbox.peter.email}
    assert ran.told.text == "New resumes: 5. Fit for a test: 2."
    assert [bool(row["Skill"]) for row in ran.told.table] == [True, True]
    assert not any(
        person.email in ran.kept() or person.name in ran.kept() for person in inbox.people
    )


def test_the_next_run_sends_only_what_is_new_and_invites_who_is_left(
    run: Run, inbox: Inbox, talent_emulator: Emulator
) -> None:
    inbox.receive(inbox.noor, inbox.tomas)
    run(DAG, most_invited=1)
    inbox.receive(inbox.grace)
    ran = run(DAG, most_invited=5)

    assert ran.told.fields == {"Files already there": 2, "Files uploaded": 1}
    assert invited(talent_emulator) == [inbox.grace.email, inbox.noor.email, inbox.tomas.email]


def test_a_folder_without_resumes_invites_nobody(
    run: Run, inbox: Inbox, talent_emulator: Emulator
) -> None:
    inbox.receive(inbox.peter)
    run(DAG)
    ran = run(DAG)

    assert ran.state == "success"
    assert ran.states["wait_for_scores"] == ["skipped"]
    assert ran.told.text == "New resumes: 0. Fit for a test: 0."
    assert invited(talent_emulator) == []


def test_who_applies_again_is_not_invited_again(
    run: Run, inbox: Inbox, talent_emulator: Emulator, riminder: Runner
) -> None:
    inbox.receive(inbox.noor)
    run(DAG)
    inbox.receive(replace(inbox.noor, title="Principal data engineer"))
    ran = run(DAG)

    assert ran.state == "success"
    assert ran.states["test.invite"] == ["skipped"]
    assert invited(talent_emulator) == [inbox.noor.email]
    assert staged(riminder, "NEW") == set()


def test_a_resume_that_cannot_be_read_holds_nobody_up(
    run: Run, inbox: Inbox, talent_emulator: Emulator
) -> None:
    inbox.receive(inbox.noor)
    inbox.bucket.put(f"{inbox.name}/scan.pdf", b"nothing that could be read")
    ran = run(DAG, score_within_hours=1 / 3600)

    assert ran.state == "success"
    assert sorted(ran.states["wait_for_scores"]) == ["skipped", "success"]
    assert invited(talent_emulator) == [inbox.noor.email]


def test_an_invitation_whose_answer_is_lost_is_left_to_a_person_and_the_others_are_told(
    run: Run, inbox: Inbox, talent_emulator: Emulator
) -> None:
    inbox.receive(inbox.noor, inbox.tomas)
    talent_emulator.fault("rickrut", "POST", "^/applicants", "drop_after")
    ran = run(DAG)

    assert ran.state == "failed"
    assert sorted(ran.states["test.invite"]) == ["failed", "success"]
    assert invited(talent_emulator) == [inbox.noor.email, inbox.tomas.email]
    assert len(ran.told.table) == 1


def give(emulator: Emulator, content: bytes, name: str = "resume.pdf") -> str:
    """A recruiter posts a file in a channel that the app is in; returns the file's id."""
    shared = emulator.act(
        "slack/files",
        user="U0RECRUIT",
        channel="C0HIRING",
        name=name,
        content_base64=base64.b64encode(content).decode(),
    )
    return str(shared["file"])


def test_a_file_from_slack_is_screened_alone_and_nobody_is_named(
    run: Run, inbox: Inbox, talent_emulator: Emulator
) -> None:
    inbox.receive(inbox.tomas)
    file_id = give(talent_emulator, write_resume(inbox.noor), name=f"{inbox.noor.name}.pdf")
    ran = run(DAG, resume=file_id)

    assert ran.state == "success", ran.states
    assert invited(talent_emulator) == [inbox.noor.email]
    assert ran.told.text == "The resume is fit for a test."
    assert ran.told.fields["Invited now"] == "yes"
    (forward,) = ran.told.actions
    assert (forward.workflow, forward.label) == ("profile_forward", "Put on a mailing list")
    assert forward.params.keys() == {"profile", "source"}
    assert inbox.noor.name not in ran.kept()
    assert inbox.noor.email not in ran.kept()

    again = run(DAG, resume=file_id)

    assert again.told.text == "The resume is fit for a test."
    assert again.told.fields["Invited now"] == "no"

    morning = run(DAG)

    assert morning.told.fields == {"Files uploaded": 1}
    assert invited(talent_emulator) == [inbox.noor.email, inbox.tomas.email]


def test_who_scores_too_low_is_invited_only_when_somebody_wants_it_all_the_same(
    run: Run, inbox: Inbox, talent_emulator: Emulator
) -> None:
    file_id = give(talent_emulator, write_resume(inbox.peter))
    ran = run(DAG, resume=file_id, slack={"user": "U0RECRUIT"})

    assert ran.told.text == "The resume scores too low for a test."
    assert invited(talent_emulator) == []
    invite, _ = ran.told.actions
    assert invite.label == "Invite to the test all the same"
    assert invite.params == {
        "resume": file_id,
        "source": "Careers website",
        "filter": "data-engineer",
        "opening": "software-engineer",
        "min_score": 0,
    }

    again = run(invite.workflow, **invite.params)

    assert again.told.fields["Invited now"] == "yes"
    assert invited(talent_emulator) == [inbox.peter.email]


def test_a_file_from_slack_that_is_no_resume_is_told(
    run: Run, inbox: Inbox, talent_emulator: Emulator
) -> None:
    unreadable = give(talent_emulator, b"nothing that could be read")
    song = give(talent_emulator, b"tra la la", name="song.mp3")

    read = run(DAG, resume=unreadable, score_within_hours=1 / 3600)
    heard = run(DAG, resume=song)

    assert read.told.text == "The resume was not scored in time; it may not be readable."
    assert heard.states["upload"] == ["failed"]
    assert invited(talent_emulator) == []


def test_a_file_that_slack_does_not_have_ends_the_run_and_not_in_the_whole_folder(
    run: Run, inbox: Inbox, talent_emulator: Emulator
) -> None:
    inbox.receive(inbox.noor)
    ran = run(DAG, resume="F0NOWHERE")

    assert ran.state == "failed"
    assert (ran.states["fetch"], ran.states["upload"]) == (["failed"], ["upstream_failed"])
    assert invited(talent_emulator) == []


def test_without_riminder_nothing_happens(
    run: Run, inbox: Inbox, talent_emulator: Emulator
) -> None:
    inbox.receive(inbox.noor)
    talent_emulator.fault("riminder", None, "", "status", code=401, times=None)
    ran = run(DAG)

    assert ran.state == "failed"
    assert ran.states["tell"] == ["skipped"]
    assert invited(talent_emulator) == []
