"""From Riminder to the other vendors.

A person's name and address go from hook to hook inside one task, so that they stand
in no XCom, no rendered field and no run configuration of Airflow's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from ..hooks.riminder import RiminderHook
from .arguments import check_literal, exactly_one, is_template, required
from .base import VendorOperator
from .rezora import SavingOperator
from .rickrut import InvitingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.riminder.models import Profile


class NoAddress(AirflowFailException):
    """Riminder knows no e-mail address of a profile; nothing was done."""


class _FromRiminder(VendorOperator):
    """A step that does something with the person of a profile.

    :param source: id or name of the source that the profile is in.
    :param profile_id: or ``profile_reference``, one of the two.
    :param riminder_conn_id: the Airflow connection that the profile is read over.
    """

    template_fields: Sequence[str] = ("source", "profile_id", "profile_reference")

    def __init__(
        self,
        *,
        source: str,
        profile_id: str | None = None,
        profile_reference: str | None = None,
        riminder_conn_id: str = RiminderHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_literal("source", source)
        self.source = source
        self.profile_id = profile_id
        self.profile_reference = profile_reference
        self.riminder_conn_id = riminder_conn_id
        if not (is_template(profile_id) or is_template(profile_reference)):
            self._names()

    def read_profile(self) -> tuple[Profile, str]:
        """The profile and its address.

        :raises NoAddress: it has none, as before it is parsed.
        """
        from ..clients.riminder import show_profile
        from ..clients.riminder.lookups import find_source

        hook = RiminderHook(self.riminder_conn_id)
        try:
            source_id = hook.follow(find_source(required("source", self.source)))
            profile = hook.run(show_profile(source_id, **self._names()))
        finally:
            hook.close()
        if not profile.email:
            raise NoAddress(
                f"profile {profile.profile_id} has no e-mail address at Riminder; add it there, "
                "or clear this task once the resume is parsed"
            )
        return profile, profile.email

    def _names(self) -> dict[str, str]:
        return exactly_one(profile_id=self.profile_id, profile_reference=self.profile_reference)


class RiminderToRickRutOperator(_FromRiminder, InvitingOperator):
    """Registers the person of a profile on an opening: **sends them an invitation**.

    All that is said of :class:`.RickRutCreateApplicantOperator` holds here too, and the
    two know of each other's invitations. What stands before the last blank of the
    profile's name is sent as first name.

    Returns ``{"applicant_id", "opening_id", "status"}``.

    :param source: id or name of the source that the profile is in (templated).
    :param profile_id: (templated).
    :param profile_reference: instead of the id (templated).
    :param opening: name of RickRut's opening (templated).
    :param riminder_conn_id: the Airflow connection that the profile is read over.
    :param rickrut_conn_id: the Airflow connection.
    :param on_repeat: ``skip`` skips the task for somebody who was invited before.
    :raises NoAddress: the profile has no e-mail address; nobody was invited.
    :raises Conflict: the vendor has the address on this opening; nobody was invited.
    """

    template_fields = (*_FromRiminder.template_fields, "opening")

    def act(self, context: Context) -> dict[str, Any]:
        profile, email = self.read_profile()
        first_name, _, last_name = (profile.name or "").rpartition(" ")
        return self.invite(
            context, email, first_name=first_name or None, last_name=last_name or None
        )


class RiminderToRezoraOperator(_FromRiminder, SavingOperator):
    """Saves the person of a profile as a contact: adds it, or updates the one with the address.

    Puts nobody on a list, which is :class:`.RezoraAddToListOperator`'s to do.

    Returns ``{"contact_id", "is_new", "is_changed"}``.

    :param source: id or name of the source that the profile is in (templated).
    :param profile_id: (templated).
    :param profile_reference: instead of the id (templated).
    :param contact_type: ``Hot``, ``Active``, ``Inactive``, or empty for none (templated).
    :param details: other fields by Rezora's names (templated).
    :param riminder_conn_id: the Airflow connection that the profile is read over.
    :param rezora_conn_id: the Airflow connection.
    :raises NoAddress: the profile has no e-mail address; nothing was saved.
    :raises ContactRefused: it is the self contact, or several contacts have the address.
    """

    template_fields = (*_FromRiminder.template_fields, "contact_type", "details")

    def act(self, context: Context) -> dict[str, Any]:
        profile, self.email_address = self.read_profile()
        self.contact_name = profile.name or self.email_address
        return self.save(context)
