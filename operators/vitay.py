"""Steps of a reference check at Vitay. Each says whom it writes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from ..assets import vitay as assets
from ..clients.errors import BlockedBySafety, Conflict
from ..hooks.vitay import VitayHook
from .arguments import (
    ArgumentInvalid,
    check_literal,
    digits,
    fingerprint,
    is_template,
    one_of,
    optional,
    required,
    whole_number,
)
from .base import ChangingOperator, ContactingOperator, VendorOperator
from .call import CallOperator
from .events import TakeRecordsOperator
from .export import ExportOperator
from .links import VendorLink, start_page
from .once import Effect, OnceOnly
from .reminders import ReminderPolicy as ReminderPolicy
from .storage import written_whole
from .vitay_reminding import (
    as_remindable,
    name_of,
    remind_all,
    reminder_of,
    reminders_of,
    result,
    sort_outcome,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.calls import Call
    from ..clients.flows import Flow
    from ..clients.vitay.models import Candidate, Reference, ReferenceRequest
    from ..clients.vitay.settings import VitaySettings
    from ..clients.vitay.waits import ReferenceFilled, ReferenceRequestFilled

ReminderKind = Literal["reference", "reference_request", "verification"]
ReportKind = Literal["references", "candidates"]


WEB_APPLICATIONS = {
    "https://api.vitay.ca/": "https://references.vitay.ca",
    "https://api.vitay.co.uk/": "https://references.vitay.co.uk",
    "https://api.vitay.io/": "https://references.vitay.io",
}


class VitayLink(VendorLink):
    """Vitay's web application in the region of the connection; elsewhere the API's own host."""

    name = "Vitay"

    def page(self, settings: VitaySettings) -> str:
        page = start_page(settings.base_url)
        return WEB_APPLICATIONS.get(page, page)


class _Vitay(VendorOperator):
    """What Vitay's operators share.

    :param vitay_conn_id: the Airflow connection.
    """

    hook_type = VitayHook
    ui_color = "#e8f0e4"
    operator_extra_links = (VitayLink(),)

    def __init__(self, *, vitay_conn_id: str = VitayHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(conn_id=vitay_conn_id, **kwargs)
        self.vitay_conn_id = vitay_conn_id


class VitayOperator(_Vitay, CallOperator):
    """Makes any call of Vitay's API; ``talent calls --vendor vitay`` lists them.

    A call with an effect happens at most once per task of a run; where its answer
    is lost nothing tells whether it happened, so ``on_unknown`` decides. A call
    that contacts somebody says so in its own documentation.

    Returns the vendor's record as JSON (a list of records for an index, one page),
    which may hold personal data, and None for calls that delete or handle credentials.

    :param call: name of the call, such as ``update_question_set``.
    :param arguments: its arguments (templated).
    :param allow_effect: must name the effect of a call that deletes
        (``delete``), handles credentials (``credential``) or acts as a referee
        (``impersonate``).
    """

    vendor = "vitay"


class VitayCreateCandidateOperator(_Vitay, ChangingOperator):
    """Adds a candidate, or takes over the one with the same e-mail. Contacts nobody.

    Returns ``{"candidate_id", "is_new"}``.

    :param email_address: unique among the account's active candidates (templated).
    :param first_name: (templated).
    :param last_name: (templated).
    :param internal_id: your own id of the candidate, such as that of an applicant
        tracking system (templated).
    :param notes: private, for recruiters (templated).
    :param country_code: digits only, without ``+`` (templated).
    :param phone: digits only (templated).

    Source: fact sheet section 2 row 32, section 5.1 step 1.
    """

    tells = assets.candidates_created
    tells_if = "is_new"
    template_fields = (
        "email_address",
        "first_name",
        "last_name",
        "internal_id",
        "notes",
        "country_code",
        "phone",
    )

    def __init__(
        self,
        *,
        email_address: str,
        first_name: str,
        last_name: str,
        internal_id: str | None = None,
        notes: str | None = None,
        country_code: str | None = None,
        phone: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, value in (
            ("email_address", email_address),
            ("first_name", first_name),
            ("last_name", last_name),
        ):
            check_literal(name, value)
        self.email_address = email_address
        self.first_name = first_name
        self.last_name = last_name
        self.internal_id = internal_id
        self.notes = notes
        self.country_code = country_code
        self.phone = phone

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.vitay import create_candidate

        self.email_address = required("email_address", self.email_address)
        call = create_candidate(
            email=self.email_address,
            first_name=required("first_name", self.first_name),
            last_name=required("last_name", self.last_name),
            internal_id=optional(self.internal_id),
            notes=optional(self.notes),
            country_code=digits("country_code", self.country_code),
            phone=digits("phone", self.phone),
        )
        effect = Effect(
            record=f"candidate:{fingerprint(self.email_address.lower())}",
            call=call,
            describe=lambda candidate: {"candidate_id": candidate.id, "is_new": True},
            find=lambda _: self._find(),
        )
        try:
            return self.once(context).perform(effect)  # type: ignore[no-any-return]  # ours
        except Conflict:
            existing = self.hook.follow(self._find())
            if existing is None:
                raise
            self.log.info("The candidate exists already and is taken over")
            return {**existing, "is_new": False}

    def _find(self) -> Flow[dict[str, Any] | None]:
        from ..clients.vitay import list_candidates

        page_number, last = 1, 1
        while page_number <= last:
            page = yield list_candidates(page=page_number)
            for candidate in page.items:
                if self._is_mine(candidate):
                    return {"candidate_id": candidate.id, "is_new": True}
            page_number, last = page_number + 1, page.pagination.total_pages
        return None

    def _is_mine(self, candidate: Candidate) -> bool:
        # Vitay lets several candidates have one internal_id, but not one e-mail.
        return (candidate.email or "").lower() == self.email_address.lower()


class VitayCreateReferenceRequestOperator(_Vitay, ContactingOperator):
    """Asks a candidate for references: **sends the candidate an e-mail and a text**.

    References that are saved already may be written to as well. The same question
    set for the same candidate is refused within ``repeat_after``, also in other runs.

    Returns ``{"request_id", "candidate_id"}``.

    :param candidate_id: (templated).
    :param question_set: id or title of the question set, None for the account's
        first one (templated).
    :param min_references: how many references are asked for, 0 to 6 (templated).
    :param notes: **shown to the candidate** (templated).
    :param repeat_after: how long the same request is refused.
    :param repeat: ask again all the same.

    Source: fact sheet section 2 row 4, quirks Q19 to Q21.
    """

    tells = assets.reference_requests_created
    template_fields = ("candidate_id", "question_set", "min_references", "notes")

    def __init__(
        self,
        *,
        candidate_id: str,
        question_set: str | None = None,
        min_references: int | str = 1,
        notes: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_literal("candidate_id", candidate_id)
        self.candidate_id = candidate_id
        self.question_set = question_set
        self.min_references = min_references
        self.notes = notes
        if not is_template(min_references):
            self._count()

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.vitay import create_reference_request

        candidate_id = self.candidate_id = required("candidate_id", self.candidate_id)
        question_set_id = self.hook.follow(find_question_set(self.question_set))
        effect = Effect(
            record=f"reference_request:{candidate_id}:{question_set_id}",
            call=create_reference_request(
                candidate_id=candidate_id,
                question_set_id=question_set_id,
                min_manager_references=self._count(),
                notes=optional(self.notes),
            ),
            describe=lambda request: self._describe(request.id),
            observe=self._requests,
            find=lambda before: self._find(before, question_set_id),
            ledger=self.ledger(context, "reference_request", candidate_id, question_set_id),
        )
        return self.once(context).perform(effect)  # type: ignore[no-any-return]  # ours

    def _requests(self) -> Flow[list[str]]:
        from ..clients.vitay import show_candidate

        candidate = yield show_candidate(self.candidate_id)
        return [link.id for link in candidate.reference_requests]

    def _find(self, before: list[str], question_set_id: str) -> Flow[dict[str, Any] | None]:
        from ..clients.vitay.calls import find_reference_request

        for request_id in (yield from self._requests()):
            if request_id in before:
                continue
            request = yield from find_reference_request(request_id)
            # Another task may have asked the same candidate with another question set.
            asked = request.question_set.id if request and request.question_set else None
            if asked in (None, question_set_id):
                return self._describe(request_id)
        return None

    def _describe(self, request_id: str) -> dict[str, Any]:
        return {"request_id": request_id, "candidate_id": self.candidate_id}

    def _count(self) -> int:
        return whole_number("min_references", self.min_references, lowest=0, highest=6)


class VitayCreateReferenceOperator(_Vitay, ContactingOperator):
    """Adds a referee to a candidate: **sends the referee an e-mail at once**.

    The same referee for the same candidate is refused within ``repeat_after``,
    also in other runs.

    Returns ``{"reference_id", "candidate_id"}``.

    :param candidate_id: (templated).
    :param email_address: of the referee (templated).
    :param first_name: (templated).
    :param last_name: (templated).
    :param question_set: id or title, None for the account's first one (templated).
    :param phone: digits only (templated).
    :param country_code: digits only (templated).
    :param repeat_after: how long the same referee is refused.
    :param repeat: ask again all the same.

    Source: fact sheet section 2 row 41, quirk Q16.
    """

    tells = assets.references_created
    template_fields = (
        "candidate_id",
        "email_address",
        "first_name",
        "last_name",
        "question_set",
        "phone",
        "country_code",
    )

    def __init__(
        self,
        *,
        candidate_id: str,
        email_address: str,
        first_name: str,
        last_name: str,
        question_set: str | None = None,
        phone: str | None = None,
        country_code: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for name, value in (
            ("candidate_id", candidate_id),
            ("email_address", email_address),
            ("first_name", first_name),
            ("last_name", last_name),
        ):
            check_literal(name, value)
        self.candidate_id = candidate_id
        self.email_address = email_address
        self.first_name = first_name
        self.last_name = last_name
        self.question_set = question_set
        self.phone = phone
        self.country_code = country_code

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.vitay import create_reference

        candidate_id = self.candidate_id = required("candidate_id", self.candidate_id)
        email = self.email_address = required("email_address", self.email_address)
        effect = Effect(
            record=f"reference:{candidate_id}:{fingerprint(email.lower())}",
            call=create_reference(
                candidate_id=candidate_id,
                question_set_id=self.hook.follow(find_question_set(self.question_set)),
                email=email,
                first_name=required("first_name", self.first_name),
                last_name=required("last_name", self.last_name),
                phone=digits("phone", self.phone),
                country_code=digits("country_code", self.country_code),
            ),
            describe=self._describe,
            observe=self._references,
            find=self._find,
            ledger=self.ledger(context, "reference", candidate_id, email.lower()),
        )
        return self.once(context).perform(effect)  # type: ignore[no-any-return]  # ours

    def _describe(self, reference: Reference) -> dict[str, Any]:
        owner = reference.candidate.id if reference.candidate else None
        if owner is not None and owner != self.candidate_id:
            raise WrongCandidate(
                f"reference {reference.id} was created for candidate {owner} instead of "
                f"{self.candidate_id}; the referee was written to, so correct it at the vendor"
            )
        return {"reference_id": reference.id, "candidate_id": self.candidate_id}

    def _references(self) -> Flow[list[str]]:
        from ..clients.vitay import show_candidate

        candidate = yield show_candidate(self.candidate_id)
        return [link.id for link in candidate.references]

    def _find(self, before: list[str]) -> Flow[dict[str, Any] | None]:
        from ..clients.vitay import show_reference

        for reference_id in (yield from self._references()):
            if reference_id in before:
                continue
            reference = yield show_reference(reference_id)
            if (reference.email or "").lower() == self.email_address.lower():
                return self._describe(reference)
        return None


class WrongCandidate(AirflowFailException):
    """Vitay tied a new reference to somebody else."""


class VitaySendReminderOperator(_Vitay, ContactingOperator):
    """Reminds one person: **sends an e-mail and a text** to a referee, candidate or verifier.

    A reminder that Vitay refuses, or would refuse by what the record says, is a
    result: too many, too soon after the last, already filled.

    Returns ``{"kind", "record_id", "is_sent", "reason"}``; ``reason`` is None or why
    nothing was sent.

    :param kind: ``reference`` writes to the referee, ``reference_request`` to the
        candidate, ``verification`` to the verifier (templated).
    :param record_id: id of that record (templated).
    :param repeat_after: for verifications, of which Vitay shows no reminders: how
        long another one is refused, also in other runs.

    Source: fact sheet section 2 rows 5, 24, 48, section 5.4.
    """

    template_fields = ("kind", "record_id")

    def __init__(
        self,
        *,
        record_id: str,
        kind: ReminderKind | str = "reference",
        repeat_after: timedelta = timedelta(hours=12),
        **kwargs: Any,
    ) -> None:
        super().__init__(repeat_after=repeat_after, **kwargs)
        check_literal("record_id", record_id)
        self.kind = one_of("kind", kind, get_args(ReminderKind))
        self.record_id = record_id

    def act(self, context: Context) -> dict[str, Any]:
        record_id = required("record_id", self.record_id)
        kind = one_of("kind", self.kind, get_args(ReminderKind))
        if kind == "verification":
            effect = self._verification(context, record_id)
        else:
            effect = reminder_of(kind, record_id)
        (outcome,) = remind_all(self.once(context), [effect], [(kind, record_id)])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _verification(self, context: Context, record_id: str) -> Effect:
        from ..clients.vitay import remind_verification

        return Effect(
            record=name_of("verification", record_id),
            call=remind_verification(record_id),
            describe=lambda _: result("verification", record_id),
            ledger=self.ledger(context, "verification", record_id),
        )


class VitaySendDueRemindersOperator(_Vitay, ChangingOperator):
    """Reminds everybody who is due: **sends an e-mail and a text to each**.

    Looks at every pending reference and request (or those of one candidate), asks
    the policy, and reminds the due ones, a few at a time. One that is refused or
    fails does not stop the others; the task fails at the end if any outcome is
    unknown or an error, after all that could be sent was sent. Cleared or retried,
    it reminds nobody twice and counts as sent what it sent before.

    Returns ``{"is_quiet", "counts": {outcome: n}, "ids": {outcome: [id, …]}}``; the
    outcomes are ``sent``, ``refused``, ``failed``, ``would_send`` and the verdicts of
    :class:`ReminderPolicy`, of which ``filled`` and ``inactive`` are only counted.

    :param kinds: which records: ``reference`` writes to referees,
        ``reference_request`` to candidates.
    :param candidate_id: only those of this candidate, None for everybody's (templated;
        a template that comes out empty is an error).
    :param policy: when a reminder is due.
    :param dry_run: report what would be sent and send nothing.

    Source: fact sheet section 5.4.
    """

    template_fields = ("candidate_id",)

    def __init__(
        self,
        *,
        kinds: Sequence[Literal["reference", "reference_request"]] = (
            "reference",
            "reference_request",
        ),
        candidate_id: str | None = None,
        policy: ReminderPolicy | None = None,
        dry_run: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for kind in kinds:
            one_of("kinds", kind, ("reference", "reference_request"))
        self.kinds = tuple(kinds)
        self.candidate_id = candidate_id
        # A template that comes out empty must not mean everybody.
        self.is_for_everybody = candidate_id is None
        self.policy = policy or ReminderPolicy()
        self.is_dry_run = dry_run

    def act(self, context: Context) -> dict[str, Any]:
        now = datetime.now(UTC)
        once = self.once(context)
        outcomes: dict[str, list[str]] = {}
        is_quiet = self.policy.is_quiet(now)
        due: list[tuple[str, str, dict[str, Any]]] = []
        for kind, record in () if is_quiet else self._records():
            verdict: str = self.policy.judge(as_remindable(record), now)
            if verdict == "too_soon" and once.did(name_of(kind, record.id)):
                outcomes.setdefault("sent", []).append(record.id)
            elif verdict == "due" and not self.is_dry_run:
                due.append((kind, record.id, reminders_of(record)))
            else:
                name = "would_send" if verdict == "due" else verdict
                outcomes.setdefault(name, []).append(record.id)
        failures = self._remind(once, due, outcomes)
        summary = {
            "is_quiet": is_quiet,
            "counts": {name: len(ids) for name, ids in outcomes.items()},
            "ids": {name: ids for name, ids in outcomes.items() if name not in ONLY_COUNTED},
        }
        self.log.info("Reminders: %s", "quiet now" if is_quiet else summary["counts"])
        if failures:
            context["ti"].xcom_push(key="return_value", value=summary)
            # A retry would begin to count the messages of max_messages_per_run anew.
            blocked = [error for error in failures if isinstance(error, BlockedBySafety)]
            raise next(iter(blocked), None) or RemindersFailed(
                f"{len(failures)} reminders failed or their outcome is unknown; "
                "the next try finds out which were sent, and sends the others"
            )
        return summary

    def _remind(
        self,
        once: OnceOnly,
        due: list[tuple[str, str, dict[str, Any]]],
        outcomes: dict[str, list[str]],
    ) -> list[Exception]:
        failures: list[Exception] = []
        size = self.hook.settings.max_connections if due else 1
        for start in range(0, len(due), size):
            batch = due[start : start + size]
            effects = [reminder_of(kind, id_, before=before) for kind, id_, before in batch]
            results = remind_all(once, effects, [(kind, id_) for kind, id_, _ in batch])
            for (_, record_id, _), outcome in zip(batch, results, strict=True):
                if isinstance(outcome, Exception):
                    self.log.error("Reminder of %s: %s", record_id, outcome)
                    failures.append(outcome)
                outcomes.setdefault(sort_outcome(outcome), []).append(record_id)
        return failures

    def _records(self) -> Iterator[tuple[str, Reference | ReferenceRequest]]:
        from ..clients.vitay import list_reference_requests, list_references

        indexes: dict[str, Callable[[], Call[Any]]] = {
            "reference": list_references,
            "reference_request": list_reference_requests,
        }
        wanted = None if self.is_for_everybody else required("candidate_id", self.candidate_id)
        for kind in self.kinds:
            for record in self.hook.iterate(indexes[kind]()):
                owner = record.candidate.id if record.candidate else None
                if wanted in (None, owner):
                    yield kind, record


ONLY_COUNTED = ("filled", "inactive")
"""Outcomes that an account has thousands of."""


class RemindersFailed(AirflowException):
    """Some of many reminders did not get a clear answer."""


class VitayDownloadReportOperator(_Vitay):
    """Stores a PDF report. Contacts nobody.

    The file is whole or not there, and is named by the record's id:
    ``reference-<id>.pdf`` or ``candidate-<id>.pdf``. Returns its URI.

    :param record_id: id of a filled reference, or of a candidate for the report
        with all of their references (templated).
    :param folder: any object storage, such as ``s3://conn@bucket/reports`` (templated).
    :param kind: ``references`` or ``candidates``.

    Source: fact sheet section 2 row 49, section 5.1 step 6.
    """

    tells = assets.reports_stored
    template_fields = ("record_id", "folder")

    def __init__(
        self, *, record_id: str, folder: str, kind: ReportKind = "candidates", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_literal("record_id", record_id)
        check_literal("folder", folder)
        self.record_id = record_id
        self.folder = folder
        self.kind = cast("ReportKind", one_of("kind", kind, get_args(ReportKind)))

    def act(self, context: Context) -> str:
        from ..clients.vitay import download_document

        record_id = required("record_id", self.record_id)
        content = self.hook.run(download_document(self.kind, record_id))
        path = (
            ObjectStoragePath(required("folder", self.folder)) / f"{self.kind[:-1]}-{record_id}.pdf"
        )
        with written_whole(path) as file:
            file.write(content)
        self.log.info("Stored the report of %s, %d bytes", record_id, len(content))
        return str(path)

    def changed(self, result: str) -> list[dict[str, str]]:
        return [{f"{self.kind[:-1]}_id": self.record_id}]


class VitayTakeFilledReferencesOperator(_Vitay, TakeRecordsOperator):
    """Gives the references that this run was told are filled, or that are found to be.

    See :class:`.TakeRecordsOperator`: only what Vitay shows as filled is given, and each
    reference to one run of the DAG only. Contacts nobody.

    Returns a list of ``{"reference_id", "candidate_id", "filled_at", "score"}``.

    :param record_ids: ids to take besides those that events name, as a list or as text with
        commas between (templated).

    Source: fact sheet sections 5.2 and 5.6; Vitay's events are not signed.
    """

    takes = assets.references_filled

    def wait_for(self, record_id: str) -> ReferenceFilled:
        from ..clients.vitay.waits import ReferenceFilled

        return ReferenceFilled(reference_id=record_id)


class VitayTakeFilledRequestsOperator(_Vitay, TakeRecordsOperator):
    """Gives the reference requests that candidates have submitted, as events tell or show.

    See :class:`.TakeRecordsOperator`. Contacts nobody.

    Returns a list of ``{"request_id", "candidate_id"}``.

    :param record_ids: ids to take besides those that events name, as a list or as text with
        commas between (templated).

    Source: fact sheet sections 5.2 and 5.6.
    """

    takes = assets.reference_requests_filled

    def wait_for(self, record_id: str) -> ReferenceRequestFilled:
        from ..clients.vitay.waits import ReferenceRequestFilled

        return ReferenceRequestFilled(request_id=record_id)


class VitayExportOperator(_Vitay, ExportOperator):
    """Stores a whole index of Vitay. Contacts nobody; the file holds personal data.

    Returns ``{"path", "rows"}``.

    :param index: one of the calls that list, such as ``list_candidates``.
    :param path: file in any object storage (templated); it appears when it is whole.
    :param format: ``jsonl``, ``csv`` or ``parquet``; None goes by the path's extension.
    :param arguments: arguments of the call (templated).
    """

    vendor = "vitay"


def find_question_set(wanted: str | None) -> Flow[str]:
    """The id of a question set given by id or title; the account's first one for None.

    :raises ArgumentInvalid: there is none, or several with that title; lists the choices.
    """
    from ..clients.vitay import list_question_sets

    page = yield list_question_sets()
    wanted = optional(wanted)
    matches = [s for s in page.items if wanted is None or wanted in (s.id, s.title)]
    if wanted is not None and len(matches) != 1:
        choices = ", ".join(f"{s.title!r} ({s.id})" for s in page.items)
        raise ArgumentInvalid(
            f"{len(matches)} question sets are called {wanted!r}; there are {choices}"
        )
    if not matches:
        raise ArgumentInvalid("the account has no question set; make one at Vitay")
    return str(matches[0].id)
