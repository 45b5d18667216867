"""Every call, in each format, blocking and awaiting, against the emulator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_talent.clients import rezora
from airflow_talent.clients.errors import InvalidRequest, NotFound
from airflow_talent.clients.rezora.models import WRITABLE
from airflow_talent.clients.rezora.settings import level_of
from airflow_talent.tests.rezora.world import (
    BOB,
    JANE,
    JOHN,
    NOBODY,
    PROSPECTS,
    SELF,
    SPHERE,
    ZOE,
    RezoraWorld,
)
from airflow_talent.tests.vendors import NewRunner

TRICKY = 'Ada "A|B" \\ O\'Neil & <Söhne>\nCo'

SPEAKING: dict[str, dict[str, Any]] = {
    "json": {},
    "xml": {"format": "xml", "request_format": "xml"},
    "csv": {"format": "csv", "request_format": "text"},
    "old csv": {"format": "csv", "csv_header": "absent"},
}


@pytest.fixture(params=SPEAKING)
def speaking(request: pytest.FixtureRequest, world: RezoraWorld) -> dict[str, Any]:
    """Settings of a connection, with an emulator that is as they say."""
    if request.param == "old csv":
        # What had a bar in it could not be read then.
        world.change(ZOE, contact_name="Zoë")
        world.set(csv_look="bare")
    return SPEAKING[request.param]


@pytest.fixture
def agent(new_runner: NewRunner, speaking: dict[str, Any]) -> Any:
    return new_runner(**speaking)


@pytest.fixture
def company(new_runner: NewRunner, speaking: dict[str, Any]) -> Any:
    return new_runner("COMPANY", **speaking)


def test_a_company_sees_its_agents(company: Any) -> None:
    john, mary = company.run(rezora.list_agents())
    assert (john.id, john.user_email, john.user_fname) == (JOHN, "john.smith@company.test", "John")
    assert mary.user_lname == "Lopez"
    assert isinstance(john.user_date, datetime)
    account = company.run(rezora.show_agent(JOHN))
    assert account.user_company_name == "Shady Acres Brokerage"
    assert (account.user_status_id, account.user_bio) == ("1", "")
    assert (account.user_report_daily, account.user_report_weekly) == (False, True)
    assert account.user_date.tzinfo is UTC


def test_an_agent_sees_all_contacts(agent: Any) -> None:
    contacts = agent.run(rezora.list_contacts())
    assert [contact.id for contact in contacts] == [SELF, JANE, BOB, ZOE]
    assert [contact.is_self for contact in contacts] == [True, False, False, False]
    assert contacts[2].contact_name == 'Bob "Bobby" O\'Neil'
    assert [contact.id for contact in agent.iterate(rezora.list_contacts())] == [
        SELF,
        JANE,
        BOB,
        ZOE,
    ]


def test_a_contact_is_created_read_changed_and_deleted(agent: Any, world: RezoraWorld) -> None:
    made = agent.run(
        rezora.create_contact(
            {"contact_name": "Ada Ray", "contact_email": "ada@x.test", "contact_title": "Dr"}
        )
    )
    contact = agent.run(rezora.show_contact(made.contact_id))
    assert (contact.contact_name, contact.contact_title) == ("Ada Ray", "Dr")
    assert (contact.is_self, contact.is_unsubscribed) == (False, False)
    changed = {**contact.writable, "contact_type": "Hot", "contact_title": ""}
    assert agent.run(rezora.update_contact(contact.id, changed)).status == "200"
    assert agent.run(rezora.show_contact(contact.id)).writable == changed
    assert agent.run(rezora.delete_contact(contact.id)).status == "200"
    with pytest.raises(NotFound):
        agent.run(rezora.show_contact(contact.id))
    world.unsubscribe(JANE)
    assert agent.run(rezora.show_contact(JANE)).is_unsubscribed


def test_all_contacts_are_deleted_but_the_self_contact(agent: Any) -> None:
    assert agent.run(rezora.delete_all_contacts(confirm="delete all")).status == "200"
    assert [contact.id for contact in agent.run(rezora.list_contacts())] == [SELF]


def test_a_list_is_created_renamed_and_deleted(agent: Any, world: RezoraWorld) -> None:
    made = agent.run(rezora.create_list(" New Leads "))
    shown = agent.run(rezora.show_list(made.list_id))
    assert (shown.id, shown.list_name, shown.is_primary_sphere) == ("1236", "New Leads", False)
    assert agent.run(rezora.rename_list(made.list_id, "Hot Leads")).status == "200"
    assert [
        (each.list_name, each.is_primary_sphere) for each in agent.run(rezora.list_lists())
    ] == [
        ("Primary Sphere", True),
        ("Current Prospects", False),
        ("Hot Leads", False),
    ]
    assert agent.run(rezora.delete_list(made.list_id)).status == "200"
    assert agent.run(rezora.delete_all_lists(confirm="delete all")).status == "200"
    assert world.lists() == {"Primary Sphere": SPHERE}


def test_who_is_on_a_list_is_changed(agent: Any, world: RezoraWorld) -> None:
    made = agent.run(rezora.add_contact_to_list(PROSPECTS, JANE))
    members = agent.run(rezora.list_memberships(PROSPECTS))
    assert [(each.contact_id, each.list_id) for each in members] == [
        (ZOE, PROSPECTS),
        (JANE, PROSPECTS),
    ]
    assert members[1].id == made.contacttolist_id
    assert agent.run(rezora.show_membership(PROSPECTS, JANE)) == members[1]
    assert agent.follow(rezora.find_membership(PROSPECTS, BOB)) is None
    assert agent.run(rezora.remove_contact_from_list(PROSPECTS, JANE)).status == "200"
    assert world.members(PROSPECTS) == [ZOE]
    call = rezora.remove_all_contacts_from_list(PROSPECTS, confirm="delete all")
    assert agent.run(call).status == "200"
    assert agent.run(rezora.list_memberships(PROSPECTS)) == []


REFUSED: list[tuple[Any, type[Exception]]] = [
    (rezora.show_contact(NOBODY), NotFound),
    (rezora.show_list(NOBODY), NotFound),
    (rezora.show_membership(SPHERE, NOBODY), NotFound),
    (rezora.delete_contact(NOBODY), NotFound),
    (rezora.rename_list(NOBODY, "New"), NotFound),
    (rezora.remove_contact_from_list(SPHERE, NOBODY), NotFound),
    (rezora.add_contact_to_list(NOBODY, JANE), NotFound),
    (rezora.add_contact_to_list(SPHERE, NOBODY), InvalidRequest),
    (rezora.add_contact_to_list(SPHERE, JANE), InvalidRequest),
    (rezora.create_list("current prospects"), InvalidRequest),
    (rezora.rename_list(SPHERE, "New"), InvalidRequest),
    (rezora.delete_list(SPHERE), InvalidRequest),
    (rezora.delete_contact(SELF), InvalidRequest),
]


def test_a_refusal_is_a_typed_error(agent: Any) -> None:
    for call, kind in REFUSED:
        with pytest.raises(kind):
            agent.run(call)


@pytest.mark.parametrize("request_format", ["json", "xml", "text"])
@pytest.mark.parametrize("form", ["json", "xml", "csv"])
def test_what_is_written_in_a_contact_is_read_again(
    form: str, request_format: str, new_runner: NewRunner
) -> None:
    runner = new_runner(format=form, request_format=request_format)
    fields = {name: f"{TRICKY} {name}" for name in WRITABLE}
    fields |= {"contact_email": "ada@x.test", "contact_type": "Inactive"}
    made = runner.run(rezora.create_contact(fields))
    assert runner.run(rezora.show_contact(made.contact_id)).writable == fields


@pytest.mark.parametrize("put_means", ["partial", "full"])
def test_some_fields_are_changed_and_all_are_sent(
    put_means: str, runner: Any, world: RezoraWorld
) -> None:
    world.set(put_means=put_means)
    runner.follow(rezora.change_contact(JANE, {"contact_phone_mobile": "303-555-1234"}))
    jane = world.contact(JANE)
    assert (jane["contact_phone_mobile"], jane["contact_type"]) == ("303-555-1234", "Active")


def test_an_update_sends_what_a_contact_holds_by_whatever_rules() -> None:
    held = {**dict.fromkeys(WRITABLE, ""), "contact_type": "Lead"}
    assert rezora.update_contact(JANE, held).json == held


def test_contacts_are_found_by_address(runner: Any) -> None:
    found = runner.run(
        rezora.find_contacts_by_email([" Jane.SMITH@company.test", "bob.oneil@people.test", "no"])
    )
    assert [contact.id for contact in found] == [JANE, BOB]
    call = rezora.find_contacts(lambda address: address.endswith("@people.test"))
    assert [contact.id for contact in runner.iterate(call)] == [BOB, ZOE]


def test_every_pair_of_method_and_path_has_its_call() -> None:
    endpoints = rezora.endpoint.values()
    assert {f"{each.method} {each.path}" for each in endpoints} == {
        "GET /agents",
        "GET /agents/{agent_id}",
        "GET /contacts",
        "POST /contacts",
        "DELETE /contacts",
        "GET /contacts/{contact_id}",
        "PUT /contacts/{contact_id}",
        "DELETE /contacts/{contact_id}",
        "GET /lists",
        "POST /lists",
        "DELETE /lists",
        "GET /lists/{list_id}",
        "PUT /lists/{list_id}",
        "DELETE /lists/{list_id}",
        "GET /lists/{list_id}/contacts",
        "POST /lists/{list_id}/contacts",
        "DELETE /lists/{list_id}/contacts",
        "GET /lists/{list_id}/contacts/{contact_id}",
        "DELETE /lists/{list_id}/contacts/{contact_id}",
    }
    assert len(endpoints) == 19
    for each in endpoints:
        expected = {"GET": "read", "DELETE": "delete"}.get(each.method, "write")
        assert each.effect == expected, each.name
    assert level_of(rezora.show_agent(JOHN)) == "company"
    assert level_of(rezora.show_list(SPHERE)) == "agent"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rezora.delete_all_contacts(confirm="yes"), "confirm must be 'delete all'"),
        (lambda: rezora.delete_all_lists(confirm=""), "confirm must be"),
        (lambda: rezora.remove_all_contacts_from_list("1", confirm="all"), "confirm must be"),
        (lambda: rezora.create_list("  "), "list_name must have 1 to 255 characters"),
        (lambda: rezora.rename_list("1", "x" * 256), "list_name must have 1 to 255 characters"),
        (lambda: rezora.show_contact(""), "contact_id must not be empty"),
        (lambda: rezora.show_contact(".."), "contact_id must be an id"),
        (
            lambda: rezora.create_contact({"contact_name": "Ada"}),
            "contact_email must not be empty",
        ),
        (
            lambda: rezora.create_contact({"contact_name": " ", "contact_email": "a@x.test"}),
            "contact_name must not be empty",
        ),
        (
            lambda: rezora.create_contact({"contact_name": "Ada", "contact_email": "nowhere"}),
            "contact_email must be an e-mail address",
        ),
        (
            lambda: rezora.create_contact({"contact_self": "1"}),
            "no field 'contact_self' that can be written",
        ),
        (
            lambda: rezora.create_contact(
                {"contact_name": "Ada", "contact_email": "a@x.test", "contact_type": "Cold"}
            ),
            "contact_type must be Hot, Active, Inactive or empty",
        ),
        (
            lambda: rezora.update_contact(
                "1", {"contact_name": "Ada", "contact_email": "a@x.test"}
            ),
            "missing of the contact: contact_type, contact_title",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_before_it_is_a_call(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
