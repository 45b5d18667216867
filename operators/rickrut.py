"""Steps at RickRut. Each says whom it writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..assets import rickrut as assets
from ..clients.errors import Conflict
from ..hooks.rickrut import RickRutHook
from .arguments import check_literal, fingerprint, optional, required
from .base import ContactingOperator, VendorOperator
from .call import CallOperator
from .events import TakeRecordsOperator
from .links import VendorLink
from .once import Effect

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.rickrut.models import Applicant
    from ..clients.rickrut.waits import ApplicantScored


class RickRutLink(VendorLink):
    """RickRut's web application, on the same host as its API."""

    name = "RickRut"


class _RickRut(VendorOperator):
    """What RickRut's operators share.

    :param rickrut_conn_id: the Airflow connection.
    """

    hook_type = RickRutHook
    ui_color = "#e4ecf0"
    operator_extra_links = (RickRutLink(),)

    def __init__(
        self, *, rickrut_conn_id: str = RickRutHook.default_conn_name, **kwargs: Any
    ) -> None:
        super().__init__(conn_id=rickrut_conn_id, **kwargs)
        self.rickrut_conn_id = rickrut_conn_id


class RickRutOperator(_RickRut, CallOperator):
    """Makes any call of RickRut's API; ``talent calls --vendor rickrut`` lists them.

    A call with an effect happens at most once per task of a run; where its answer
    is lost nothing tells whether it happened, so ``on_unknown`` decides. Other runs
    are not asked; :class:`RickRutCreateApplicantOperator` does that.

    Returns the applicant as JSON, which holds personal data; scores are text.

    :param call: name of the call, such as ``show_applicant``.
    :param arguments: its arguments (templated).
    """

    vendor = "rickrut"


class InvitingOperator(_RickRut, ContactingOperator):
    """A step that invites somebody to an opening; subclasses say whom.

    :param opening: name of the opening, such as ``software-engineer``.
    """

    tells = assets.applicants_created
    repeats = (*ContactingOperator.repeats, Conflict)

    def __init__(self, *, opening: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_literal("opening", opening)
        self.opening = opening

    def invite(
        self, context: Context, email: str, *, first_name: str | None, last_name: str | None
    ) -> dict[str, Any]:
        """Send the invitation, once, and describe the applicant without naming them.

        :raises Conflict: the vendor has this address on this opening; nobody was invited.
        """
        from ..clients.rickrut import create_applicant

        opening = required("opening", self.opening)
        who = (email.lower(), opening.lower())
        effect = Effect(
            record=f"applicant:{fingerprint(*who)}",
            call=create_applicant(email, opening, first_name=first_name, last_name=last_name),
            describe=_describe,
            ledger=self.ledger(context, "applicant", *who),
        )
        try:
            return self.once(context).perform(effect)  # type: ignore[no-any-return]  # ours
        except Conflict as error:
            raise Conflict(
                "this address is on the opening already; the vendor does not say under which id",
                vendor=error.vendor,
                call=error.call,
                status=error.status,
                code=error.code,
            ) from None


class RickRutCreateApplicantOperator(InvitingOperator):
    """Registers an applicant on an opening: **sends the applicant an invitation**.

    The same address on the same opening is refused within ``repeat_after``, also in
    other runs. When the answer is lost nothing tells whether the invitation went out,
    since RickRut lists nobody, so ``on_unknown`` decides: ``fail`` leaves it to a
    person, ``resend`` may invite twice.

    Returns ``{"applicant_id", "opening_id", "status"}``.

    :param email_address: (templated).
    :param opening: name of the opening, such as ``software-engineer`` (templated).
    :param first_name: (templated).
    :param last_name: (templated).
    :param repeat_after: how long the same invitation is refused.
    :param repeat: invite again all the same; the vendor may refuse it still.
    :param on_repeat: ``skip`` skips the task for somebody who was invited before.
    :raises Conflict: the vendor has this address on this opening; nobody was invited.

    Source: fact sheet sections 3.1 and 6.
    """

    template_fields = ("email_address", "opening", "first_name", "last_name")

    def __init__(
        self,
        *,
        email_address: str,
        opening: str,
        first_name: str | None = None,
        last_name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(opening=opening, **kwargs)
        check_literal("email_address", email_address)
        self.email_address = email_address
        self.first_name = first_name
        self.last_name = last_name

    def act(self, context: Context) -> dict[str, Any]:
        return self.invite(
            context,
            required("email_address", self.email_address),
            first_name=optional(self.first_name),
            last_name=optional(self.last_name),
        )


class RickRutTakeScoredApplicantsOperator(_RickRut, TakeRecordsOperator):
    """Gives the applicants whose scores are there, as events tell or show.

    See :class:`.TakeRecordsOperator`; RickRut itself sends no events. Contacts nobody.

    Returns a list of ``{"applicant_id", "status", "skill_score", "adequation_score",
    "step"}``; scores are text.

    :param record_ids: ids to take besides those that events name, as a list or as text with
        commas between (templated).

    Source: fact sheet section 5.
    """

    takes = assets.applicants_scored

    def wait_for(self, record_id: str) -> ApplicantScored:
        from ..clients.rickrut.waits import ApplicantScored

        return ApplicantScored(applicant_id=record_id)


def _describe(applicant: Applicant) -> dict[str, Any]:
    return {
        "applicant_id": applicant.id,
        "opening_id": applicant.opening_id,
        "status": applicant.status,
    }
