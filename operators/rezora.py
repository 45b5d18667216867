"""Steps at Rezora: contacts, and who is on which mailing list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from airflow.sdk.exceptions import AirflowFailException

from ..assets import rezora as assets
from ..clients.errors import InvalidRequest
from ..hooks.rezora import RezoraHook
from .arguments import (
    ArgumentInvalid,
    check_literal,
    fingerprint,
    is_template,
    optional,
    required,
)
from .base import ChangingOperator, VendorOperator
from .call import CallOperator
from .export import ExportOperator
from .once import Effect, OnceOnly

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.flows import Flow
    from ..clients.rezora.models import Contact

T = TypeVar("T")


class ContactRefused(AirflowFailException):
    """A contact is not one that this may be done to; nothing was changed."""


class _Rezora(VendorOperator):
    """What Rezora's operators share.

    :param rezora_conn_id: the Airflow connection.
    """

    hook_type = RezoraHook
    ui_color = "#f0e8e4"

    def __init__(
        self, *, rezora_conn_id: str = RezoraHook.default_conn_name, **kwargs: Any
    ) -> None:
        super().__init__(conn_id=rezora_conn_id, **kwargs)
        self.rezora_conn_id = rezora_conn_id


class RezoraOperator(_Rezora, CallOperator):
    """Makes any call of Rezora's API; ``talent calls --vendor rezora`` lists them.

    A call with an effect happens at most once per task of a run; where its answer
    is lost nothing tells whether it happened, so ``on_unknown`` decides. Whoever is
    put on a list (``add_contact_to_list``) gets the mail sent to it from then on.

    Returns the vendor's record as JSON (a list of records for an index), which may
    hold personal data.

    :param call: name of the call, such as ``rename_list``.
    :param arguments: its arguments (templated). Calls that empty a whole collection
        take ``confirm="delete all"``.
    :param allow_effect: must be ``delete`` for a call that deletes.
    """

    vendor = "rezora"


class SavingOperator(_Rezora, ChangingOperator):
    """A step that adds or updates a contact; subclasses say whose, in two attributes.

    :param contact_type: ``Hot``, ``Active``, ``Inactive``, or empty for none.
    :param details: other fields by the vendor's names.
    """

    email_address: str
    contact_name: str | None
    tells = assets.contacts_saved
    tells_if = "is_changed"

    def __init__(
        self,
        *,
        contact_type: str | None = None,
        details: Mapping[str, str | None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.contact_type = contact_type
        self.details = details
        if not is_template(contact_type):
            _check_type(contact_type)
        if isinstance(details, Mapping):
            _check_names(details)

    def save(self, context: Context) -> dict[str, Any]:
        """Save the contact, once."""
        once = self.once(context)
        effect = self._effect()
        try:
            return once.perform(effect)  # type: ignore[no-any-return]  # ours
        except InvalidRequest:
            # Somebody else may have added the same person meanwhile, who is then updated.
            again = self._effect()
            if again.call.endpoint is effect.call.endpoint:
                raise
            return once.perform(again)  # type: ignore[no-any-return]  # as above

    def _effect(self) -> Effect:
        from ..clients.rezora import create_contact, update_contact
        from ..clients.rezora.models import complete

        existing = self.hook.follow(self._find())
        changes = self._changes()
        try:
            if existing is None:
                email = {"contact_email": required("email_address", self.email_address).strip()}
                call: Any = create_contact({**changes, **email})
            else:
                call = update_contact(existing.id, complete(changes, defaults=existing.writable))
        except ValueError as error:
            raise ArgumentInvalid(str(error)) from None
        seen = {
            "contact_id": existing.id if existing else None,
            "is_saved": existing is not None and self._is_saved(existing),
        }
        return Effect(
            record=f"contact:{fingerprint(self.email_address.strip().casefold())}",
            call=call,
            describe=lambda made: {
                "contact_id": existing.id if existing else made.contact_id,
                "is_new": existing is None,
                "is_changed": True,
            },
            observe=lambda: _known(seen),
            settled=_leave_alone,
            find=self._find_saved,
        )

    def _find(self) -> Flow[Contact | None]:
        contact = yield from find_contact(required("email_address", self.email_address))
        if contact is not None and contact.is_self:
            raise ContactRefused(
                f"contact {contact.id} is the self contact, which is the agent's own account "
                "and is not changed here"
            )
        return contact

    def _find_saved(self, before: Mapping[str, Any]) -> Flow[dict[str, Any] | None]:
        contact = yield from self._find()
        if contact is None or not self._is_saved(contact):
            return None
        return {
            "contact_id": contact.id,
            "is_new": before["contact_id"] is None,
            "is_changed": True,
        }

    def _is_saved(self, contact: Contact) -> bool:
        return self._changes().items() <= contact.writable.items()

    def _changes(self) -> dict[str, str]:
        """What is to be written of an existing contact."""
        given = {
            **_check_names(self.details or {}),
            "contact_name": optional(self.contact_name),
            "contact_type": self.contact_type,
        }
        # A template writes None as text.
        changes = {n: str(value) for n, value in given.items() if value not in (None, "None")}
        _check_type(changes.get("contact_type"))
        return changes


class RezoraSaveContactOperator(SavingOperator):
    """Adds a contact, or updates the one with the same e-mail address. Puts nobody on a list.

    What is not given stays as it is; nothing is sent when nothing would change. The
    self contact, which is the agent, is refused.

    Returns ``{"contact_id", "is_new", "is_changed"}``.

    :param email_address: whatever its case; a stored address keeps its own (templated).
    :param contact_name: full name; needed for a new contact (templated).
    :param contact_type: ``Hot``, ``Active``, ``Inactive``, or empty for none (templated).
    :param details: other fields by the vendor's names, such as
        ``{"contact_phone_mobile": "303-555-1234"}``; empty text empties a field, None
        leaves it alone (templated).
    :raises ContactRefused: it is the self contact, or several contacts have the address.

    Source: fact sheet sections 7.4 and 7.5.
    """

    template_fields = ("email_address", "contact_name", "contact_type", "details")

    def __init__(
        self, *, email_address: str, contact_name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_literal("email_address", email_address)
        self.email_address = email_address
        self.contact_name = contact_name

    def act(self, context: Context) -> dict[str, Any]:
        return self.save(context)


def _check_type(contact_type: str | None) -> None:
    from ..clients.rezora.calls import ContactType

    if contact_type is not None and contact_type not in get_args(ContactType):
        raise ArgumentInvalid(
            f"contact_type must be Hot, Active, Inactive or empty, got {contact_type!r}"
        )


def _leave_alone(before: Mapping[str, Any]) -> dict[str, Any] | None:
    if not before["is_saved"]:
        return None
    return {"contact_id": before["contact_id"], "is_new": False, "is_changed": False}


def _check_names(details: Any) -> Mapping[str, Any]:
    """``details`` if all its names are of fields that are not arguments of their own."""
    from ..clients.rezora.models import WRITABLE

    own = ("contact_email", "contact_name", "contact_type")
    if not isinstance(details, Mapping):
        raise ArgumentInvalid("details must be a mapping of field names to values")
    if unknown := sorted(set(details) - set(WRITABLE) | set(details) & set(own)):
        raise ArgumentInvalid(f"details: {unknown[0]!r} is not one of {', '.join(WRITABLE[3:])}")
    return details


class RezoraAddToListOperator(_Rezora, ChangingOperator):
    """Puts a contact on a list: **from then on the person gets the mail sent to that list**.

    Sends nothing by itself. Who is on the list already is taken over. Who has
    unsubscribed is refused, and so is the self contact. A connection with
    ``allowed_recipients`` refuses everybody else.

    Returns ``{"contact_id", "list_id", "is_new"}``.

    :param mailing_list: id or name of the list, whatever the name's case (templated).
    :param contact_id: the contact; this or ``email_address`` (templated).
    :param email_address: the contact's, whatever its case (templated).
    :param create_list: make a list of that name if there is none.
    :param allow_unsubscribed: add a person who has unsubscribed all the same; they asked
        not to get mail, so have their word first.
    :param allow_self: add the self contact, so that the agent gets the mail too.
    :raises ContactRefused: unsubscribed, or the self contact, and not allowed.

    Source: fact sheet section 7.8.
    """

    tells = assets.lists_changed
    tells_if = "is_new"
    template_fields = ("mailing_list", "contact_id", "email_address")

    def __init__(
        self,
        *,
        mailing_list: str,
        contact_id: str | None = None,
        email_address: str | None = None,
        create_list: bool = False,
        allow_unsubscribed: bool = False,
        allow_self: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_literal("mailing_list", mailing_list)
        self.mailing_list = mailing_list
        self.contact_id = contact_id
        self.email_address = email_address
        self.create_list = create_list
        self.allow_unsubscribed = allow_unsubscribed
        self.allow_self = allow_self
        if not is_template(contact_id) and not is_template(email_address):
            self._check_contact_is_given()

    def act(self, context: Context) -> dict[str, Any]:
        from ..clients.rezora import add_contact_to_list

        once = self.once(context)
        contact_id = self._choose_contact()
        list_id = self._choose_list(once)
        result = {"contact_id": contact_id, "list_id": list_id}

        def observe() -> Flow[bool]:
            return (yield from _is_on_list(list_id, contact_id))

        def find(_: Any) -> Flow[dict[str, Any] | None]:
            is_there = yield from observe()
            return {**result, "is_new": True} if is_there else None

        effect = Effect(
            record=f"membership:{list_id}:{contact_id}",
            call=add_contact_to_list(list_id, contact_id),
            describe=lambda _: {**result, "is_new": True},
            observe=observe,
            settled=lambda is_there: {**result, "is_new": False} if is_there else None,
            find=find,
        )
        try:
            return once.perform(effect)  # type: ignore[no-any-return]  # ours
        except InvalidRequest:
            # Somebody else may have added the same contact meanwhile.
            if not self.hook.follow(observe()):
                raise
            return {**result, "is_new": False}

    def _choose_contact(self) -> str:
        from ..clients.rezora import show_contact

        self._check_contact_is_given()
        contact_id, email = optional(self.contact_id), optional(self.email_address)
        contact: Contact | None
        if contact_id is not None:
            contact = self.hook.run(show_contact(contact_id))
        else:
            contact = self.hook.follow(find_contact(email or ""))
        if contact is None:
            raise ArgumentInvalid("no contact has this e-mail address; save the contact first")
        if contact.is_self and not self.allow_self:
            raise ContactRefused(
                f"contact {contact.id} is the self contact, the agent; pass allow_self=True if the "
                "agent is to get the mail of this list"
            )
        if contact.is_unsubscribed and not self.allow_unsubscribed:
            raise ContactRefused(
                f"contact {contact.id} has unsubscribed and asked for no mail; pass "
                "allow_unsubscribed=True if the person wants it after all"
            )
        return str(contact.id)

    def _check_contact_is_given(self) -> None:
        given = [optional(self.contact_id), optional(self.email_address)]
        if given.count(None) != 1:
            raise ArgumentInvalid("pass either contact_id or email_address")

    def _choose_list(self, once: OnceOnly) -> str:
        from ..clients.rezora import create_list, list_lists

        wanted = required("mailing_list", self.mailing_list)
        lists = self.hook.run(list_lists())
        found = find_list(lists, wanted)
        if found is not None:
            return found
        if not self.create_list or wanted.isdecimal():
            choices = ", ".join(f"{each.list_name!r} ({each.id})" for each in lists)
            raise ArgumentInvalid(f"no list is called {wanted!r}; there are {choices}")
        effect = Effect(
            record=f"list:{fingerprint(wanted.casefold())}",
            call=create_list(wanted),
            describe=lambda made: made.list_id,
            find=lambda _: _find_list_again(wanted),
        )
        try:
            return str(once.perform(effect))
        except InvalidRequest:
            # Somebody else may have made the same list meanwhile.
            found = self.hook.follow(_find_list_again(wanted))
            if found is None:
                raise
            return found


class RezoraExportOperator(_Rezora, ExportOperator):
    """Stores a whole index of Rezora, record by record. Contacts nobody; holds personal data.

    Rezora sends an index in one piece, which is stored while it arrives.

    Returns ``{"path", "rows"}``.

    :param index: ``list_contacts``, ``list_lists``, ``list_memberships`` (with
        ``arguments={"list_id": …}``), or ``list_agents`` on a company's connection.
    :param path: file in any object storage (templated); it appears when it is whole.
    :param format: ``jsonl``, ``csv`` or ``parquet``; None goes by the path's extension.
    """

    vendor = "rezora"


def find_contact(email: str) -> Flow[Contact | None]:
    """The contact with an e-mail address, None when there is none.

    :raises ContactRefused: several contacts have it, which Rezora should not allow.
    """
    from ..clients.rezora.calls import find_contacts_by_email

    contacts: list[Contact] = yield find_contacts_by_email([email])
    others = [contact for contact in contacts if not contact.is_self]
    if len(others) > 1:
        ids = ", ".join(contact.id for contact in others)
        raise ContactRefused(f"contacts {ids} have the same e-mail address; keep one of them")
    return next(iter(others or contacts), None)


def find_list(lists: Sequence[Any], wanted: str) -> str | None:
    """The id of the list with an id or a name; an id counts for more."""
    from ..clients.rezora.calls import normal

    by_id = [each.id for each in lists if each.id == wanted]
    by_name = [each.id for each in lists if normal(each.list_name) == normal(wanted)]
    return next(iter(by_id + by_name), None)


def _find_list_again(wanted: str) -> Flow[str | None]:
    from ..clients.rezora import list_lists

    return find_list((yield list_lists()), wanted)


def _is_on_list(list_id: str, contact_id: str) -> Flow[bool]:
    from ..clients.rezora.calls import find_membership

    membership = yield from find_membership(list_id, contact_id)
    return membership is not None


def _known(value: T) -> Flow[T]:
    """What is known already, as a flow that asks for nothing."""
    yield from ()
    return value
