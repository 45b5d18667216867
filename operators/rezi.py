"""Steps at Rezi. One of them costs money and says so."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import ObjectStoragePath
from airflow.sdk.log import mask_secret

from ..assets import rezi as assets
from ..clients.errors import (
    AuthenticationFailed,
    BlockedBySafety,
    InvalidRequest,
    OutcomeUnknown,
    UnexpectedAnswer,
    VendorError,
)
from ..hooks.base import ConnectionInvalid
from ..hooks.rezi import ReziHook
from .arguments import check_literal, fingerprint, optional, required
from .base import ChangingOperator, ContactingOperator, VendorOperator
from .call import CallOperator
from .export import ExportOperator
from .ledger import Ledger, ledger_key, owner_of
from .links import VendorLink, start_page
from .once import Effect, EffectUnknown
from .storage import written_whole

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.flows import Flow
    from ..clients.rezi.models import Upgrade, User, UserToken
    from ..clients.rezi.settings import ReziSettings

SIGN_IN_AGAIN_AFTER = 1.0
"""Seconds after a lost answer before a user is signed in once more."""

USABLE_UNTIL = 300
"""Seconds before its end at which a user's token counts as over."""


class ReziLink(VendorLink):
    """The web application that users sign in to, where the connection says where it is."""

    name = "Rezi"

    def page(self, settings: ReziSettings) -> str:
        return start_page(settings.sign_in_url)


class _Rezi(VendorOperator):
    """What Rezi's operators share.

    :param rezi_conn_id: the Airflow connection.
    """

    hook_type = ReziHook
    hook: ReziHook
    ui_color = "#f3ead9"
    operator_extra_links = (ReziLink(),)

    def __init__(self, *, rezi_conn_id: str = ReziHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(conn_id=rezi_conn_id, **kwargs)
        self.rezi_conn_id = rezi_conn_id


class ReziOperator(_Rezi, CallOperator):
    """Makes any call of Rezi's API; ``talent calls --vendor rezi`` lists them.

    A call with an effect happens at most once per task of a run; where its answer
    is lost nothing tells whether it happened, so ``on_unknown`` decides. Other runs
    are not asked: to buy plans, take :class:`ReziUpgradePlanOperator`.

    Returns the vendor's record as JSON (a list of records for an index), which may
    hold personal data, and None for calls that handle tokens.

    :param call: name of the call, such as ``show_resume``.
    :param arguments: its arguments (templated).
    :param allow_effect: must be ``credential`` for a call that handles tokens.
    """

    vendor = "rezi"


class ReziEnsureUserOperator(_Rezi):
    """Makes sure that somebody is a user: creates them on first use. Contacts nobody.

    Rezi signs in whoever is a user already, so doing it again changes nothing, and
    a lost answer is simply asked for again. The user's ``uid``, which is their
    password, is an HMAC of the e-mail under the connection's ``uid_secret``.
    **Changing that secret locks out every user made with it.**

    Returns ``{"user_id"}``; with ``sign_in_link`` also ``sign_in_link`` and
    ``valid_until``. Such a link signs in as the user for most of an hour whoever
    opens it, so it is left out unless asked for; whoever reads XComs can use it.

    :param email_address: (templated).
    :param sign_in_link: return a link too, made from the connection's ``sign_in_url``.
    :raises ConnectionInvalid: no ``uid_secret``, or no ``sign_in_url`` for a link.
    :raises AuthenticationFailed: the key is wrong, or the user has another ``uid``.

    Source: fact sheet section 4.1.
    """

    template_fields = ("email_address",)

    def __init__(self, *, email_address: str, sign_in_link: bool = False, **kwargs: Any) -> None:
        # So that the next task can take one part: ensure.output["user_id"].
        kwargs.setdefault("multiple_outputs", True)
        super().__init__(**kwargs)
        check_literal("email_address", email_address)
        self.email_address = email_address
        self.sign_in_link = sign_in_link

    def act(self, context: Context) -> dict[str, Any]:
        template = self._sign_in_url() if self.sign_in_link else ""
        signed_in = self._sign_in(required("email_address", self.email_address))
        mask_secret(signed_in.token)
        user_id = signed_in.user_id or self._named_in(signed_in)
        return {"user_id": user_id, **(_link_of(template, signed_in) if template else {})}

    def _sign_in(self, email: str) -> UserToken:
        from ..clients.rezi import create_user_token

        call = create_user_token(email, self.hook.uid_of(email))
        try:
            return self.hook.run(call)
        except OutcomeUnknown as error:
            self.log.warning("%s; signing in again, which does nothing twice", error)
            time.sleep(SIGN_IN_AGAIN_AFTER)
            return self.hook.run(call)
        except AuthenticationFailed as error:
            raise _explained(
                error,
                "the key was refused, or the user was made with another uid: has the "
                "connection's uid_secret changed since?",
            ) from None

    def _named_in(self, signed_in: UserToken) -> str:
        """The user whom an answer names only inside the token, which nobody has verified."""
        from ..clients.rezi import show_user
        from ..clients.rezi.tokens import claims_of

        hint = claims_of(signed_in.token).get("uid")
        user = self.hook.run(show_user(required("the user's id in Rezi's answer", hint)))
        if as_address(user.email or self.email_address) != as_address(self.email_address):
            raise UnexpectedAnswer(
                "the answer names another user than the one signed in", vendor="rezi"
            )
        return user.id

    def _sign_in_url(self) -> str:
        template = self.hook.settings.sign_in_url
        if not template:
            raise ConnectionInvalid(
                f"connection {self.conn_id}: a link needs sign_in_url, with {{token}} in it"
            )
        return template


def _explained(error: VendorError, reason: str) -> VendorError:
    """The same error with a reason that says what to do about it here."""
    return type(error)(
        reason, vendor=error.vendor, call=error.call, status=error.status, code=error.code
    )


def _link_of(template: str, signed_in: UserToken) -> dict[str, str | None]:
    from ..clients.rezi.tokens import claims_of

    link = template.replace("{token}", quote(signed_in.token, safe=""))
    ends = claims_of(signed_in.token).get("exp")
    until = ends - USABLE_UNTIL if isinstance(ends, int) else None
    return {"sign_in_link": link, "valid_until": _as_iso(until)}


def _as_iso(seconds: int | None) -> str | None:
    """Unix time for people; None for none, and for what cannot be one."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        return None


class ReziFindPurchasesOperator(_Rezi):
    """Says what somebody has already, for whoever is to approve a purchase. Contacts nobody.

    Returns ``{"is_user", "plan_id", "purchases": [{"plan_id", "at", "by"}]}``: the
    plan that Rezi shows now, and what :class:`ReziUpgradePlanOperator` has bought
    for them in any run of this Airflow, or may have bought, oldest first.

    :param email_address: (templated).
    :param plan_id: the plan that is to be bought; looked for besides the
        connection's ``allowed_plans`` (templated).
    :raises BlockedBySafety: the connection does not allow the plan, so nobody needs
        to be asked.
    """

    template_fields = ("email_address", "plan_id")

    def __init__(self, *, email_address: str, plan_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_literal("email_address", email_address)
        check_literal("plan_id", plan_id)
        self.email_address = email_address
        self.plan_id = plan_id

    def act(self, context: Context) -> dict[str, Any]:
        email = required("email_address", self.email_address)
        plan_id = required("plan_id", self.plan_id)
        settings = self.hook.settings
        if reason := settings.forbids_plan(plan_id):
            raise BlockedBySafety(f"{plan_id} is not to be bought, because {reason}", vendor="rezi")
        purchases = [
            {"plan_id": plan, "at": claim["at"], "by": claim["owner"]}
            for plan in dict.fromkeys((plan_id, *settings.allowed_plans))
            for claim in self._ledger(context, email, plan).others()
        ]
        user = self._find_user(email)
        return {
            "is_user": user is not None,
            "plan_id": user.plan_id if user else None,
            "purchases": sorted(purchases, key=lambda purchase: purchase["at"]),
        }

    def _ledger(self, context: Context, email: str, plan_id: str) -> Ledger:
        key = ledger_key(self.hook.settings, *purchase_of(email, plan_id))
        return Ledger(key=key, owner=owner_of(context), repeat_after=timedelta(0))

    def _find_user(self, email: str) -> User | None:
        from ..clients.rezi import list_users

        users = self.hook.iterate(list_users())
        wanted = as_address(email)
        return next((user for user in users if as_address(user.email or "") == wanted), None)


class ReziUpgradePlanOperator(_Rezi, ContactingOperator):
    """Buys a plan for somebody who is a user: **the connection's owner is billed**.

    The call is sent once and never repeated by itself. When its answer is lost the
    task fails and says so, since Rezi does not show what was bought: look at its
    invoice, then mark the task as success, or clear it with ``on_unknown="resend"``.
    The same plan for the same user is refused within ``repeat_after``, also in
    other runs.

    Returns ``{"plan_id", "status", "period_end"}``: the plan that is active now, the
    subscription's state, and the end of what is paid as ISO 8601, None for life.

    :param email_address: of the user (templated).
    :param plan_id: from Rezi's account manager (templated).
    :param ai_token_id: AI credits to add, from the account manager (templated).
    :param user_id: needed only where the connection's ``upgrade_path`` names the user
        (templated).
    :param repeat_after: how long the same purchase is refused.
    :param repeat: buy it again all the same.
    :raises BlockedBySafety: the connection's ``allowed_plans`` have no such plan, or
        another of its settings forbids it; nothing was sent.
    :raises InvalidRequest: there is no such user or plan; nothing was bought.
    :raises EffectUnknown: it may have been bought or not.
    :raises SentLately: it was bought before.

    Source: fact sheet section 4.3.
    """

    tells = assets.plans_upgraded
    template_fields = ("email_address", "plan_id", "ai_token_id", "user_id")

    def __init__(
        self,
        *,
        email_address: str,
        plan_id: str,
        ai_token_id: str | None = None,
        user_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_literal("email_address", email_address)
        check_literal("plan_id", plan_id)
        self.email_address = email_address
        self.plan_id = plan_id
        self.ai_token_id = ai_token_id
        self.user_id = user_id

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.rezi import upgrade_plan

        email = required("email_address", self.email_address)
        plan_id = required("plan_id", self.plan_id)
        effect = Effect(
            record=f"upgrade:{plan_id}:{fingerprint(as_address(email))}",
            call=upgrade_plan(
                email,
                plan_id,
                ai_token_id=optional(self.ai_token_id),
                user_id=optional(self.user_id),
            ),
            describe=self._describe,
            ledger=self.ledger(context, *purchase_of(email, plan_id)),
        )
        try:
            return self.once(context).perform(effect)  # type: ignore[no-any-return]  # ours
        except InvalidRequest as error:
            raise _explained(
                error,
                "nothing was bought: the user must exist (ReziEnsureUserOperator makes one) and "
                "the ids of plan and credits be those that Rezi's account manager gave",
            ) from None
        except OutcomeUnknown as error:
            # Not for Airflow to retry: only who clears the task buys again.
            raise EffectUnknown(
                f"{error}; look at Rezi's invoice, then mark the task as success, or clear it "
                'with on_unknown="resend"'
            ) from None

    def _describe(self, upgrade: Upgrade) -> dict[str, Any]:
        return {
            "plan_id": upgrade.plan_id or self.plan_id,
            "status": upgrade.status,
            "period_end": _as_iso(upgrade.current_period_end),
        }

    def changed(self, result: Mapping[str, Any]) -> list[dict[str, str]]:
        user_id = optional(self.user_id)
        return [{"plan_id": result["plan_id"], **({"user_id": user_id} if user_id else {})}]


class ReziCreateResumeOperator(_Rezi, ChangingOperator):
    """Makes a resume for a user. Contacts nobody.

    When the answer is lost, the user's resumes are compared with those before: a
    new one of this name is taken over.

    Returns ``{"resume_id", "user_id"}``.

    :param user_id: (templated).
    :param name: of the resume; tells it from the user's others (templated).
    :param job_title: (templated).
    :param job_description: (templated).
    :param job_company: (templated).
    :param template: (templated).
    :param data: the sections, as free JSON (templated).

    Source: fact sheet section 5; the body is not documented by the vendor.
    """

    tells = assets.resumes_created
    template_fields = (
        "user_id",
        "name",
        "job_title",
        "job_description",
        "job_company",
        "template",
        "data",
    )

    def __init__(
        self,
        *,
        user_id: str,
        name: str,
        job_title: str | None = None,
        job_description: str | None = None,
        job_company: str | None = None,
        template: str | None = None,
        data: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_literal("user_id", user_id)
        check_literal("name", name)
        self.user_id = user_id
        self.name = name
        self.job_title = job_title
        self.job_description = job_description
        self.job_company = job_company
        self.template = template
        self.data = data

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.rezi import create_resume

        self.user_id = required("user_id", self.user_id)
        self.name = required("name", self.name)
        effect = Effect(
            record=f"resume:{self.user_id}:{fingerprint(self.name)}",
            call=create_resume(
                self.user_id,
                name=self.name,
                job_title=optional(self.job_title),
                job_description=optional(self.job_description),
                job_company=optional(self.job_company),
                template=optional(self.template),
                data=self.data,
            ),
            describe=lambda resume: self._describe(resume.id),
            observe=self._resumes,
            find=self._find,
        )
        return self.once(context).perform(effect)  # type: ignore[no-any-return]  # ours

    def _describe(self, resume_id: str) -> dict[str, Any]:
        return {"resume_id": resume_id, "user_id": self.user_id}

    def _resumes(self) -> Flow[list[str]]:
        from ..clients.rezi import list_resumes

        return [resume.id for resume in (yield list_resumes(self.user_id))]

    def _find(self, before: list[str]) -> Flow[dict[str, Any] | None]:
        from ..clients.rezi import list_resumes

        for resume in (yield list_resumes(self.user_id)):
            if resume.id not in before and resume.name in (None, self.name):
                return self._describe(resume.id)
        return None


class ReziDownloadResumeOperator(_Rezi):
    """Stores a resume as PDF. Contacts nobody.

    The file is whole or not there, and is named by the resume's id:
    ``resume-<id>.pdf``. Returns its URI.

    :param resume_id: (templated).
    :param folder: any object storage, such as ``s3://conn@bucket/resumes`` (templated).

    Source: fact sheet section 5, `GET /resume/{resumeID}/download`.
    """

    template_fields = ("resume_id", "folder")

    def __init__(self, *, resume_id: str, folder: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_literal("resume_id", resume_id)
        check_literal("folder", folder)
        self.resume_id = resume_id
        self.folder = folder

    def act(self, context: Context) -> str:
        from ..clients.rezi import download_resume

        resume_id = required("resume_id", self.resume_id)
        folder = ObjectStoragePath(required("folder", self.folder))
        content = self.hook.run(download_resume(resume_id))
        path = folder / f"resume-{quote(resume_id, safe='')}.pdf"
        with written_whole(path) as file:
            file.write(content)
        self.log.info("Stored resume %s, %d bytes", resume_id, len(content))
        return str(path)


class ReziExportUsersOperator(_Rezi, ExportOperator):
    """Stores all users, row by row. Contacts nobody; holds personal data.

    Returns ``{"path", "rows"}``.

    :param path: file in any object storage (templated); it appears when it is whole.
    :param format: ``jsonl`` or ``csv``; None goes by the path's extension.
    """

    vendor = "rezi"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(index="list_users", **kwargs)


def purchase_of(email: str, plan_id: str) -> tuple[str, str, str]:
    """What a purchase is called in the ledger."""
    return ("upgrade", as_address(email), plan_id)


def as_address(email: str) -> str:
    """An e-mail address as Rezi compares it."""
    return email.strip().lower()
