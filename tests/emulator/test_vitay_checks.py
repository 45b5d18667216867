"""The life of a reference check at the emulated Vitay: who is told, when, and what stops it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator, EmulatorError
from airflow_talent.emulator.vitay.records import VERIFICATION_ID, Listing, take_page

HOUR = 3600
DAY = 24 * HOUR
FRIDAY_MORNING = "2026-07-31T09:00:00Z"


def until(claim: Callable[[], Any]) -> Any:
    """Wait for something to become true, and give what it is."""
    deadline = time.monotonic() + 5
    while not (found := claim()):
        assert time.monotonic() < deadline, "it did not become true in 5 seconds"
        time.sleep(0.01)
    return found


def sent_to(emulator: Emulator) -> Counter[tuple[str, str]]:
    return Counter((sent["kind"], sent["to"]) for sent in emulator.outbox("vitay"))


def submit(emulator: Emulator, request: str, *emails: str) -> list[str]:
    people = [{"first_name": "Bo", "last_name": "Lee", "email": email} for email in emails]
    done = emulator.act(f"vitay/reference_requests/{request}/submit", references=people)
    return [reference["id"] for reference in done["references"]]


def test_nobody_hears_of_a_new_candidate(recruiter: Any, talent_emulator: Emulator) -> None:
    recruiter.create_candidate(phone="5145550100")

    assert talent_emulator.outbox() == []


def test_a_request_mails_and_texts_the_candidate(recruiter: Any, talent_emulator: Emulator) -> None:
    candidate = recruiter.create_candidate(phone="5145550100")
    recruiter.request_references(candidate)

    assert sent_to(talent_emulator) == {("mail", "ada@x.test"): 1, ("text", "+15145550100"): 1}


def test_no_texts_are_sent_when_they_are_off(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.settings(vitay={"texts": False})
    recruiter.request_references(recruiter.create_candidate(phone="5145550100"))

    assert sent_to(talent_emulator) == {("mail", "ada@x.test"): 1}


def test_a_request_mails_references_saved_before_too(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    candidate = recruiter.create_candidate()
    recruiter.create_reference(candidate)
    recruiter.request_references(candidate)

    assert sent_to(talent_emulator) == {("mail", "bo@y.test"): 2, ("mail", "ada@x.test"): 1}


def test_a_submitted_list_fills_the_request_and_mails_each_referee(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    candidate = recruiter.create_candidate()
    request = recruiter.request_references(candidate, 2)

    references = submit(talent_emulator, request, "b@y.test", "c@y.test")

    shown = recruiter.request(request)
    assert shown["filled"] is True
    assert shown["reminder"]["next_scheduled_at"] is None
    related = recruiter.get(f"/v3/candidates/{candidate}")["relationships"]
    assert [reference["id"] for reference in related["references"]] == references
    assert [r["filled"] for r in related["reference_requests"]] == [True]
    assert related["metadatum"] is not None
    assert not any(recruiter.reference(reference)["filled"] for reference in references)
    assert sent_to(talent_emulator)["mail", "b@y.test"] == 1


def test_a_list_shorter_than_asked_for_is_refused(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    request = recruiter.request_references(recruiter.create_candidate(), 2)

    with pytest.raises(EmulatorError, match=r"422.*2 references are asked for, 1 given"):
        submit(talent_emulator, request, "b@y.test")


def test_a_list_is_submitted_once(recruiter: Any, talent_emulator: Emulator) -> None:
    request = recruiter.request_references(recruiter.create_candidate())
    submit(talent_emulator, request, "b@y.test")

    with pytest.raises(EmulatorError, match=r"422.*submitted before"):
        submit(talent_emulator, request, "c@y.test")


def test_creating_a_request_may_mean_submitting_the_list(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"request_means": "submit"})
    candidate = recruiter.create_candidate()
    recruiter.create_reference(candidate)

    request = recruiter.request_references(candidate)

    assert recruiter.request(request)["filled"] is True
    assert sent_to(talent_emulator) == {("mail", "bo@y.test"): 2}


def test_a_held_reference_is_contacted_once_it_is_approved(
    recruiter: Any, told: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"hold_references": True})
    reference = recruiter.create_reference(recruiter.create_candidate())

    held = recruiter.reference(reference)
    assert held["is_pending"] is True
    assert held["reminder"]["next_scheduled_at"] is None
    assert talent_emulator.outbox() == []
    assert told(recruiter.remind(reference))[:2] == (422, "reminders_disabled")

    talent_emulator.act(f"vitay/references/{reference}/approve")

    approved = recruiter.reference(reference)
    assert approved["is_pending"] is False
    assert approved["reminder"]["next_scheduled_at"] is not None
    assert sent_to(talent_emulator) == {("mail", "bo@y.test"): 1}
    with pytest.raises(EmulatorError, match="not held"):
        talent_emulator.act(f"vitay/references/{reference}/approve")


def test_answers_fill_a_reference_and_score_the_candidate(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    candidate = recruiter.create_candidate()
    first = recruiter.create_reference(candidate, "b@y.test")
    second = recruiter.create_reference(candidate, "c@y.test")

    talent_emulator.act(f"vitay/references/{first}/fill", answers=["A peer", "5", "4"])
    talent_emulator.act(f"vitay/references/{second}/fill", answers=["A peer", "2", "3"])

    shown = recruiter.get(f"/v1/public/references/{first}")
    assert shown["attributes"]["filled"] is True
    assert shown["attributes"]["filled_at"] is not None
    assert shown["attributes"]["score"] == "90"
    assert shown["attributes"]["reminder"]["next_scheduled_at"] is None
    assert shown["relationships"]["answer_set"]["id"]
    assert shown["relationships"]["metadatum"]["id"]
    assert recruiter.get(f"/v3/candidates/{candidate}")["attributes"]["score"] == 70


def test_the_form_is_closed_after_the_answers(recruiter: Any, told: Any) -> None:
    reference = recruiter.create_reference(recruiter.create_candidate())
    body = {"data": {"type": "Reference", "id": reference, "attributes": {"answers": ["Yes"]}}}

    assert recruiter.ask("POST", "/v1/public/references", body).status_code == 200
    assert told(recruiter.ask("POST", "/v1/public/references", body))[:2] == (422, "already_filled")
    assert told(recruiter.remind(reference))[:2] == (422, "already_filled")


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        (None, "answers"),
        ("Yes", "answers"),
        (["Yes", 4], "answers"),
        (["Yes"] * 6, "answers"),
        (["Yes", "6"], "answers/1"),
        (["Yes", "often"], "answers/1"),
    ],
)
def test_answers_that_do_not_fit_the_questions_are_refused(
    recruiter: Any, told: Any, answers: object, place: str
) -> None:
    reference = recruiter.create_reference(recruiter.create_candidate())
    body = {"data": {"id": reference, "attributes": {"answers": answers}}}

    answer = recruiter.ask("POST", "/v1/public/references", body)

    assert told(answer)[::2] == (422, f"/data/attributes/{place}")
    assert recruiter.reference(reference)["filled"] is False


def test_the_api_never_tells_that_a_referee_declined(
    recruiter: Any, told: Any, talent_emulator: Emulator
) -> None:
    reference = recruiter.create_reference(recruiter.create_candidate())
    before = recruiter.reference(reference)

    talent_emulator.act(f"vitay/references/{reference}/decline", comment="No time")

    after = recruiter.reference(reference)
    assert {name for name in after if after[name] != before[name]} == {"reminder"}
    assert after["reminder"]["next_scheduled_at"] is None
    assert told(recruiter.remind(reference))[1] == "reminders_disabled"
    with pytest.raises(EmulatorError, match="422"):
        talent_emulator.act(f"vitay/references/{reference}/fill")


def test_reminders_by_hand_are_12_hours_apart(
    recruiter: Any, told: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"automatic_reminders": False})
    reference = recruiter.create_reference(recruiter.create_candidate())

    assert recruiter.remind(reference).json() == {"data": {"detail": "Reminder sent"}}
    assert told(recruiter.remind(reference))[:2] == (422, "rate_exceeded")
    assert recruiter.reference(reference)["reminder"]["rate_exceeded"] is True
    talent_emulator.advance(12 * HOUR - 60)
    assert told(recruiter.remind(reference))[:2] == (422, "rate_exceeded")
    talent_emulator.advance(60)
    assert recruiter.reference(reference)["reminder"]["rate_exceeded"] is False
    assert recruiter.remind(reference).status_code == 200
    assert recruiter.reference(reference)["reminder"]["count"] == 2


def test_a_reference_gets_10_reminders_in_all(
    recruiter: Any, told: Any, talent_emulator: Emulator
) -> None:
    reference = recruiter.create_reference(recruiter.create_candidate())
    talent_emulator.advance(4 * DAY)  # three automatic ones

    for _ in range(7):
        assert recruiter.remind(reference).status_code == 200
        talent_emulator.advance(12 * HOUR)

    assert told(recruiter.remind(reference))[:2] == (422, "count_exceeded")
    reminder = recruiter.reference(reference)["reminder"]
    assert reminder["count"] == 10
    assert reminder["count_exceeded"] is True


def test_automatic_reminders_stop_at_the_cap(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.settings(vitay={"reminder_cap": 2})
    reference = recruiter.create_reference(recruiter.create_candidate())

    talent_emulator.advance(10 * DAY)

    assert recruiter.reference(reference)["reminder"]["count"] == 2


@pytest.mark.parametrize("kind", ["reference_request", "reference", "verification"])
def test_each_kind_of_record_is_reminded_within_the_same_limits(
    recruiter: Any, told: Any, talent_emulator: Emulator, kind: str
) -> None:
    talent_emulator.settings(vitay={"reminder_cap": 1, "reminder_gap_hours": 0})
    candidate = recruiter.create_candidate()
    record_id = {
        "reference_request": recruiter.request_references(candidate),
        "reference": recruiter.create_reference(candidate),
        "verification": VERIFICATION_ID,
    }[kind]
    path = f"/v1/reminders/{kind}/{record_id}"

    assert recruiter.ask("POST", path).status_code == 200
    assert told(recruiter.ask("POST", path))[:2] == (422, "count_exceeded")
    assert told(recruiter.ask("POST", f"/v1/reminders/{kind}/unknown"))[0] == 404
    last = talent_emulator.outbox()[-1]
    assert (last["subject"], last["record_id"]) == ("A friendly reminder", record_id)


def test_three_automatic_reminders_are_sent_in_order_as_time_passes(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.set_clock("2026-08-03T09:00:00Z")
    reference = recruiter.create_reference(recruiter.create_candidate())
    request = recruiter.request_references(recruiter.create_candidate("eve@x.test"))
    first = recruiter.reference(reference)["reminder"]
    assert first["next_scheduled_at"].startswith("2026-08-04T09:00:0")
    assert (first["count"], first["latest_sent_at"]) == (0, None)

    talent_emulator.advance(2 * DAY + HOUR)
    third_to_come = recruiter.reference(reference)["reminder"]
    talent_emulator.advance(30 * DAY)
    none_to_come = recruiter.reference(reference)["reminder"]

    assert third_to_come["count"] == 2
    assert third_to_come["latest_sent_at"].startswith("2026-08-05T09:00:0")
    assert third_to_come["next_scheduled_at"].startswith("2026-08-06T09:00:0")
    assert (none_to_come["count"], none_to_come["next_scheduled_at"]) == (3, None)
    assert recruiter.request(request)["reminder"]["count"] == 3
    reminders = [m for m in talent_emulator.outbox() if m["subject"] == "A friendly reminder"]
    assert [m["record_id"] for m in reminders] == [reference, request] * 3
    assert [m["at"] for m in reminders] == sorted(m["at"] for m in reminders)


def test_reminders_keep_their_spacing(recruiter: Any, talent_emulator: Emulator) -> None:
    talent_emulator.set_clock("2026-08-03T09:00:00Z")
    talent_emulator.settings(vitay={"reminder_spacing_days": 4, "automatic_reminder_count": 1})
    reference = recruiter.create_reference(recruiter.create_candidate())

    reminder = recruiter.reference(reference)["reminder"]
    talent_emulator.advance(30 * DAY)

    assert reminder["next_scheduled_at"].startswith("2026-08-07T09:00")
    assert recruiter.reference(reference)["reminder"]["count"] == 1


def test_a_weekend_reminder_moves_to_monday_when_weekends_are_skipped(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.set_clock(FRIDAY_MORNING)
    talent_emulator.settings(vitay={"skip_weekends": True})
    reference = recruiter.create_reference(recruiter.create_candidate())

    reminder = recruiter.reference(reference)["reminder"]

    assert reminder["next_scheduled_at"].startswith("2026-08-03T09:00")


def test_a_weekend_is_a_day_like_others_by_default(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.set_clock(FRIDAY_MORNING)
    reference = recruiter.create_reference(recruiter.create_candidate())

    reminder = recruiter.reference(reference)["reminder"]

    assert reminder["next_scheduled_at"].startswith("2026-08-01T09:00")


def test_without_automatic_reminders_those_by_hand_still_work(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"automatic_reminders": False})
    reference = recruiter.create_reference(recruiter.create_candidate())
    talent_emulator.advance(30 * DAY)

    assert recruiter.reference(reference)["reminder"]["count"] == 0
    assert recruiter.remind(reference).status_code == 200


@pytest.mark.parametrize("change", [{"email": "new@y.test"}, {"phone": "5145550111"}])
def test_a_new_address_cancels_queued_reminders_without_a_new_mail(
    recruiter: Any, talent_emulator: Emulator, change: dict[str, str]
) -> None:
    candidate = recruiter.create_candidate()
    reference = recruiter.create_reference(candidate)
    request = recruiter.request_references(candidate)
    before = len(talent_emulator.outbox())

    body = {"data": {"attributes": change}}
    recruiter.ask("PATCH", f"/v1/references/{reference}", body)
    recruiter.ask("PATCH", f"/v3/candidates/{candidate}", body)
    talent_emulator.advance(30 * DAY)

    assert recruiter.reference(reference)["reminder"]["count"] == 0
    assert recruiter.request(request)["reminder"]["count"] == 0
    assert len(talent_emulator.outbox()) == before


@pytest.mark.parametrize("which", ["references", "reference_requests"])
def test_somebody_may_turn_reminders_off(
    recruiter: Any, told: Any, talent_emulator: Emulator, which: str
) -> None:
    candidate = recruiter.create_candidate()
    records = {
        "reference_requests": recruiter.request_references(candidate),
        "references": recruiter.create_reference(candidate),
    }

    talent_emulator.act(f"vitay/{which}/{records[which]}/stop_reminders")

    path = f"/v1/reminders/{which.removesuffix('s')}/{records[which]}"
    assert told(recruiter.ask("POST", path))[:2] == (422, "reminders_disabled")


def test_a_deleted_reference_is_not_reminded(recruiter: Any, talent_emulator: Emulator) -> None:
    reference = recruiter.create_reference(recruiter.create_candidate())
    recruiter.ask("DELETE", f"/v1/references/{reference}")

    talent_emulator.advance(30 * DAY)

    assert len(talent_emulator.outbox()) == 1


def test_with_auto_a_check_completes_without_anybody(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"auto": True, "delay": 0.01})
    candidate = recruiter.create_candidate()
    request = recruiter.request_references(candidate, 3)

    references = until(
        lambda: (
            [r for r in recruiter.get("/v2/references") if r["attributes"]["filled"]][2:]
            and recruiter.get("/v2/references")
        )
    )

    assert len(references) == 3
    assert recruiter.request(request)["filled"] is True
    assert recruiter.get(f"/v3/candidates/{candidate}")["attributes"]["score"] > 0


def test_with_auto_people_act_while_nobody_asks(recruiter: Any, talent_emulator: Emulator) -> None:
    world_before = talent_emulator.records()
    assert world_before["vitay"]["References"] == []
    talent_emulator.settings(vitay={"auto": True, "delay": 0.01})
    recruiter.request_references(recruiter.create_candidate())

    until(lambda: talent_emulator.records()["vitay"]["References"])


def test_people_who_were_asked_before_act_when_auto_is_turned_on(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    request = recruiter.request_references(recruiter.create_candidate())
    reference = recruiter.create_reference(recruiter.create_candidate("eve@x.test"))

    talent_emulator.settings(vitay={"auto": True, "delay": 0})

    until(lambda: recruiter.request(request)["filled"])
    until(lambda: recruiter.reference(reference)["filled"])


def test_people_stop_acting_when_auto_is_turned_off(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"auto": True, "delay": HOUR})
    request = recruiter.request_references(recruiter.create_candidate())
    talent_emulator.settings(vitay={"auto": False})

    talent_emulator.advance(2 * HOUR)

    assert recruiter.request(request)["filled"] is False


def test_every_second_referee_may_wait_for_a_reminder_that_somebody_sends(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(vitay={"auto": True, "delay": HOUR, "answers_after_reminder": True})
    candidate = recruiter.create_candidate()
    recruiter.request_references(candidate, 2)
    talent_emulator.advance(10 * DAY)  # automatic reminders change nothing
    first, second = (r["id"] for r in recruiter.get("/v2/references"))
    assert recruiter.reference(first)["filled"] is True
    assert recruiter.reference(second)["filled"] is False

    recruiter.remind(second)
    talent_emulator.advance(HOUR)

    assert recruiter.reference(second)["filled"] is True


def test_what_happened_stands_in_the_log(recruiter: Any, talent_emulator: Emulator) -> None:
    reference = recruiter.create_reference(recruiter.create_candidate())
    recruiter.remind(reference)
    talent_emulator.act(f"vitay/references/{reference}/fill")

    keys = [activity["attributes"]["key"] for activity in recruiter.get("/activities")]

    assert keys == [
        "candidate.create",
        "recruiter_reference.create",
        "reference.send_reminder",
        "recruiter_reference.complete_reference",
    ]


class Counted(list[Any]):
    """A list that counts how many of its items are looked at."""

    touched = 0

    def __getitem__(self, place: Any) -> Any:
        self.touched += 1
        return super().__getitem__(place)


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_page_touches_its_own_records_only(newest_first: bool) -> None:
    records = Counted(range(20_000))

    page = take_page(records, 150, 100, newest_first=newest_first)

    assert len(page) == records.touched == 100


def test_hidden_records_leave_the_lists_of_everybody() -> None:
    class Owned:
        def __init__(self, record_id: str) -> None:
            self.id = record_id

    listing: Listing[Owned] = Listing(lambda _record: "rosa")
    kept, hidden = listing.add(Owned("kept")), listing.add(Owned("hidden"))

    listing.hide(hidden)

    assert list(listing) == list(listing.seen_by("rosa")) == [kept]
    assert listing.get("hidden") is None
    assert listing["hidden"] is hidden


def test_20000_old_references_can_be_paged_to_the_end(
    recruiter: Any, talent_emulator: Emulator
) -> None:
    made = talent_emulator.act("vitay/seed", references=20_000, filled=True)

    last = recruiter.get("/v2/references", **{"page[page]": 200, "page[page_size]": 100})

    assert made == {"candidates": 10_000, "references": 20_000}
    assert len(last) == 100
    assert all(reference["attributes"]["filled"] for reference in last)
    assert talent_emulator.outbox() == []
