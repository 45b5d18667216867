"""The steps in DAGs: what is there is taken over, and nobody gets mail by mistake."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no types
import pytest

from airflow_talent.operators.once import OnceOnly
from airflow_talent.operators.rezora import (
    RezoraAddToListOperator,
    RezoraExportOperator,
    RezoraOperator,
    RezoraSaveContactOperator,
)
from airflow_talent.sensors.rezora import RezoraContactExistsSensor
from airflow_talent.tests.rezora.world import (
    BOB,
    JANE,
    JANES_ADDRESS,
    NOBODY,
    PROSPECTS,
    SELF,
    SPHERE,
    ZOE,
    RezoraWorld,
)
from airflow_talent.tests.vendors import Connect, Run

ADA = {"email": "ada.ray@people.test", "name": "Ada Ray"}
LOST = ["drop_before", "drop_after"]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has somebody else do something after a step has looked and before it acts."""
    perform = OnceOnly.perform

    def have(act: Callable[[], object]) -> None:
        acts = [act]

        def perform_late(self: OnceOnly, effect: Any) -> Any:
            while acts:
                acts.pop()()
            return perform(self, effect)

        monkeypatch.setattr(OnceOnly, "perform", perform_late)

    return have


# contacts


def test_somebody_new_is_added_and_put_on_no_list(run: Run, world: RezoraWorld) -> None:
    ran = run("rezora_save", **ADA, kind="Hot", mobile="303-555-1234")

    contact_id = ran.result("save")["contact_id"]
    assert ran.result("save") == {"contact_id": contact_id, "is_new": True, "is_changed": True}
    ada = world.contact(contact_id)
    assert (ada["contact_name"], ada["contact_type"]) == ("Ada Ray", "Hot")
    assert (ada["contact_phone_mobile"], ada["contact_email"]) == ("303-555-1234", ADA["email"])
    assert contact_id not in world.members(SPHERE)


@pytest.mark.parametrize("put_means", ["partial", "full"])
def test_somebody_known_is_changed_where_something_is_given(
    put_means: str, run: Run, world: RezoraWorld
) -> None:
    world.set(put_means=put_means)
    before = world.contact(JANE)

    ran = run("rezora_save", email=JANES_ADDRESS.upper(), mobile="303-555-1234")

    assert ran.result("save") == {"contact_id": JANE, "is_new": False, "is_changed": True}
    assert world.contact(JANE) == {**before, "contact_phone_mobile": "303-555-1234"}


def test_nothing_is_sent_when_nothing_would_change(run: Run, world: RezoraWorld) -> None:
    ran = run("rezora_save", email=JANES_ADDRESS, name="Jane Smith", kind="Active")

    assert ran.result("save") == {"contact_id": JANE, "is_new": False, "is_changed": False}
    assert [request["method"] for request in world.asked()] == ["GET"]


def test_empty_text_empties_a_field(run: Run, world: RezoraWorld) -> None:
    run("rezora_save", email=JANES_ADDRESS, kind="")
    assert world.contact(JANE)["contact_type"] == ""


@pytest.mark.parametrize("fault", LOST)
def test_a_contact_is_added_once_though_the_answer_is_lost(
    fault: str, run: Run, world: RezoraWorld
) -> None:
    world.set(unique_emails=False)
    world.spoil("POST", "contacts", fault)

    ran = run("rezora_save", **ADA)

    assert ran.state == "success"
    assert (ran.result("save")["is_new"], ran.result("save")["is_changed"]) == (True, True)
    with world.http() as http:
        contacts = http.get("/contacts.json").json()
    assert [c["contact_email"] for c in contacts].count(ADA["email"]) == 1


@pytest.mark.parametrize("fault", LOST)
def test_a_contact_is_changed_though_the_answer_is_lost(
    fault: str, run: Run, world: RezoraWorld
) -> None:
    world.spoil("PUT", "contacts", fault)

    ran = run("rezora_save", email=JANES_ADDRESS, kind="Hot")

    assert ran.result("save") == {"contact_id": JANE, "is_new": False, "is_changed": True}
    assert world.contact(JANE)["contact_type"] == "Hot"


def test_a_contact_that_somebody_else_adds_meanwhile_is_changed(
    run: Run, world: RezoraWorld, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    meanwhile(lambda: world.add_contact("Ada", ADA["email"].upper()))

    ran = run("rezora_save", **ADA)

    assert ran.task("save") == ("success", 1)
    assert ran.result("save")["is_new"] is False
    assert world.contact(ran.result("save")["contact_id"])["contact_name"] == "Ada Ray"


def test_a_refusal_is_told_at_once(run: Run, world: RezoraWorld) -> None:
    world.spoil("POST", "contacts", "status", code=400)
    assert run("rezora_save", **ADA).task("save") == ("failed", 1)
    assert run("rezora_save", **ADA).state == "success"


def test_what_cannot_be_saved_fails_at_once_without_being_sent(
    run: Run, world: RezoraWorld
) -> None:
    ran = run("rezora_save_in_vain")
    assert ran.tasks("save") == [("failed", 1)] * 7
    assert {request["method"] for request in world.asked()} == {"GET"}


def test_two_contacts_with_one_address_are_left_to_a_person(run: Run, world: RezoraWorld) -> None:
    world.set(unique_emails=False)
    world.add_contact("Jane's Twin", JANES_ADDRESS)
    before = len(world.asked())

    assert run("rezora_save", email=JANES_ADDRESS, kind="Hot").task("save") == ("failed", 1)
    assert run("rezora_add", email=JANES_ADDRESS).task("add") == ("failed", 1)
    assert {request["method"] for request in world.asked()[before:]} == {"GET"}


# lists


@pytest.mark.parametrize(
    ("wanted", "who"),
    [(PROSPECTS, {"contact_id": JANE}), (" current PROSPECTS", {"email": JANES_ADDRESS.title()})],
)
def test_a_contact_is_put_on_a_list(
    wanted: str, who: dict[str, str], run: Run, world: RezoraWorld
) -> None:
    ran = run("rezora_add", list=wanted, **who)

    assert ran.result("add") == {"contact_id": JANE, "list_id": PROSPECTS, "is_new": True}
    assert world.members(PROSPECTS) == [ZOE, JANE]


def test_who_is_on_the_list_is_taken_over(run: Run, world: RezoraWorld) -> None:
    ran = run("rezora_add", contact_id=ZOE)
    assert ran.result("add") == {"contact_id": ZOE, "list_id": PROSPECTS, "is_new": False}
    assert world.asked("POST") == []


@pytest.mark.parametrize("fault", LOST)
def test_a_contact_is_put_on_a_list_once_though_the_answer_is_lost(
    fault: str, run: Run, world: RezoraWorld
) -> None:
    world.spoil("POST", "contacts", fault)
    ran = run("rezora_add", contact_id=JANE)
    assert ran.result("add") == {"contact_id": JANE, "list_id": PROSPECTS, "is_new": True}
    assert world.members(PROSPECTS) == [ZOE, JANE]


def test_whom_somebody_else_puts_on_the_list_meanwhile_is_taken_over(
    run: Run, world: RezoraWorld
) -> None:
    world.spoil("GET", "lists/.+/contacts/", "status", code=404)  # as seen before that
    ran = run("rezora_add", contact_id=ZOE)
    assert ran.task("add") == ("success", 1)
    assert ran.result("add")["is_new"] is False


@pytest.mark.parametrize("fault", [None, *LOST])
def test_a_list_is_made_once_where_it_may_be(
    fault: str | None, run: Run, world: RezoraWorld
) -> None:
    if fault:
        world.spoil("POST", "lists$|lists.json", fault)
    ran = run("rezora_add_and_create", list="Hot Leads", contact_id=JANE)
    list_id = world.lists()["Hot Leads"]
    assert ran.result("add") == {"contact_id": JANE, "list_id": list_id, "is_new": True}
    assert len(world.lists()) == 3
    assert world.members(list_id) == [JANE]


def test_a_list_that_somebody_else_makes_meanwhile_is_taken(
    run: Run, world: RezoraWorld, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    def make() -> None:
        with world.http() as http:
            http.post("/lists.json", json={"data": {"list_name": "HOT leads"}})

    meanwhile(make)
    ran = run("rezora_add_and_create", list="Hot Leads", contact_id=JANE)
    assert ran.result("add")["list_id"] == world.lists()["HOT leads"]


@pytest.mark.parametrize("who", ["unsubscribed", "self"])
def test_who_wants_no_mail_is_put_on_a_list_only_when_told(
    who: str, run: Run, world: RezoraWorld
) -> None:
    contact_id = {"unsubscribed": JANE, "self": SELF}[who]
    world.unsubscribe(JANE)

    assert run("rezora_add_and_create", list="New", contact_id=contact_id).state == "failed"
    assert world.asked("POST") == []
    assert run("rezora_add_anybody", contact_id=contact_id).state == "success"
    assert world.members(PROSPECTS) == [ZOE, contact_id]


def test_who_or_where_is_not_known_fails_at_once_without_being_sent(
    run: Run, world: RezoraWorld
) -> None:
    ran = run("rezora_add_in_vain")
    assert ran.tasks("add") == [("failed", 1)] * 7
    assert world.asked("POST") == []


def test_a_number_that_is_no_list_is_not_made_one(run: Run, world: RezoraWorld) -> None:
    assert run("rezora_add_and_create", list=NOBODY, contact_id=JANE).state == "failed"
    assert len(world.lists()) == 2


def test_one_step_hands_its_contact_to_the_next(run: Run, world: RezoraWorld) -> None:
    ran = run("rezora_follow_up", **ADA)
    assert ran.state == "success"
    assert world.members(world.lists()["Hot Leads"]) == [ran.result("save")["contact_id"]]


# any call, and files


def test_any_call_is_a_step_and_deleting_everything_takes_two_words(
    run: Run, world: RezoraWorld
) -> None:
    ran = run("rezora_calls")
    assert ran.result("rename") == {"status": "200"}
    assert [each["list_name"] for each in ran.result("show")] == ["Primary Sphere", "Hot Leads"]
    assert ran.task("empty") == ("success", 1)
    assert ran.task("empty_by_mistake") == ("failed", 1)
    assert world.members(PROSPECTS) == []
    assert world.members(SPHERE) == [JANE, BOB, ZOE]


def test_indexes_become_files(run: Run, tmp_path: Path) -> None:
    ran = run("rezora_export", folder=tmp_path.as_uri())

    assert ran.state == "success"
    assert ran.result("jsonl")["rows"] == 4
    rows = [json.loads(line) for line in (tmp_path / "contacts.jsonl").read_text().splitlines()]
    assert [(row["contact_id"], row["contact_self"]) for row in rows][:2] == [
        (SELF, True),
        (JANE, False),
    ]
    with (tmp_path / "contacts.csv").open(newline="") as file:
        assert [row["contact_name"] for row in csv.DictReader(file)][3] == "Zoë | Co"
    table = pq.read_table(tmp_path / "contacts.parquet")
    assert table.column("contact_id").to_pylist() == [SELF, JANE, BOB, ZOE]
    assert len((tmp_path / "members.jsonl").read_text().splitlines()) == 3
    assert ran.result("agents")["rows"] == 2


# connections


MODES = {
    "read_only_save": ("failed", 1),
    "dry_run_save": ("skipped", 1),
    "wrong_password_save": ("failed", 1),
    "company_save": ("failed", 1),
    "restricted_add": ("failed", 1),
}


def test_a_connection_that_forbids_is_obeyed_at_once(
    run: Run, world: RezoraWorld, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connect("rezora_read_only", extra={"mode": "read_only"})
    connect("rezora_dry_run", extra={"mode": "dry_run"})
    connect("rezora_restricted", extra={"allowed_recipients": "allowed.test"})
    connect("rezora_wrong_password", password="planted-password")
    before = world.contact(JANE)

    ran = run("rezora_modes", email=JANES_ADDRESS)

    assert {task: ran.task(task) for task in MODES} == MODES
    assert world.contact(JANE) == before
    assert world.members(PROSPECTS) == [ZOE]
    assert {request["method"] for request in world.asked()} == {"GET"}
    for secret in ("planted-password", "demo-secret"):
        assert secret not in caplog.text


# waits


def test_a_wait_gives_the_same_result_in_every_mode(run: Run, world: RezoraWorld) -> None:
    world.unsubscribe(JANE)

    ran = run("rezora_wait", email=JANES_ADDRESS.upper())

    assert ran.state == "success"
    results = [ran.result(mode) for mode in ("poking", "rescheduled", "deferred")]
    assert results == 3 * [{"contact_id": JANE, "is_self": False, "is_unsubscribed": True}]


def test_every_other_ending_is_the_same_in_every_mode(run: Run, connect: Connect) -> None:
    connect("rezora_wrong_password", password="planted-password")

    ran = run("rezora_endings")

    assert {
        (mode, ending): ran.task(f"{mode}_{ending}")
        for mode in ("poking", "deferred")
        for ending in ENDINGS
    } == {(mode, ending): ENDINGS[ending] for mode in ("poking", "deferred") for ending in ENDINGS}


ENDINGS = {
    "wrong_password": ("failed", 1),
    "wrong_level": ("failed", 1),
    "late": ("failed", 1),
    "late_softly": ("skipped", 1),
}


# parsing


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: RezoraSaveContactOperator(task_id="t", email_address=""),
            "email_address must not be empty",
        ),
        (
            lambda: RezoraSaveContactOperator(
                task_id="t", email_address="a@b.c", contact_type="Cold"
            ),
            "contact_type must be Hot, Active, Inactive or empty, got 'Cold'",
        ),
        (
            lambda: RezoraSaveContactOperator(
                task_id="t", email_address="a@b.c", details={"contact_self": "1"}
            ),
            "details: 'contact_self' is not one of contact_title",
        ),
        (
            lambda: RezoraSaveContactOperator(
                task_id="t", email_address="a@b.c", details={"contact_name": "Ada"}
            ),
            "details: 'contact_name' is not one of",
        ),
        (
            lambda: RezoraAddToListOperator(task_id="t", mailing_list="", contact_id="1"),
            "mailing_list must not be empty",
        ),
        (
            lambda: RezoraAddToListOperator(task_id="t", mailing_list="x"),
            "pass either contact_id or email_address",
        ),
        (
            lambda: RezoraAddToListOperator(
                task_id="t", mailing_list="x", contact_id="1", email_address="a@b.c"
            ),
            "pass either contact_id or email_address",
        ),
        (lambda: RezoraOperator(task_id="t", call="list_offices"), "no call"),
        (
            lambda: RezoraOperator(
                task_id="t", call="delete_contact", arguments={"contact_id": "1"}
            ),
            'needs allow_effect="delete"',
        ),
        (
            lambda: RezoraOperator(task_id="t", call="delete_all_lists", allow_effect="delete"),
            "missing a required argument: 'confirm'",
        ),
        (
            lambda: RezoraExportOperator(task_id="t", index="show_list", path="x.csv"),
            "index must be one of list_agents, list_contacts, list_lists, list_memberships",
        ),
        (
            lambda: RezoraExportOperator(task_id="t", index="list_memberships", path="x.csv"),
            "missing a required argument: 'list_id'",
        ),
        (
            lambda: RezoraContactExistsSensor(task_id="t", email_address=""),
            "email_address must not be empty",
        ),
        (
            lambda: RezoraContactExistsSensor(task_id="t", email_address="planted"),
            "email_address must be one e-mail address",
        ),
    ],
)
def test_what_cannot_work_is_refused_when_the_dag_is_parsed(
    make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "planted" not in str(caught.value)


def test_a_sensor_looks_every_five_minutes_unless_told_otherwise() -> None:
    assert RezoraContactExistsSensor(task_id="t", email_address="a@b.c").poke_interval == 300
