"""Steps at Riminder: resumes in, feedback, explanations out. None of them contacts anybody."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.sdk.execution_time.context import NEVER_EXPIRE

from ..assets import riminder as assets
from ..clients.errors import NotFound, PermissionDenied, VendorError
from ..hooks.riminder import RiminderHook
from .arguments import (
    ArgumentInvalid,
    check_literal,
    exactly_one,
    fingerprint,
    is_template,
    make_call,
    one_of,
    optional,
    required,
)
from .base import ChangingOperator, OnUnknown, VendorOperator
from .call import CallOperator
from .events import TakeRecordsOperator
from .export import ExportOperator
from .links import VendorLink, start_page
from .once import Effect, EffectUnknown
from .riminder_resumes import LARGEST, content_reference, list_resumes, opened
from .riminder_resumes import ResumeRefused as ResumeRefused
from .storage import written_whole

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.calls import Call, Endpoint
    from ..clients.flows import Flow
    from ..clients.riminder.models import Explanation
    from ..clients.riminder.settings import RiminderSettings
    from ..clients.riminder.waits import ProfileParsed, ProfileScored
    from .riminder_uploading import Find

STAGES = ("NEW", "YES", "LATER", "NO")

RATINGS = range(1, 5)
"""What most of the vendor's documents take for a rating."""

MOST_SKILLS = 10
"""Skills that stand in the result of an explanation."""


class RiminderLink(VendorLink):
    """The team's dashboard; the API's own host where the connection names no team."""

    name = "Riminder"

    def page(self, settings: RiminderSettings) -> str:
        if settings.team:
            return f"https://{settings.team}.riminder.net/"
        return start_page(settings.base_url)


class _Riminder(VendorOperator):
    """What Riminder's operators share.

    :param riminder_conn_id: the Airflow connection.
    """

    hook_type = RiminderHook
    ui_color = "#e4ecf5"
    operator_extra_links = (RiminderLink(),)

    def __init__(
        self, *, riminder_conn_id: str = RiminderHook.default_conn_name, **kwargs: Any
    ) -> None:
        super().__init__(conn_id=riminder_conn_id, **kwargs)
        self.riminder_conn_id = riminder_conn_id

    def find_source(self, source: Any) -> str:
        """The id of a source given by id or name."""
        from ..clients.riminder.lookups import find_source

        return self.hook.follow(find_source(required("source", source)))


class RiminderOperator(_Riminder, CallOperator):
    """Makes any call of Riminder's API; ``talent calls --vendor riminder`` lists them.

    A call with an effect happens at most once per task of a run; where its answer
    is lost nothing tells whether it happened, so ``on_unknown`` decides.

    Returns the vendor's record as JSON (a list of records for an index, one page),
    which may hold personal data.

    :param call: name of the call, such as ``show_filter``.
    :param arguments: its arguments (templated).
    :param allow_effect: must be ``delete`` for the call that deletes.
    """

    vendor = "riminder"


class _AddsProfile(_Riminder, ChangingOperator):
    """A step that adds a profile, unless its source has one with the same reference."""

    tells = assets.profiles_added
    tells_if = "is_new"

    def add(
        self, context: Context, call: Call[Any], *, source_id: str, reference: str
    ) -> dict[str, Any]:
        """Send ``call`` once and return the profile's ids."""
        from ..clients.riminder.lookups import find_profile

        def describe(profile: Any) -> dict[str, Any]:
            profile_id = getattr(profile, "profile_id", None)
            ids = {"profile_reference": reference, "profile_id": profile_id}
            return {**ids, "source_id": source_id, "is_new": True}

        def find(_: Any = None) -> Flow[dict[str, Any] | None]:
            profile = yield from find_profile(source_id, reference)
            return describe(profile) if profile else None

        try:
            existing = self.hook.follow(find())
        except PermissionDenied:
            # A key that may only write: what it sent cannot be seen.
            return self._perform(context, reference, call, describe=describe)
        result = self._perform(
            context,
            reference,
            call,
            describe=describe,
            find=find,
            settled=lambda _: existing and {**existing, "is_new": False},
        )
        return result if result["profile_id"] else self._complete(result, find())

    def _perform(
        self, context: Context, reference: str, call: Call[Any], **how: Any
    ) -> dict[str, Any]:
        effect = Effect(record=f"profile:{fingerprint(reference)}", call=call, **how)
        return self.once(context).perform(effect)  # type: ignore[no-any-return]  # ours

    def _complete(
        self, result: dict[str, Any], find: Flow[dict[str, Any] | None]
    ) -> dict[str, Any]:
        """Add the profile's id if the vendor tells it already."""
        try:
            found = self.hook.follow(find) or {}
        except VendorError as error:
            self.log.warning("The profile is there, and its id could not be read: %s", error)
            return result
        return {**result, "profile_id": found.get("profile_id")}


class RiminderUploadResumeOperator(_AddsProfile):
    """Adds a resume as a file, unless the source has a profile with its reference.

    The reference is how the profile is found again, also after an answer was lost,
    since the vendor's answer names no id. Without one it is made of the file's
    content: the same file is the same profile, whichever task or run sends it.
    The file is read once, piece by piece, and parsed and scored later.

    Returns ``{"profile_reference", "profile_id", "source_id", "is_new"}``; the id is
    None where it could not be read.

    :param source: id or name of a source of the type ``api`` (templated). With a key
        that may only write, give the id.
    :param file: in any object storage, such as ``s3://conn@bucket/cv.pdf`` (templated).
    :param profile_reference: your own id of the profile; appears in URLs and logs, so
        no name and no address (templated).
    :param timestamp_reception: when it came in, Unix seconds; None means now (templated).
    :param training_metadata: what recruiters said of it, rows of ``filter_reference``,
        ``stage``, ``stage_timestamp``, ``rating``, ``rating_timestamp`` (templated).
    :param profile_tags: rows of ``name`` and ``value`` (templated).
    :param profile_metadata: rows of ``name`` and ``value`` (templated).
    :param max_bytes: a larger file is not sent.
    :raises ResumeRefused: the file is not there, empty, too large, or no resume by its
        extension.

    Source: fact sheet section 6.1.
    """

    template_fields = (
        "source",
        "file",
        "profile_reference",
        "timestamp_reception",
        "training_metadata",
        "profile_tags",
        "profile_metadata",
    )

    def __init__(
        self,
        *,
        source: str,
        file: str,
        profile_reference: str | None = None,
        timestamp_reception: int | str | None = None,
        training_metadata: Sequence[Mapping[str, Any]] | None = None,
        profile_tags: Sequence[Mapping[str, Any]] | None = None,
        profile_metadata: Sequence[Mapping[str, Any]] | None = None,
        max_bytes: int = LARGEST,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_literal("source", source)
        check_literal("file", file)
        self.source = source
        self.file = file
        self.profile_reference = profile_reference
        self.timestamp_reception = timestamp_reception
        self.training_metadata = training_metadata
        self.profile_tags = profile_tags
        self.profile_metadata = profile_metadata
        self.max_bytes = max_bytes

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.riminder import upload_profile

        path = ObjectStoragePath(required("file", self.file))
        with opened(path, max_bytes=self.max_bytes) as resume:
            source_id = self.find_source(self.source)
            reference = optional(self.profile_reference) or resume.reference
            arguments = {
                "source_id": source_id,
                "file_name": resume.name,
                "content": resume.content,
                "media_type": resume.media_type,
                "profile_reference": reference,
                "timestamp_reception": optional(self.timestamp_reception),
                "training_metadata": self.training_metadata,
                "profile_tags": self.profile_tags,
                "profile_metadata": self.profile_metadata,
            }
            call = make_call(upload_profile, arguments)
            return self.add(context, call, source_id=source_id, reference=reference)


class UploadsIncomplete(AirflowException):
    """Some of many files were not taken, or nobody knows; another try goes on with them."""


class RiminderUploadResumesOperator(_Riminder):
    """Adds the resumes of a folder, as many at a time as the connection has connections.

    Each gets a reference made of its content, as in :class:`RiminderUploadResumeOperator`,
    and what the source has already is not sent again: so another try, or another run,
    goes on where one was cut off. What an earlier try of the same task has sent counts as
    uploaded. A bad file does not stop the others. The task fails at the end if any was
    not taken by no fault of its own, or if all were refused.

    Returns ``{"source_id", "counts": {outcome: n}, "manifest"}``. The manifest has a line
    of JSON for each file, with its ``file`` (which may name a person), ``outcome``,
    ``reason``, ``profile_reference`` and ``profile_id`` where it is known; the outcomes
    are ``uploaded``, ``already_there``, ``duplicate`` (another file has the same content),
    ``refused`` (by its type or size, or by the vendor), ``failed``, ``unknown`` and
    ``not_sent``.

    :param source: id or name of a source of the type ``api`` (templated).
    :param files: a folder in any object storage, or a pattern with ``*`` such as
        ``s3://conn@bucket/resumes/**/*.pdf`` (templated). A folder means the files in
        it; those of its folders are meant by ``**``.
    :param manifest: file for the manifest, outside of that folder (templated); it is
        replaced when it is whole.
    :param on_unknown: with a key that may only write nobody knows what an earlier try
        has sent: ``fail`` leaves it to a person, ``resend`` may add profiles twice.
    :param max_bytes: a larger file is refused.

    Source: fact sheet section 6.1.
    """

    tells = assets.profiles_added
    template_fields = ("source", "files", "manifest")

    def __init__(
        self,
        *,
        source: str,
        files: str,
        manifest: str,
        on_unknown: OnUnknown = "fail",
        max_bytes: int = LARGEST,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("multiple_outputs", True)
        super().__init__(**kwargs)
        for name, value in (("source", source), ("files", files), ("manifest", manifest)):
            check_literal(name, value)
        self.source = source
        self.files = files
        self.manifest = manifest
        self.on_unknown = one_of("on_unknown", on_unknown, get_args(OnUnknown))
        self.max_bytes = max_bytes

    def act(self, context: Context) -> dict[str, Any]:
        from .riminder_uploading import Uploads, write_manifest

        paths = list_resumes(required("files", self.files))
        manifest = ObjectStoragePath(required("manifest", self.manifest))
        source_id = self.find_source(self.source)
        find = self._find_existing(context, source_id, len(paths))
        uploads = Uploads(self.hook, source_id, find, max_bytes=self.max_bytes)
        rows = uploads.send_all(paths)
        write_manifest(manifest, rows)
        counts = Counter[str](row.outcome for row in rows)
        self.log.info("Resumes: %s", dict(counts))
        result = {"source_id": source_id, "counts": dict(counts), "manifest": str(manifest)}
        if error := uploads.stopped_by or _complaint(counts):
            context["ti"].xcom_push(key="return_value", value=result)
            raise error
        return result

    def changed(self, result: Mapping[str, Any]) -> list[dict[str, str]]:
        # Riminder does not say which ids the files of a folder got; the manifest may.
        return [{"source_id": result["source_id"]}] if result["counts"].get("uploaded") else []

    def _find_existing(self, context: Context, source_id: str, files: int) -> Find:
        from ..clients.riminder import list_profiles
        from .riminder_uploading import find_existing

        try:
            newest = self.hook.run(list_profiles([source_id], limit=1, order_by="desc"))
        except PermissionDenied:
            if context["ti"].try_number > 1 and self.on_unknown == "fail":
                raise EffectUnknown(
                    "an earlier try was cut off, and the key may not read what it has sent; use a "
                    'key that may, or clear the task with on_unknown="resend"'
                ) from None
            self.log.info("The key may not read, so every file is sent")
            return lambda _: None
        return find_existing(
            self.hook,
            source_id,
            profiles=newest.count_profiles or newest.pages,
            files=files,
            since=_beginning(context, [profile.date_reception for profile in newest.items]),
        )


def _beginning(context: Context, receptions: Sequence[datetime | None]) -> datetime | None:
    """When the newest profile before this task's first try was received, by the vendor's clock."""
    store = context["task_state_store"]
    stored: Any = store.get("beginning")
    if stored is None:
        stored = {"newest": [at.isoformat() for at in receptions if at]}
        store.set("beginning", stored, retention=NEVER_EXPIRE)
    return max(map(datetime.fromisoformat, stored["newest"]), default=None)


def _complaint(counts: Mapping[str, int]) -> Exception | None:
    from .riminder_uploading import LEFT_OVER

    if left := sum(counts.get(outcome, 0) for outcome in LEFT_OVER):
        return UploadsIncomplete(
            f"{left} files were not uploaded or nobody knows; the manifest says why, "
            "and the next try goes on with them"
        )
    if counts.keys() == {"refused"}:
        return AirflowFailException("every file was refused; the manifest says why")
    return None


class RiminderAddProfileOperator(_AddsProfile):
    """Adds a profile that is structured already, unless the source has one with its reference.

    Returns ``{"profile_reference", "profile_id", "source_id", "is_new"}``; the id is
    None where it could not be read.

    :param source: id or name of a source of the type ``api`` (templated). With a key
        that may only write, give the id.
    :param profile: ``name``, ``email``, ``experiences``, ``skills`` and so on (templated).
    :param profile_reference: your own id of the profile; appears in URLs and logs, so
        no name and no address (templated). None makes one of the content.
    :param timestamp_reception: when it came in, Unix seconds; None means now (templated).
    :param training_metadata: as in :class:`RiminderUploadResumeOperator` (templated).

    Source: fact sheet section 6.2.
    """

    template_fields = (
        "source",
        "profile",
        "profile_reference",
        "timestamp_reception",
        "training_metadata",
    )

    def __init__(
        self,
        *,
        source: str,
        profile: Mapping[str, Any],
        profile_reference: str | None = None,
        timestamp_reception: int | str | None = None,
        training_metadata: Sequence[Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_literal("source", source)
        self.source = source
        self.profile = profile
        self.profile_reference = profile_reference
        self.timestamp_reception = timestamp_reception
        self.training_metadata = training_metadata

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.riminder import add_profile

        if not isinstance(self.profile, Mapping) or not self.profile:
            raise ArgumentInvalid("profile must be an object with the parts of a resume")
        source_id = self.find_source(self.source)
        reference = optional(self.profile_reference) or content_reference(
            json.dumps(self.profile, sort_keys=True, default=str).encode()
        )
        arguments = {
            "profile_json": dict(self.profile),
            "source_id": source_id,
            "profile_reference": reference,
            "timestamp_reception": optional(self.timestamp_reception),
            "training_metadata": self.training_metadata,
        }
        call = make_call(add_profile, arguments)
        return self.add(context, call, source_id=source_id, reference=reference)


class _OfProfile(_Riminder):
    """A step that is about one profile.

    :param source: id or name of the source that the profile is in (templated).
    :param profile_id: (templated).
    :param profile_reference: instead of the id (templated).
    """

    template_fields: Sequence[str] = ("source", "profile_id", "profile_reference")

    def __init__(
        self,
        *,
        source: str,
        profile_id: str | None = None,
        profile_reference: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_literal("source", source)
        self.source = source
        self.profile_id = profile_id
        self.profile_reference = profile_reference
        if not (is_template(profile_id) or is_template(profile_reference)):
            self._chosen()

    def ids(self) -> dict[str, str]:
        """The profile as calls take it."""
        return {**self._chosen(), "source_id": self.find_source(self.source)}

    def _chosen(self) -> dict[str, str]:
        return exactly_one(profile_id=self.profile_id, profile_reference=self.profile_reference)


class _OfProfileAndFilter(_OfProfile):
    """A step that is about one profile with respect to one filter.

    :param filter: id, reference or name (templated).
    """

    template_fields: Sequence[str] = (*_OfProfile.template_fields, "filter")

    def __init__(self, *, filter: str, **kwargs: Any) -> None:  # noqa: A002  # the vendor's word
        super().__init__(**kwargs)
        check_literal("filter", filter)
        self.filter = filter

    def job(self) -> dict[str, str]:
        """The filter as calls take it."""
        from ..clients.riminder.lookups import find_filter

        return self.hook.follow(find_filter(required("filter", self.filter)))


class _GivesFeedback(_OfProfileAndFilter, ChangingOperator):
    """A step that says what recruiters think of a profile; saying it twice changes nothing."""

    def give(
        self, context: Context, endpoint: Endpoint[..., Any], **feedback: str | int | None
    ) -> dict[str, Any]:
        """Set the only value of ``feedback``, and return it with the ids it is about."""
        from ..clients.riminder import list_scores

        ids, job = self.ids(), self.job()
        names = ("profile_id", "profile_reference", "filter_id", "filter_reference", *feedback)

        def describe(answer: Any) -> dict[str, Any]:
            said = {**ids, **job, **feedback}
            return {name: getattr(answer, name, None) or said.get(name) for name in names}

        def find(_: Any) -> Flow[dict[str, Any] | None]:
            try:
                scores = yield list_scores(**ids)
            except PermissionDenied:
                return None
            facts = {**job, **feedback}
            are_there = [s for s in scores if all(getattr(s, n) == v for n, v in facts.items())]
            return describe(are_there[0]) if are_there else None

        effect = Effect(
            record=f"{endpoint.name}:{fingerprint(*map(str, (*ids.values(), *job.values())))}",
            call=make_call(endpoint, {**ids, **job, **feedback}),
            describe=describe,
            find=find,
        )
        return self.once(context).perform(effect)  # type: ignore[no-any-return]  # ours


class RiminderSetStageOperator(_GivesFeedback):
    """Sets the stage of a profile for a filter.

    Returns ``{"profile_id", "profile_reference", "filter_id", "filter_reference", "stage"}``.

    :param source: id or name of the source that the profile is in (templated).
    :param profile_id: (templated).
    :param profile_reference: instead of the id (templated).
    :param filter: id, reference or name (templated).
    :param stage: ``NEW``, ``YES``, ``LATER`` or ``NO``, in any case; None clears it
        (templated).

    Source: fact sheet section 6.5.
    """

    tells = assets.profiles_staged
    template_fields = (*_GivesFeedback.template_fields, "stage")

    def __init__(self, *, stage: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = stage
        if not is_template(stage):
            self._stage()

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.riminder import set_stage

        return self.give(context, set_stage, stage=self._stage())

    def _stage(self) -> str | None:
        stage = optional(self.stage)
        return None if stage is None else one_of("stage", stage.upper(), STAGES)


class RiminderSetRatingOperator(_GivesFeedback):
    """Sets the rating of a profile for a filter.

    Returns ``{"profile_id", "profile_reference", "filter_id", "filter_reference", "rating"}``.

    :param source: id or name of the source that the profile is in (templated).
    :param profile_id: (templated).
    :param profile_reference: instead of the id (templated).
    :param filter: id, reference or name (templated).
    :param rating: a whole number, 1 to 4 by most of the vendor's documents; others are
        sent with a warning, since the documents do not agree. None clears it (templated).

    Source: fact sheet section 6.5, contradiction C8.
    """

    tells = assets.profiles_rated
    template_fields = (*_GivesFeedback.template_fields, "rating")

    def __init__(self, *, rating: int | str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rating = rating
        if not is_template(rating):
            self._rating()

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.riminder import set_rating

        rating = self._rating()
        if rating is not None and rating not in RATINGS:
            self.log.warning("A rating of %d is none of 1 to 4 and may be refused", rating)
        return self.give(context, set_rating, rating=rating)

    def _rating(self) -> int | None:
        text = optional(self.rating)
        if text is not None and not re.fullmatch(r"-?\d+", text):
            raise ArgumentInvalid(f"rating must be a whole number or None, got {text!r}")
        return None if text is None else int(text)


class RiminderExplainScoreOperator(_OfProfileAndFilter):
    """Reads why a profile scored as it did for a filter; stores all of it where told.

    Returns ``{"profile_id", "profile_reference", "source_id", "filter_id",
    "filter_reference", "skills": [{"word", "score"}], "path"}``: the ten skills that
    counted most, and where the whole explanation is, None if it was not stored.

    :param source: id or name of the source that the profile is in (templated).
    :param profile_id: (templated).
    :param profile_reference: instead of the id (templated).
    :param filter: id, reference or name (templated).
    :param path: a JSON file in any object storage for the whole explanation, which holds
        words of the resume (templated).

    Source: fact sheet section 6.4, contradiction C4.
    """

    template_fields = (*_OfProfileAndFilter.template_fields, "path")

    def __init__(self, *, path: str | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("multiple_outputs", True)
        super().__init__(**kwargs)
        self.path = path

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.riminder import explain_score

        ids, job = self.ids(), self.job()
        explanation = self.hook.run(explain_score(**ids, **job))
        path = optional(self.path)
        if path is not None:
            with written_whole(ObjectStoragePath(path)) as file:
                file.write(explanation.model_dump_json().encode())
        names = ("profile_id", "profile_reference", "source_id", "filter_id", "filter_reference")
        return {
            **{name: {**ids, **job}.get(name) for name in names},
            "skills": _best_skills(explanation),
            "path": path,
        }


def _best_skills(explanation: Explanation) -> list[dict[str, Any]]:
    kinds = type(explanation.skills).model_fields
    words = [word for kind in kinds for word in getattr(explanation.skills, kind)]
    words.sort(key=lambda word: word.score or 0, reverse=True)
    return [{"word": word.word, "score": word.score} for word in words[:MOST_SKILLS]]


class RiminderDeleteProfileOperator(_OfProfile, ChangingOperator):
    """Deletes a profile with its files, **for good**.

    Returns ``{"profile_id", "profile_reference", "source_id"}``.

    :param source: id or name of the source that the profile is in (templated).
    :param profile_id: (templated).
    :param profile_reference: instead of the id (templated).
    :raises NotFound: there is no such profile.

    Source: fact sheet section 6.5; of this endpoint the vendor publishes no more than its path.
    """

    tells = assets.profiles_deleted

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.riminder import delete_profile, show_profile

        ids = self.ids()

        def describe(answer: Any) -> dict[str, Any]:
            names = ("profile_id", "profile_reference", "source_id")
            return {name: getattr(answer, name, None) or ids.get(name) for name in names}

        def look() -> Flow[None]:
            # A key that may only write cannot see what it deletes.
            with suppress(PermissionDenied):
                yield show_profile(**ids)

        def find(_: Any) -> Flow[dict[str, Any] | None]:
            try:
                yield from look()
            except NotFound:
                return describe(None)
            return None

        effect = Effect(
            record=f"delete:{fingerprint(*ids.values())}",
            call=delete_profile(**ids),
            describe=describe,
            observe=look,
            find=find,
        )
        return self.once(context).perform(effect)  # type: ignore[no-any-return]  # ours


class RiminderTakeParsedProfilesOperator(_Riminder, TakeRecordsOperator):
    """Gives the profiles of a source that this run was told are parsed, or that are found to be.

    See :class:`.TakeRecordsOperator`: only what Riminder shows as parsed, in this source, is
    given, and each profile to one run of the DAG only. Contacts nobody.

    Returns a list of ``{"profile_id", "profile_reference", "source_id"}``.

    :param source: id or name of the source, which Riminder's events do not name; profiles of
        other sources are left out (templated).
    :param record_ids: ids to take besides those that events name, as a list or as text with
        commas between (templated).
    :raises InvalidRequest: no source is called so; lists the choices.

    Source: fact sheet sections 6.3 and 7.2.
    """

    takes = assets.profiles_parsed
    template_fields: Sequence[str] = (*TakeRecordsOperator.template_fields, "source")

    def __init__(self, *, source: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_literal("source", source)
        self.source = source

    def act(self, context: Context) -> list[dict[str, Any]]:
        # A source that nobody knows is the DAG's fault, and none of a record's.
        self.source = self.find_source(self.source)
        return super().act(context)

    def wait_for(self, record_id: str) -> ProfileParsed | ProfileScored:
        from ..clients.riminder.waits import ProfileParsed

        return ProfileParsed(source=self.source, profile_id=record_id)


class RiminderTakeScoredProfilesOperator(RiminderTakeParsedProfilesOperator):
    """Gives the profiles of a source that are scored for a filter, as events tell or show.

    See :class:`.TakeRecordsOperator`; each profile is taken once for each filter. Contacts
    nobody.

    Returns a list of ``{"profile_id", "profile_reference", "source_id", "score", "stage",
    "rating"}``.

    :param source: id or name of the source; profiles of others are left out (templated).
    :param filter: id, reference or name; scores for others do not count (templated).
    :param record_ids: ids to take besides those that events name, as a list or as text with
        commas between (templated).
    :raises InvalidRequest: no source or filter is called so; lists the choices.

    Source: fact sheet sections 6.4 and 7.2.
    """

    takes = assets.profiles_scored
    template_fields = (*RiminderTakeParsedProfilesOperator.template_fields, "filter")

    def __init__(self, *, filter: str, **kwargs: Any) -> None:  # noqa: A002  # the vendor's word
        super().__init__(**kwargs)
        check_literal("filter", filter)
        self.filter = filter

    def act(self, context: Context) -> list[dict[str, Any]]:
        from ..clients.riminder.lookups import find_filter

        (self.filter,) = self.hook.follow(find_filter(required("filter", self.filter))).values()
        return super().act(context)

    def scope(self) -> Sequence[str]:
        return (self.filter,)

    def wait_for(self, record_id: str) -> ProfileScored:
        from ..clients.riminder.waits import ProfileScored

        return ProfileScored(source=self.source, filter=self.filter, profile_id=record_id)


class RiminderExportProfilesOperator(_Riminder, ExportOperator):
    """Stores the profiles of some sources as a table; holds personal data.

    Returns ``{"path", "rows"}``.

    :param path: file in any object storage (templated); it appears when it is whole.
    :param sources: ids or names, None for all of the team's (templated).
    :param filter: id, reference or name of a filter, which adds score, stage and rating
        (templated).
    :param format: ``jsonl``, ``csv`` or ``parquet``; None goes by the path's extension.
    :param arguments: more arguments of ``list_profiles``, such as ``date_start`` (templated).

    Source: fact sheet section 6.3.
    """

    vendor = "riminder"
    template_fields = (*ExportOperator.template_fields, "sources", "filter")

    def __init__(
        self,
        *,
        sources: Sequence[str] | None = None,
        filter: str | None = None,  # noqa: A002  # the vendor's word
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            index="list_profiles", arguments={"source_ids": [], **(arguments or {})}, **kwargs
        )
        if isinstance(sources, str):
            raise ArgumentInvalid("sources must be a list of ids or names")
        self.sources = sources
        self.filter = filter

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.riminder.lookups import find_filter

        self.arguments["source_ids"] = self._source_ids()
        if wanted := optional(self.filter):
            self.arguments |= self.hook.follow(find_filter(wanted))
        return super().act(context)

    def _source_ids(self) -> list[str]:
        from ..clients.riminder import list_sources

        if self.sources is None:
            return [source.source_id for source in self.hook.run(list_sources())]
        return [self.find_source(source) for source in self.sources]
