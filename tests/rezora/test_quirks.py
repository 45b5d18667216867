"""What Rezora may do, by its documents or for lack of them: a right value or a typed error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from airflow_talent.clients import rezora
from airflow_talent.clients.api import Api
from airflow_talent.clients.errors import (
    BlockedBySafety,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    UnexpectedAnswer,
    VendorUnavailable,
)
from airflow_talent.clients.rezora.api import RezoraApi
from airflow_talent.clients.rezora.settings import RezoraSettings
from airflow_talent.tests.clients.adapters import CannedVendor
from airflow_talent.tests.rezora.test_formats import BOMB
from airflow_talent.tests.rezora.world import (
    JANE,
    NOBODY,
    PROSPECTS,
    SELF,
    SPHERE,
    ZOE,
    RezoraWorld,
)
from airflow_talent.tests.vendors import NewRunner

FORMATS = ["json", "xml", "csv"]


def answer(
    new_runner: NewRunner, call: Any, content: Any, *, status: int = 200, **settings: Any
) -> Any:
    """What a call gives for an answer that no emulator would send."""
    body = content if isinstance(content, bytes) else content.encode()
    with CannedVendor(lambda *_: (status, {}, body)) as vendor:
        return new_runner(base_url=vendor.url, **settings).run(call)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("status", [200, 204])
def test_nothing_is_told_in_two_ways(
    form: str, status: int, new_runner: NewRunner, world: RezoraWorld
) -> None:
    runner = new_runner(format=form)
    world.set(empty_collection=status)
    runner.run(rezora.remove_all_contacts_from_list(PROSPECTS, confirm="delete all"))
    assert runner.run(rezora.list_memberships(PROSPECTS)) == []
    assert list(runner.iterate(rezora.list_memberships(PROSPECTS))) == []


@pytest.mark.parametrize(("form", "nothing"), [("json", "[]"), ("xml", "<contacts/>"), ("csv", "")])
def test_one_record_that_is_not_there_is_not_found(
    form: str, nothing: str, new_runner: NewRunner, world: RezoraWorld
) -> None:
    for unknown_id_get in (204, 404):
        world.set(unknown_id_get=unknown_id_get)
        with pytest.raises(NotFound):
            new_runner(format=form).run(rezora.show_contact(NOBODY))
    with pytest.raises(NotFound):
        answer(new_runner, rezora.show_contact(JANE), nothing, format=form)


def test_a_change_needs_no_body_to_have_happened(runner: Any, world: RezoraWorld) -> None:
    world.set(empty_answers=True)
    runner.run(rezora.rename_list(PROSPECTS, "Hot"))
    assert world.lists() == {"Primary Sphere": SPHERE, "Hot": PROSPECTS}


def test_a_creation_without_an_id_may_have_happened(runner: Any, world: RezoraWorld) -> None:
    world.set(empty_answers=True)
    with pytest.raises(OutcomeUnknown):
        runner.run(rezora.create_list("New Leads"))
    assert "New Leads" in world.lists()


@pytest.mark.parametrize("form", FORMATS)
def test_an_error_inside_a_200_is_that_error(
    form: str, new_runner: NewRunner, world: RezoraWorld
) -> None:
    world.set(errors_as_200=True, unknown_id_get=404)
    runner = new_runner(format=form)
    for call, kind in (
        (rezora.delete_contact(NOBODY), NotFound),
        (rezora.show_contact(NOBODY), NotFound),
        (rezora.create_list("Primary Sphere"), InvalidRequest),
        (rezora.delete_list(SPHERE), InvalidRequest),
    ):
        with pytest.raises(kind):
            runner.run(call)
    world.set(not_implemented=["GET contacts"])
    with pytest.raises(InvalidRequest, match="has not made this method"):
        runner.run(rezora.list_contacts())
    with pytest.raises(InvalidRequest, match="has not made this method"):
        list(runner.iterate(rezora.list_contacts()))


def test_records_of_another_kind_are_no_proof_of_absence(new_runner: NewRunner) -> None:
    for content in ('[{"status":"200"}]', '[{"list_id":"1"}]'):
        with pytest.raises(UnexpectedAnswer):
            answer(new_runner, rezora.find_contacts_by_email(["jane@x.test"]), content)


def test_numbers_pass_for_text(runner: Any, world: RezoraWorld) -> None:
    world.set(json_numbers=True)
    jane = runner.run(rezora.show_contact(JANE))
    assert (jane.id, jane.is_self, jane.contact_unsubscribe) == (JANE, False, False)
    assert runner.run(rezora.create_list("2026")).list_id == "1236"
    assert runner.run(rezora.show_list("1236")).list_name == "2026"


def test_xml_that_begins_twice_is_read(new_runner: NewRunner, world: RezoraWorld) -> None:
    world.set(double_xml_declaration=True)
    runner = new_runner(format="xml", request_format="xml")
    assert len(runner.run(rezora.list_memberships(SPHERE))) == 3
    assert len(list(runner.iterate(rezora.list_contacts()))) == 4


def test_contacts_of_old_do_not_say_who_unsubscribed(runner: Any, world: RezoraWorld) -> None:
    world.set(unsubscribe_field=False)
    jane = runner.run(rezora.show_contact(JANE))
    assert (jane.contact_unsubscribe, jane.is_unsubscribed) == (None, False)


def test_fields_that_nobody_documented_are_kept(new_runner: NewRunner) -> None:
    row = {"list_id": "1", "list_name": "x", "list_colour": "green", "list_date": ""}
    (seen,) = answer(new_runner, rezora.list_lists(), json.dumps([row]))
    assert (seen.list_colour, seen.list_date) == ("green", None)


def test_the_day_zero_is_no_day(new_runner: NewRunner) -> None:
    row = {"list_id": "1", "list_date": "0000-00-00 00:00:00"}
    assert answer(new_runner, rezora.show_list("1"), json.dumps([row])).list_date is None


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("read_all", [lambda r, c: r.run(c), lambda r, c: list(r.iterate(c))])
def test_a_cut_answer_is_an_error_and_never_a_short_list(
    form: str, read_all: Callable[[Any, Any], Any], new_runner: NewRunner, world: RezoraWorld
) -> None:
    world.emulator.act("rezora/seed", contacts=200)
    whole = new_runner(format=form)
    with world.http() as http:
        content = http.get(f"/contacts.{form}").content
    half = content[: len(content) // 2]
    with CannedVendor(lambda *_: (200, {}, half)) as vendor:
        runner = new_runner(format=form, base_url=vendor.url)
        with pytest.raises(UnexpectedAnswer):
            read_all(runner, rezora.list_contacts())
    world.spoil("GET", "contacts", "cut_body", times=None)
    with pytest.raises(VendorUnavailable):
        read_all(whole, rezora.list_contacts())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("fault", ["html", "wrong_shape"])
def test_what_is_no_answer_of_rezora_is_told(
    form: str, fault: str, new_runner: NewRunner, world: RezoraWorld
) -> None:
    runner = new_runner(format=form)
    world.emulator.fault("rezora", None, "", fault, times=None)
    for read in (rezora.list_contacts(), rezora.show_contact(JANE), rezora.list_lists()):
        with pytest.raises(UnexpectedAnswer):
            runner.run(read)
    for change in (rezora.create_list("New"), rezora.delete_list(PROSPECTS)):
        with pytest.raises(OutcomeUnknown):
            runner.run(change)
    with pytest.raises(UnexpectedAnswer):
        list(runner.iterate(rezora.list_contacts()))


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        '<!DOCTYPE lists SYSTEM "http://127.0.0.1:1/x"><lists/>',
        "<html><head><title>x</title></head><body><p>y</p></body></html>",
        "<lists><list><list_name>no id</list_name></list></lists>",
        "<lists><list><list_id></list_id></list></lists>",
    ],
)
def test_xml_that_means_harm_or_nothing_is_told(content: str, new_runner: NewRunner) -> None:
    with pytest.raises(UnexpectedAnswer):
        answer(new_runner, rezora.list_lists(), content, format="xml")


@pytest.mark.parametrize(
    "content", ['[{"status":"maybe"}]', '[{"ok":"200"}, {"ok":"200"}]', '[{"status":""}]', "OK"]
)
def test_a_change_that_is_not_clearly_done_may_have_happened(
    content: str, new_runner: NewRunner
) -> None:
    with pytest.raises(OutcomeUnknown):
        answer(new_runner, rezora.delete_list("1"), content)


@pytest.mark.parametrize(
    ("status", "of_read", "of_change"),
    [
        (400, InvalidRequest, InvalidRequest),
        (404, NotFound, NotFound),
        (405, InvalidRequest, InvalidRequest),
        (406, InvalidRequest, InvalidRequest),
        (410, NotFound, NotFound),
        (412, InvalidRequest, InvalidRequest),
        (415, InvalidRequest, InvalidRequest),
        (422, InvalidRequest, InvalidRequest),
        (429, RateLimited, RateLimited),
        (500, VendorUnavailable, OutcomeUnknown),
        (501, InvalidRequest, InvalidRequest),
        (503, VendorUnavailable, OutcomeUnknown),
    ],
)
def test_a_status_says_enough_without_its_body(
    status: int,
    of_read: type[Exception],
    of_change: type[Exception],
    new_runner: NewRunner,
) -> None:
    for content in ("", "<html>", '[{"status":"200"}]'):
        with pytest.raises(of_read):
            answer(new_runner, rezora.show_list("1"), content, status=status)
    with pytest.raises(of_change):
        answer(new_runner, rezora.create_list("New"), "", status=status)


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_tired_vendor_is_asked_again_for_reads_alone(
    status: int, runner: Any, world: RezoraWorld
) -> None:
    world.spoil("GET", "lists", "status", code=status, retry_after=0)
    assert len(runner.run(rezora.list_lists())) == 2
    world.spoil("POST", "lists", "status", code=status)
    with pytest.raises((OutcomeUnknown, RateLimited)):
        runner.run(rezora.create_list("New"))
    assert len(world.asked("POST")) == 1


def test_what_the_format_cannot_carry_is_not_sent(
    new_runner: NewRunner, world: RezoraWorld
) -> None:
    bell = rezora.create_list("New \a Leads")
    with pytest.raises(InvalidRequest, match="not sent, because a value cannot be written"):
        new_runner(request_format="xml").run(bell)
    with pytest.raises(InvalidRequest, match="it is not Unicode") as caught:
        new_runner().run(rezora.create_list("planted \ud800"))
    assert "planted" not in str(caught.value)
    assert world.emulator.requests("rezora") == []
    assert new_runner().run(bell).list_id == "1236"


def rendered(call: Any, **settings: Any) -> httpx.Request:
    api: Api[RezoraSettings] = RezoraApi(RezoraSettings.model_validate(settings))
    return api.render(call)


def test_both_headers_and_the_extension_are_sent_whatever_the_method() -> None:
    read = rendered(rezora.show_contact("1"), format="xml", request_format="text")
    assert str(read.url) == "https://api.rezora.com/v1/contacts/1.xml"
    assert (read.headers["Accept"], read.headers["Content-Type"]) == (
        "application/xml",
        "text/plain",
    )
    assert read.content == b""
    written = rendered(rezora.create_list("New Leads"))
    assert str(written.url) == "https://api.rezora.com/v1/lists.json"
    assert (written.headers["Accept"], written.headers["Content-Type"]) == (
        "application/json",
        "application/json",
    )
    assert json.loads(written.content) == {"data": {"list_name": "New Leads"}}
    named = rendered(rezora.list_lists(), json_media_type="text/json", format="csv")
    assert (named.headers["Accept"], named.headers["Content-Type"]) == ("text/csv", "text/json")


def test_headers_are_enough_where_they_are_required(
    new_runner: NewRunner, world: RezoraWorld
) -> None:
    world.set(strict_headers=True)
    for form in FORMATS:
        runner = new_runner(format=form)
        assert len(runner.run(rezora.list_lists())) == 2
        runner.run(rezora.remove_contact_from_list(SPHERE, ZOE))
        runner.run(rezora.add_contact_to_list(SPHERE, ZOE))


def test_nobody_is_put_on_a_list_who_may_not_get_mail(
    new_runner: NewRunner, world: RezoraWorld
) -> None:
    runner = new_runner(allowed_recipients=("company.test",))
    runner.run(rezora.add_contact_to_list(PROSPECTS, JANE))
    runner.run(rezora.remove_contact_from_list(PROSPECTS, ZOE))
    with pytest.raises(BlockedBySafety, match="allowed_recipients"):
        runner.run(rezora.add_contact_to_list(PROSPECTS, ZOE))
    assert world.members(PROSPECTS) == [JANE]


def test_lists_may_be_long_since_being_put_on_one_is_no_message(
    new_runner: NewRunner, world: RezoraWorld
) -> None:
    new_runner(max_messages_per_run=0).run(rezora.add_contact_to_list(PROSPECTS, JANE))
    assert world.members(PROSPECTS) == [ZOE, JANE]


def test_a_stalling_vendor_is_not_waited_for_for_ever(
    new_runner: NewRunner, world: RezoraWorld
) -> None:
    world.spoil("POST", "lists", "stall")
    with pytest.raises(OutcomeUnknown):
        new_runner(timeout=0.2).run(rezora.create_list("New"))
    assert SELF not in world.members(SPHERE)


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("json", '[{"message": "Access denied"}]'),
        ("json", "[{}]"),
        ("xml", "<html><body>Down for maintenance</body></html>"),
        ("csv", '"message"\r\n"Access denied"\r\n'),
    ],
)
def test_an_answer_that_confirms_nothing_is_no_success(
    form: str, content: str, new_runner: NewRunner
) -> None:
    with pytest.raises(OutcomeUnknown):
        answer(new_runner, rezora.delete_contact(JANE), content, format=form)
