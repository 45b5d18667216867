"""What is looked at while somebody waits, and what is made of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from airflow_talent.clients.errors import InvalidRequest, NotFound, VendorUnavailable
from airflow_talent.clients.riminder.waits import (
    NOT_READY,
    ParsedProfiles,
    ProfileParsed,
    ProfileScored,
    ScoredProfiles,
)
from airflow_talent.clients.waits import Done, Hopeless, Waiting, Watcher
from airflow_talent.emulator.riminder.records import (
    API_SOURCE_ID,
    ENGINEER_FILTER_ID,
    ENGINEER_REFERENCE,
)
from airflow_talent.tests.riminder.world import SOURCE, RiminderWorld

UNKNOWN = "0" * 40


def key(source: str = SOURCE, **more: str) -> str:
    return urlencode({"source": source, **more})


def parsed(reference: str) -> ProfileParsed:
    return ProfileParsed(source=SOURCE, profile_reference=reference)


def scored(reference: str, job: str = ENGINEER_REFERENCE) -> ProfileScored:
    return ProfileScored(source=SOURCE, profile_reference=reference, filter=job)


def judge(runner: Any, resource: Any, wait: Any) -> Any:
    return Watcher(wait).judge(runner.follow(resource.look([wait.key]))[wait.key])


def test_a_profile_is_waited_for_until_it_is_parsed(runner: Any, world: RiminderWorld) -> None:
    world.set(auto=False)
    resource = ParsedProfiles()
    assert judge(runner, resource, parsed("r-1")) == Waiting()
    profile_id = world.profile("r-1")
    assert judge(runner, resource, parsed("r-1")) == Waiting()
    world.parse(profile_id)
    assert judge(runner, resource, parsed("r-1")) == Done(
        {"profile_id": profile_id, "profile_reference": "r-1", "source_id": API_SOURCE_ID}
    )


def test_a_profile_is_waited_for_until_it_is_scored(runner: Any, world: RiminderWorld) -> None:
    world.set(auto=False)
    resource = ScoredProfiles()
    assert judge(runner, resource, scored("r-1")) == Waiting()
    profile_id = world.profile("r-1")
    assert judge(runner, resource, scored("r-1")) == Waiting()
    world.parse(profile_id)
    world.score(profile_id, ENGINEER_FILTER_ID, 0.75)
    assert judge(runner, resource, scored("r-1")) == Done(
        {
            "profile_id": profile_id,
            "profile_reference": "r-1",
            "source_id": API_SOURCE_ID,
            "score": 0.75,
            "stage": "NEW",
            "rating": None,
        }
    )


def test_a_score_of_zero_is_a_score(runner: Any, world: RiminderWorld) -> None:
    world.parse(world.profile("r-1", skills=["juggling"]))
    verdict = judge(runner, ScoredProfiles(), scored("r-1"))
    assert isinstance(verdict, Done)
    assert verdict.result["score"] == 0


@pytest.mark.parametrize("resource", [ParsedProfiles, ScoredProfiles])
def test_an_id_that_no_profile_has_is_hopeless(runner: Any, resource: Any) -> None:
    wait = ProfileParsed(source=SOURCE, profile_id=UNKNOWN)
    asked = (
        wait.key if resource is ParsedProfiles else key(profile_id=UNKNOWN, filter="Data engineer")
    )
    watcher, looking = Watcher(wait), resource()
    verdicts = [watcher.judge(runner.follow(looking.look([asked]))[asked]) for _ in range(2)]
    assert isinstance(verdicts[0], Waiting)
    assert isinstance(verdicts[1], Hopeless)
    assert UNKNOWN in verdicts[1].reason


def test_whether_a_profile_exists_is_asked_once(runner: Any, world: RiminderWorld) -> None:
    world.set(auto=False)
    asked = key(source=API_SOURCE_ID, profile_id=world.profile())
    resource = ParsedProfiles()
    before = len(world.asked())
    for _ in range(3):
        assert runner.follow(resource.look([asked])) == {asked: NOT_READY}
    assert len(world.asked()) == before + 4
    assert len(world.asked("GET", "/profile")) == 1


def test_many_scores_are_read_from_one_page(runner: Any, world: RiminderWorld) -> None:
    world.old_profiles(40)
    keys = [key(profile_reference=f"old-{n}", filter=ENGINEER_REFERENCE) for n in range(40)]
    seen = runner.follow(ScoredProfiles().look(keys))
    assert all(isinstance(seen[k].profile.profile_reference, str) for k in keys)
    assert [r["path"] for r in world.asked("GET")] == ["/sources", "/filters", "/profiles"]


def test_names_are_looked_up_once(runner: Any, world: RiminderWorld) -> None:
    resource = ScoredProfiles()
    for _ in range(3):
        runner.follow(resource.look([scored("r-1").key, scored("r-2", "Data engineer").key]))
    assert (len(world.asked("GET", "/sources")), len(world.asked("GET", "/filters"))) == (1, 2)


def test_few_are_asked_for_one_by_one_when_the_index_is_long(
    runner: Any, world: RiminderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.old_profiles(30)
    # Its page of one is the shortest index that is long.
    monkeypatch.setattr(
        "airflow_talent.clients.riminder.waits.list_profiles", short_pages, raising=True
    )
    keys = [key(profile_reference=f"old-{n}", filter=ENGINEER_REFERENCE) for n in (0, 1)]
    seen = runner.follow(ScoredProfiles().look(keys))
    assert {s.profile.profile_reference for s in seen.values()} == {"old-0", "old-1"}
    assert len(world.asked("GET", "/profiles")) == 1
    assert len(world.asked("GET", "/profile/scoring")) == 2


def short_pages(*arguments: Any, **named: Any) -> Any:
    from airflow_talent.clients.riminder import list_profiles

    return list_profiles(*arguments, **named, limit=1)


def test_who_is_not_in_the_index_is_asked_for(runner: Any, world: RiminderWorld) -> None:
    world.old_profiles(2)
    names = ("old-0", "old-1", "coming")
    keys = [key(profile_reference=name, filter=ENGINEER_REFERENCE) for name in names]
    seen = runner.follow(ScoredProfiles().look(keys))
    assert seen[keys[2]] == NOT_READY
    assert len(world.asked("GET", "/profile/scoring")) == 1


def test_an_index_that_fails_is_gone_round(runner: Any, world: RiminderWorld) -> None:
    """The vendor's own tests know lists with a filter that answer 500."""
    world.old_profiles(2)
    world.spoil("GET", "^/profiles$", "status", code=500, times=None)
    keys = [key(profile_reference=f"old-{n}", filter=ENGINEER_REFERENCE) for n in (0, 1)]
    seen = runner.follow(ScoredProfiles().look(keys))
    assert [s.profile.profile_reference for s in seen.values()] == ["old-0", "old-1"]


def test_one_unknown_name_does_not_disturb_the_others(runner: Any, world: RiminderWorld) -> None:
    world.old_profiles(1)
    good = key(profile_reference="old-0")
    bad = key(source="Nowhere", profile_reference="old-0")
    seen = runner.follow(ParsedProfiles().look([bad, good]))
    assert isinstance(seen[bad], InvalidRequest)
    assert seen[good].profile.profile_reference == "old-0"


def test_a_vendor_that_is_down_is_not_asked_once_for_each_wait(
    runner: Any, world: RiminderWorld
) -> None:
    world.spoil("GET", "^/sources$", "status", code=503, times=None)
    keys = [key(profile_reference=f"r-{n}") for n in range(9)]
    with pytest.raises(VendorUnavailable):
        runner.follow(ParsedProfiles().look(keys))
    assert len(world.asked()) == 4


def test_a_passing_fault_is_told_as_such(runner: Any, world: RiminderWorld) -> None:
    world.old_profiles(1)
    world.spoil("GET", "^/profile/parsing", "status", code=503, times=4)
    asked = key(source=API_SOURCE_ID, profile_reference="old-0")
    seen = runner.follow(ParsedProfiles().look([asked]))[asked]
    assert isinstance(seen, VendorUnavailable)
    assert Watcher(parsed("old-0")).judge(seen) == Waiting()


def test_a_parsing_that_was_refused_is_hopeless(runner: Any, world: RiminderWorld) -> None:
    world.old_profiles(1)
    world.spoil("GET", "^/profile/parsing", "status", code=422)
    with pytest.raises(InvalidRequest):
        judge(runner, ParsedProfiles(), parsed("old-0"))


def test_a_reference_may_hold_anything(runner: Any, world: RiminderWorld) -> None:
    odd = "a&b=c+d é%20/?#"
    profile_id = world.profile(odd)
    world.parse(profile_id)
    verdict = judge(runner, ParsedProfiles(), parsed(odd))
    assert isinstance(verdict, Done)
    assert verdict.result["profile_id"] == profile_id


def test_a_deleted_profile_is_not_found_by_its_id(runner: Any) -> None:
    asked = key(source=API_SOURCE_ID, profile_id=UNKNOWN)
    assert isinstance(runner.follow(ParsedProfiles().look([asked]))[asked], NotFound)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"source": ""}, "source must not be empty"),
        ({"source": "s"}, "give profile_id or profile_reference"),
        ({"source": "s", "profile_id": "", "profile_reference": "None"}, "only one of them"),
        ({"source": "s", "profile_id": "p", "profile_reference": "r"}, "only one of them"),
    ],
)
def test_a_wait_for_nobody_in_particular_is_refused(arguments: dict[str, str], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        ProfileParsed.parse(arguments)
    with pytest.raises(ValueError, match=text):
        ProfileScored.parse({**arguments, "filter": "f"})


def test_a_wait_for_a_score_needs_a_filter() -> None:
    with pytest.raises(ValueError, match="filter must not be empty"):
        ProfileScored.parse({"source": "s", "profile_id": "p", "filter": " "})


def test_of_several_with_one_reference_the_newest_is_meant(
    runner: Any, world: RiminderWorld
) -> None:
    world.set(reference_reuse="allow")
    world.profile("r-1", skills=["juggling"])
    newest = world.profile("r-1")
    world.old_profiles(2)
    names = ("r-1", "old-0", "old-1")
    keys = [key(profile_reference=name, filter=ENGINEER_REFERENCE) for name in names]
    assert runner.follow(ScoredProfiles().look(keys))[keys[0]].profile.profile_id == newest
