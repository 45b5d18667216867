"""Uploading many resumes, and the manifest that says what became of each."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk import ObjectStoragePath

from ..clients.errors import (
    AuthenticationFailed,
    BlockedBySafety,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    QuotaExceeded,
    VendorError,
)
from ..clients.riminder.calls import PAGE_SIZE, list_profiles, show_profile, upload_profile
from ..clients.riminder.lookups import find_profile
from ..clients.riminder.models import Profile
from .once import READ_BACK_AFTER
from .riminder_resumes import REFERENCE_PREFIX, Resume, ResumeRefused, ResumeUnreadable, opened
from .storage import written_whole

if TYPE_CHECKING:
    from ..clients.calls import Call
    from ..clients.flows import Flow
    from ..hooks.base import VendorHook

log = logging.getLogger(__name__)

Outcome = Literal[
    "uploaded", "already_there", "duplicate", "refused", "failed", "unknown", "not_sent"
]
"""``duplicate``: another of the files has the same content. ``refused``: another try
would not be taken either. ``failed``: nothing was taken. ``unknown``: the answer was
lost and the profile is not to be seen. ``not_sent``: an error that concerns all came first."""

LEFT_OVER: tuple[Outcome, ...] = ("failed", "unknown", "not_sent")
"""What another try has to see to."""

CONCERNS_ALL = (
    AuthenticationFailed,
    BlockedBySafety,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
)
"""Errors that every other file would get as well."""

FAULTS_IN_A_ROW = 50
"""After so many files, one after the other, the vendor is taken to be down."""

PROGRESS_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Existing:
    """A profile that is there.

    :param is_ours: an earlier try of this task has sent it.
    """

    profile_id: str
    is_ours: bool


Find = Callable[[str], Existing | None]
"""The profile with a reference, None when it is not there."""


@dataclass(slots=True)
class Row:
    """A file's line in the manifest.

    :param reason: why the file was not uploaded.
    """

    file: str
    outcome: Outcome = "not_sent"
    reason: str | None = None
    profile_reference: str | None = None
    profile_id: str | None = None


class Uploads:
    """Sends files to one source, as many at a time as the connection has connections.

    :param find: tells what is there.
    :param max_bytes: of one file.
    """

    def __init__(
        self, hook: VendorHook[Any], source_id: str, find: Find, *, max_bytes: int
    ) -> None:
        self._hook = hook
        self._source_id = source_id
        self._find = find
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._faults = 0
        self.stopped_by: VendorError | None = None
        """The error after which nothing more was sent."""

    def send_all(self, paths: Sequence[ObjectStoragePath]) -> list[Row]:
        """Upload what is not there; what goes wrong with a file stands in its row."""
        rows = []
        with ThreadPoolExecutor(self._hook.settings.max_connections) as threads:
            for count, row in enumerate(threads.map(self._send, paths), start=1):
                rows.append(row)
                if count % PROGRESS_EVERY == 0:
                    log.info("Went through %d of %d files", count, len(paths))
        self._settle([row for row in rows if row.outcome in ("refused", "unknown")])
        return rows

    def _send(self, path: ObjectStoragePath) -> Row:
        row = Row(str(path))
        if self.stopped_by is not None:
            return row
        try:
            with opened(path, max_bytes=self._max_bytes) as resume:
                row.profile_reference = resume.reference
                row.outcome = self._upload(resume, row)
        except ResumeRefused as error:
            row.outcome, row.reason = "refused", str(error)
        except VendorError as error:
            row.outcome, row.reason = self._judge(error), str(error)
        except ResumeUnreadable as error:
            row.outcome, row.reason = "failed", str(error)
        except Exception as error:  # whatever is wrong with one file stops no other
            row.outcome, row.reason = "failed", type(error).__name__
        else:
            self._faults = 0
        return row

    def _upload(self, resume: Resume, row: Row) -> Outcome:
        with self._lock:
            if resume.reference in self._taken:
                return "duplicate"
            self._taken.add(resume.reference)
        existing = self._find(resume.reference)
        if existing is not None:
            row.profile_id = existing.profile_id
            return "uploaded" if existing.is_ours else "already_there"
        self._hook.run(
            upload_profile(
                source_id=self._source_id,
                file_name=resume.name,
                content=resume.content,
                media_type=resume.media_type,
                profile_reference=resume.reference,
            )
        )
        return "uploaded"

    def _judge(self, error: VendorError) -> Outcome:
        if isinstance(error, CONCERNS_ALL):
            self.stopped_by = error
            return "not_sent"
        if isinstance(error, InvalidRequest):
            return "refused"
        with self._lock:
            self._faults += 1
            if self._faults >= FAULTS_IN_A_ROW:
                self.stopped_by = error
        return "unknown" if isinstance(error, OutcomeUnknown) else "failed"

    def _settle(self, rows: Iterable[Row]) -> None:
        """Look whether files are there whose answer was lost, or that somebody else was sending."""
        doubtful = [(row, row.profile_reference) for row in rows if row.profile_reference]
        if any(row.outcome == "unknown" for row, _ in doubtful):
            time.sleep(READ_BACK_AFTER)
        calls = [show_profile(self._source_id, profile_reference=ref) for _, ref in doubtful]
        answers = self._hook.follow(_ask_all(calls))
        for (row, _), answer in zip(doubtful, answers, strict=True):
            if isinstance(answer, Profile):
                row.outcome = "uploaded" if row.outcome == "unknown" else "already_there"
                row.profile_id, row.reason = answer.profile_id, None


def find_existing(
    hook: VendorHook[Any], source_id: str, *, profiles: int, files: int, since: datetime | None
) -> Find:
    """What tells which files are there: one listing of the source, or a question for each.

    :param profiles: how many the source has, as ``files`` how many are to be looked for.
    :param since: what was received later was sent by this task; None for all.
    """

    def recognise(profile: Profile) -> Existing:
        at = profile.date_reception
        return Existing(profile.profile_id, since is None or (at is not None and at > since))

    def ask(reference: str) -> Existing | None:
        profile = hook.follow(find_profile(source_id, reference))
        return recognise(profile) if profile else None

    if profiles > files * PAGE_SIZE:
        return ask
    return {
        profile.profile_reference: recognise(profile)
        for profile in (hook.iterate(list_profiles([source_id])) if profiles else ())
        if (profile.profile_reference or "").startswith(REFERENCE_PREFIX)
    }.get


def write_manifest(path: ObjectStoragePath, rows: Iterable[Row]) -> None:
    """Store a line of JSON for each file; the manifest is whole or not there."""
    with written_whole(path) as file:
        for row in rows:
            line = json.dumps(asdict(row), ensure_ascii=False)
            file.write(line.encode(errors="backslashreplace") + b"\n")


def _ask_all(calls: list[Call[Profile]]) -> Flow[list[object]]:
    return (yield calls) if calls else []
