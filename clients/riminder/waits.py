"""What can be waited for at Riminder. Source: fact sheet sections 6.3 and 6.4.

Nothing tells that a resume could not be parsed: to the API it looks like one
that is still waiting. The vendor's webhooks tell, and a timeout does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from ..calls import Endpoint
from ..errors import InvalidRequest, NotFound, VendorError, VendorUnavailable
from ..flows import Flow
from ..waits import Done, Resource, Sightings, Verdict, Wait, Waiting
from .calls import list_profiles, list_scores, show_parsing, show_profile
from .lookups import find_filter, find_source
from .models import ListedProfile, Parsing, Profile, ProfilePage, Score


@dataclass(frozen=True, slots=True)
class State:
    """How far a profile is: both are None as long as what is waited for is not there."""

    profile: Profile | None = None
    found: Parsing | Score | ListedProfile | None = None


NOT_READY = State()


@dataclass(frozen=True, slots=True)
class Sought:
    """A profile that somebody waits for, as calls name it.

    :param ids: ``source_id``, and ``profile_id`` or ``profile_reference``.
    :param job: the filter: ``filter_id`` or ``filter_reference``, or nothing.
    """

    key: str
    ids: Mapping[str, str]
    job: Mapping[str, str]

    @property
    def index(self) -> tuple[str, ...]:
        """Which list it stands in."""
        return (self.ids["source_id"], *self.job.values())

    @property
    def name(self) -> tuple[str, str]:
        """What it is called there: the kind of name, and the name."""
        ((kind, value),) = ((k, v) for k, v in self.ids.items() if k != "source_id")
        return kind, value

    def is_scored_by(self, score: Score) -> bool:
        """Whether ``score`` is there and for the filter."""
        is_for = all(getattr(score, name) == value for name, value in self.job.items())
        return is_for and score.score is not None


class Profiles(Resource):
    """Profiles by what people wrote of them: source, profile and filter as a query."""

    endpoint: ClassVar[Endpoint[..., Any]]
    """Asks for what is waited for."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}
        self._filters: dict[str, dict[str, str]] = {}
        self._known: set[str] = set()

    def look(self, keys: Collection[str]) -> Flow[Sightings]:
        self._known &= set(keys)
        seen: dict[str, Any] = {}
        sought: list[Sought] = []
        for key in keys:
            try:
                sought.append((yield from self._understand(key)))
            except InvalidRequest as error:
                # A name that nothing has; any other error concerns all who wait.
                seen[key] = error
        return {**seen, **(yield from self._see(sought))}

    def find(self, each: Sought, answer: Any) -> Parsing | Score | None:
        """What is waited for, in an answer of :attr:`endpoint`; None when it is not there."""
        raise NotImplementedError

    def _see(self, sought: list[Sought]) -> Flow[dict[str, Any]]:
        answers = yield from self._ask(self.endpoint, sought)
        answered = [each for each in sought if not _is_error(answers[each.key])]
        found = {each.key: self.find(each, answers[each.key]) for each in answered}
        ready = [each for each in answered if found[each.key] is not None]
        profiles = yield from self._ask(show_profile, ready)
        absent = [each for each in sought if isinstance(answers[each.key], NotFound)]
        return {
            **answers,
            **dict.fromkeys(found, NOT_READY),
            **{k: p if _is_error(p) else State(p, found[k]) for k, p in profiles.items()},
            **(yield from self._doubt(absent)),
        }

    def _understand(self, key: str) -> Flow[Sought]:
        ids = dict(parse_qsl(key))
        source, job = ids.pop("source"), ids.pop("filter", None)
        if source not in self._sources:
            self._sources[source] = yield from find_source(source)
        if job is not None and job not in self._filters:
            self._filters[job] = yield from find_filter(job)
        return Sought(
            key, {"source_id": self._sources[source], **ids}, self._filters[job] if job else {}
        )

    def _ask(self, endpoint: Endpoint[..., Any], sought: Iterable[Sought]) -> Flow[dict[str, Any]]:
        calls = {each.key: endpoint(**each.ids) for each in sought}
        answers = (yield list(calls.values())) if calls else []
        return dict(zip(calls, answers, strict=True))

    def _doubt(self, absent: Iterable[Sought]) -> Flow[dict[str, Any]]:
        """What it means that something of these profiles is not found.

        It is not ready, unless there is no such profile. That is asked only of ids,
        and once: a reference is the caller's own and may be there before its profile.
        """
        doubtful = [s for s in absent if "profile_id" in s.ids and s.key not in self._known]
        answers = yield from self._ask(show_profile, doubtful)
        self._known |= {key for key, answer in answers.items() if not _is_error(answer)}
        missing = {key: answer for key, answer in answers.items() if isinstance(answer, NotFound)}
        return {each.key: missing.get(each.key, NOT_READY) for each in absent}


class ParsedProfiles(Profiles):
    """Profiles that are parsed or not; no index tells, so each is asked for."""

    endpoint = show_parsing

    def find(self, each: Sought, answer: Parsing) -> Parsing:
        return answer


class ScoredProfiles(Profiles):
    """Profiles with their score for a filter; an index tells of many at once."""

    endpoint = list_scores

    def find(self, each: Sought, answer: list[Score]) -> Score | None:
        return next(filter(each.is_scored_by, answer), None)

    def _see(self, sought: list[Sought]) -> Flow[dict[str, Any]]:
        seen: dict[str, Any] = {}
        for _, group in groupby(sorted(sought, key=lambda s: s.index), key=lambda s: s.index):
            seen.update((yield from self._sweep(list(group))))
        rest = [each for each in sought if each.key not in seen]
        return {**seen, **(yield from super()._see(rest))}

    def _sweep(self, sought: list[Sought]) -> Flow[dict[str, Any]]:
        """Read the index, the newest first, as long as that is fewer requests than asking."""
        source_id, job = sought[0].ids["source_id"], sought[0].job
        seen: dict[str, Any] = {}
        number = pages = 1
        while number <= pages and pages - number + 1 < len(sought) - len(seen):
            try:
                page = yield list_profiles(
                    [source_id],
                    filter_id=job.get("filter_id"),
                    filter_reference=job.get("filter_reference"),
                    page=number,
                    sort_by="reception",
                    order_by="desc",
                )
            except (InvalidRequest, VendorUnavailable):
                # The vendor's own tests know lists that fail; asking for each goes all the same.
                break
            seen = {**_states_on(page, sought), **seen}
            number, pages = number + 1, page.pages
        return seen


def _states_on(page: ProfilePage, sought: list[Sought]) -> dict[str, State]:
    """What a page says; of several profiles with one reference the newest, which comes first."""
    listed: dict[tuple[str, str | None], ListedProfile] = {}
    for profile in page.items:
        listed.setdefault(("profile_id", profile.profile_id), profile)
        listed.setdefault(("profile_reference", profile.profile_reference), profile)
    found = {each.key: listed[each.name] for each in sought if each.name in listed}
    return {key: NOT_READY if p.score is None else State(p, p) for key, p in found.items()}


def _is_error(answer: Any) -> bool:
    return isinstance(answer, VendorError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileParsed(Wait):
    """A resume was read.

    :param source: id or name.
    :param profile_id: or ``profile_reference``, and only one of them.
    """

    name = "profile"
    resource = ParsedProfiles

    source: str
    profile_id: str | None = None
    profile_reference: str | None = None

    def __post_init__(self) -> None:
        _check_one(self.profile_id, self.profile_reference)

    @property
    def key(self) -> str:
        return _key(
            source=self.source,
            profile_id=self.profile_id,
            profile_reference=self.profile_reference,
        )

    def judge(self, state: State) -> Verdict:
        return Waiting() if state.profile is None else Done(describe_profile(state.profile))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileScored(Wait):
    """A profile has a score for a filter.

    :param source: id or name.
    :param filter: id, reference or name.
    :param profile_id: or ``profile_reference``, and only one of them.
    """

    name = "profile"
    resource = ScoredProfiles

    source: str
    filter: str | None = None
    profile_id: str | None = None
    profile_reference: str | None = None

    def __post_init__(self) -> None:
        if self.filter is None:
            raise ValueError("filter must not be empty")
        _check_one(self.profile_id, self.profile_reference)

    @property
    def key(self) -> str:
        return _key(
            source=self.source,
            profile_id=self.profile_id,
            profile_reference=self.profile_reference,
            filter=self.filter,
        )

    def judge(self, state: State) -> Verdict:
        if state.profile is None or not isinstance(state.found, Score | ListedProfile):
            return Waiting()
        facts = {name: getattr(state.found, name) for name in ("score", "stage", "rating")}
        return Done({**describe_profile(state.profile), **facts})


def _check_one(profile_id: str | None, profile_reference: str | None) -> None:
    if (profile_id is None) == (profile_reference is None):
        raise ValueError("give profile_id or profile_reference, and only one of them")


def _key(**asked: str | None) -> str:
    return urlencode({name: value for name, value in asked.items() if value is not None})


def describe_profile(profile: Profile) -> dict[str, Any]:
    """What a task hands on of a profile: its ids, and nothing of the person."""
    return {
        "profile_id": profile.profile_id,
        "profile_reference": profile.profile_reference,
        "source_id": profile.source_id,
    }
