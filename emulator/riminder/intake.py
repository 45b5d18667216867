"""The life of a profile: received, parsed, scored, judged; and the events that tell of it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from ..world import Refused
from .records import Feedback, Filter, Profile, Resume, Stage
from .resumes import Unreadable, read_file, read_structured_resume
from .scoring import score_profile
from .webhooks import SIGNATURE_HEADER, describe, sign, write_json

if TYPE_CHECKING:
    from typing import Any

    from . import Riminder


class Intake:
    """Takes profiles in and does with them what the vendor's machines would do.

    Files are read in a thread, one after the other, so that uploads never wait for a parser.
    """

    def __init__(self, riminder: Riminder) -> None:
        self.riminder = riminder
        self._waiting: deque[Profile] = deque()
        self._is_working = False

    def receive(self, profile: Profile, training: list[dict[str, Any]]) -> None:
        """Keep a profile, and have it parsed after the delay."""
        self._learn(profile, training)
        self.riminder.store.add_profile(profile)
        self._plan_parsing(profile)

    def wake_up(self) -> None:
        """Parse what came while nothing was parsed by itself."""
        for profile in self.riminder.store.profiles:
            if profile.state == "waiting":
                self._plan_parsing(profile)

    async def parse(self, profile: Profile) -> None:
        """Read a profile, tell of it, and score it for every open filter."""
        try:
            resume = await self._read(profile)
        except Unreadable:
            resume = None
        if not self._is_kept(profile):
            return  # somebody deleted it meanwhile
        if resume is None:
            self.fail(profile)
        else:
            self._finish(profile, resume)

    def fail(self, profile: Profile) -> None:
        """A profile cannot be read."""
        profile.state, profile.resume = "unreadable", None
        profile.scores.clear()
        self.tell("profile.parse.error", profile=profile)

    def _finish(self, profile: Profile, resume: Resume) -> None:
        was_parsed = profile.state == "parsed"
        profile.state, profile.resume = "parsed", resume
        if not was_parsed:
            self.tell("profile.parse.success", profile=profile)
        elif self.riminder.settings.parse_updates:
            self.tell("profile.parse.update", profile=profile)
        for job in self.riminder.store.open_filters():
            self.score(profile, job)

    def score(self, profile: Profile, job: Filter, score: float | None = None) -> None:
        """Score a profile for a filter by the rule, or as told, and tell of it."""
        if score is None:
            score = score_profile(profile, job, self.riminder.settings.rating_range)
        profile.scores[job.id] = score
        shown = self.riminder.shapes.score(score)
        self.tell("profile.score.success", profile=profile, job=job, score=shown)

    def train(self, job: Filter) -> None:
        """Take the feedback in, and score all parsed profiles anew."""
        self.tell("filter.train.start", job=job)
        self.tell("filter.train.success", job=job)
        self.score_all(job)

    def score_all(self, job: Filter) -> None:
        """Score every parsed profile for a filter, and tell of it once."""
        self.tell("filter.score.start", job=job)
        for profile in self.riminder.store.profiles:
            if profile.state == "parsed":
                self._score_again(profile, job)
        self.tell("filter.score.success", job=job)

    def set_stage(self, profile: Profile, job: Filter, stage: Stage | None) -> None:
        self._feedback(profile, job).stage = stage
        self._score_again(profile, job)
        self.tell("action.stage.success", profile=profile, job=job, stage=stage)

    def set_rating(self, profile: Profile, job: Filter, rating: int | None) -> None:
        self._feedback(profile, job).rating = rating
        self._score_again(profile, job)
        as_text = self.riminder.settings.webhook_rating == "text" and rating is not None
        shown = str(rating) if as_text else rating
        self.tell("action.rating.success", profile=profile, job=job, rating=shown)

    def tell(
        self,
        kind: str,
        *,
        profile: Profile | None = None,
        job: Filter | None = None,
        **more: object,
    ) -> None:
        """Send an event; those about one profile, or about one filter, arrive in their order."""
        riminder = self.riminder
        if not riminder.settings.webhook_integration or riminder.webhook is None:
            return
        event = describe(kind, profile=profile, job=job, **more)
        payload = write_json(event)
        body = write_json([event]) if riminder.settings.webhook_body == "array" else payload
        signature = sign(
            payload,
            body,
            secret=riminder.webhook_secret,
            mode=riminder.signature_mode,
            alphabet=riminder.settings.webhook_alphabet,
        )
        headers = {"Content-Type": "application/json", SIGNATURE_HEADER: signature}
        about = next((one.id for one in (profile, job) if one), "")
        tries = riminder.settings.webhook_tries
        riminder.send_webhook(kind, body, headers, about=about, tries=tries)

    def _plan_parsing(self, profile: Profile) -> None:
        settings = self.riminder.settings
        if settings.auto:
            self.riminder.world.plan_after(settings.delay, lambda: self._queue(profile))

    def _queue(self, profile: Profile) -> None:
        self._waiting.append(profile)
        if not self._is_working:
            self._is_working = True
            self.riminder.world.start(self._work())

    async def _work(self) -> None:
        while self._waiting:
            profile = self._waiting.popleft()
            if self._is_kept(profile) and profile.state == "waiting":
                await self.parse(profile)
        self._is_working = False

    def _is_kept(self, profile: Profile) -> bool:
        return self.riminder.store.profiles.get(profile.id) is profile

    async def _read(self, profile: Profile) -> Resume:
        this_year = self.riminder.world.now().year
        if profile.document is None:
            return read_structured_resume(profile.structured or {}, this_year=this_year)
        document = profile.document
        return await asyncio.to_thread(
            read_file, document.content, document.extension, this_year=this_year
        )

    def _learn(self, profile: Profile, training: list[dict[str, Any]]) -> None:
        """Take the feedback that came with a profile; that on unknown filters is let be."""
        for entry in training:
            if job := self.riminder.store.filter_referred_to(entry["filter_reference"]):
                feedback = self._feedback(profile, job)
                feedback.stage = entry["stage"] or feedback.stage
                feedback.rating = entry["rating"]

    def _feedback(self, profile: Profile, job: Filter) -> Feedback:
        return profile.feedback.setdefault(job.id, Feedback())

    def _score_again(self, profile: Profile, job: Filter) -> None:
        if profile.state == "parsed":
            bounds = self.riminder.settings.rating_range
            profile.scores[job.id] = score_profile(profile, job, bounds)


def require_resume(profile: Profile) -> Resume:
    """What the parser understood; ``Refused`` (404) while there is nothing."""
    if profile.resume is None:
        raise Refused(404, "Not found. The profile is not parsed.")
    return profile.resume
