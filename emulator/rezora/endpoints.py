"""Rezora's eight resources: what each of their methods does, in the order of its documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ..world import Refused
from .records import (
    AGENT,
    AGENTS_SHOWN,
    CONTACT,
    LIST,
    MEMBERSHIP,
    WRITABLE,
    Contact,
    Level,
    MailingList,
    Row,
    Store,
)

if TYPE_CHECKING:
    from datetime import datetime

    from . import Rezora

ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
CONTACT_TYPES = ("Hot", "Active", "Inactive", "")
LONGEST_LIST_NAME = 255

DONE: Sequence[Row] = ({"status": "200"},)

CONTAINERS = {
    "agents": ("agents", "agent"),
    "contacts": ("contacts", "contact"),
    "lists": ("lists", "list"),
    "lists/ID/contacts": ("list_contacts", "list_contact"),
}
"""The container and the item of an answer, by the collection that a resource belongs to."""


Answer = Callable[["Asked"], Iterable[Row]]
"""Gives the rows of an answer; none means that there is nothing here."""

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to a resource."""

    rezora: Rezora
    ids: Sequence[int]
    fields: Mapping[str, str]

    @property
    def store(self) -> Store:
        return self.rezora.store

    @property
    def now(self) -> datetime:
        return self.rezora.world.now()

    def contact(self, contact_id: int) -> Contact:
        return _found(self.store.contacts.get(contact_id))

    def mailing_list(self) -> MailingList:
        return _found(self.store.lists.get(self.ids[0]))


def _found(record: RecordT | None) -> RecordT:
    if record is None:
        raise Refused(404, "There is no such record")
    return record


@dataclass(frozen=True, slots=True)
class Resource:
    """One address and its methods; ``ID`` in its path stands for a number."""

    path: str
    level: Level
    columns: Sequence[str]
    methods: dict[str, Answer] = field(default_factory=dict)

    @property
    def collection(self) -> str:
        return self.path.removesuffix("/ID")

    @property
    def is_collection(self) -> bool:
        return not self.path.endswith("/ID")

    def ids_in(self, path: str) -> list[int] | None:
        """The numbers in a path, None when it is that of another resource."""
        match = re.fullmatch(self.path.replace("ID", r"(\d+)"), path)
        return [int(number) for number in match.groups()] if match else None

    def on(self, method: str) -> Callable[[Answer], Answer]:
        """Answer a method with a function."""

        def register(answer: Answer) -> Answer:
            self.methods[method] = answer
            return answer

        return register


AGENTS = Resource("agents", "company", AGENTS_SHOWN)
ONE_AGENT = Resource("agents/ID", "company", AGENT)
CONTACTS = Resource("contacts", "agent", CONTACT)
ONE_CONTACT = Resource("contacts/ID", "agent", CONTACT)
LISTS = Resource("lists", "agent", LIST)
ONE_LIST = Resource("lists/ID", "agent", LIST)
MEMBERS = Resource("lists/ID/contacts", "agent", MEMBERSHIP)
ONE_MEMBER = Resource("lists/ID/contacts/ID", "agent", MEMBERSHIP)

RESOURCES = (AGENTS, ONE_AGENT, CONTACTS, ONE_CONTACT, LISTS, ONE_LIST, MEMBERS, ONE_MEMBER)


def find_resource(path: str) -> tuple[Resource, list[int]] | None:
    """The resource at a path without an extension, and the numbers in it."""
    for resource in RESOURCES:
        ids = resource.ids_in(path)
        if ids is not None:
            return resource, ids
    return None


@AGENTS.on("GET")
def list_agents(asked: Asked) -> Iterable[Row]:
    return [{name: agent[name] for name in AGENTS_SHOWN} for agent in asked.store.agents.values()]


@ONE_AGENT.on("GET")
def show_agent(asked: Asked) -> Iterable[Row]:
    agent = asked.store.agents.get(asked.ids[0])
    return [agent] if agent else []


@CONTACTS.on("GET")
def list_contacts(asked: Asked) -> Iterable[Row]:
    return map(_contact_row(asked), list(asked.store.contacts.values()))


@CONTACTS.on("POST")
def create_contact(asked: Asked) -> Iterable[Row]:
    details = {name: asked.fields.get(name, "") for name in WRITABLE}
    _check_contact(asked, details)
    contact = asked.store.add_contact(details, asked.now)
    return [{"contact_id": str(contact.id)}]


@CONTACTS.on("DELETE")
def delete_contacts(asked: Asked) -> Iterable[Row]:
    for contact in [each for each in asked.store.contacts.values() if not each.is_self]:
        asked.store.remove_contact(contact)
    return DONE


@ONE_CONTACT.on("GET")
def show_contact(asked: Asked) -> Iterable[Row]:
    contact = asked.store.contacts.get(asked.ids[0])
    return [_contact_row(asked)(contact)] if contact else []


@ONE_CONTACT.on("PUT")
def update_contact(asked: Asked) -> Iterable[Row]:
    contact = asked.contact(asked.ids[0])
    if contact.is_self and not asked.rezora.settings.self_contact_put:
        raise Refused(400, "The self contact is that of the account")
    sent = {name: value for name, value in asked.fields.items() if name in WRITABLE}
    if not sent:
        raise Refused(400, "There is nothing to update")
    is_partial = asked.rezora.settings.put_means == "partial"
    kept = contact.row() if is_partial else dict.fromkeys(WRITABLE, "")
    details = {name: sent.get(name, kept[name]) for name in WRITABLE}
    _check_contact(asked, details, of=contact)
    asked.store.change_contact(contact, details)
    return DONE


@ONE_CONTACT.on("DELETE")
def delete_contact(asked: Asked) -> Iterable[Row]:
    contact = asked.contact(asked.ids[0])
    if contact.is_self:
        raise Refused(400, "The self contact cannot be deleted")
    asked.store.remove_contact(contact)
    return DONE


@LISTS.on("GET")
def list_lists(asked: Asked) -> Iterable[Row]:
    return [each.row() for each in asked.store.lists.values()]


@LISTS.on("POST")
def create_list(asked: Asked) -> Iterable[Row]:
    made = asked.store.add_list(_read_list_name(asked), asked.now)
    return [{"list_id": str(made.id)}]


@LISTS.on("DELETE")
def delete_lists(asked: Asked) -> Iterable[Row]:
    lists = asked.store.lists
    for each in [each for each in lists.values() if not each.is_primary_sphere]:
        del lists[each.id]
    return DONE


@ONE_LIST.on("GET")
def show_list(asked: Asked) -> Iterable[Row]:
    found = asked.store.lists.get(asked.ids[0])
    return [found.row()] if found else []


@ONE_LIST.on("PUT")
def rename_list(asked: Asked) -> Iterable[Row]:
    mailing_list = _changeable(asked.mailing_list())
    mailing_list.name = _read_list_name(asked, of=mailing_list)
    return DONE


@ONE_LIST.on("DELETE")
def delete_list(asked: Asked) -> Iterable[Row]:
    del asked.store.lists[_changeable(asked.mailing_list()).id]
    return DONE


@MEMBERS.on("GET")
def list_members(asked: Asked) -> Iterable[Row]:
    found = asked.store.lists.get(asked.ids[0])
    return [member.row() for member in found.members.values()] if found else []


@MEMBERS.on("POST")
def add_member(asked: Asked) -> Iterable[Row]:
    mailing_list = asked.mailing_list()
    contact = _read_contact(asked)
    if contact.id in mailing_list.members:
        raise Refused(400, "The contact is in this list")
    member = asked.store.add_member(mailing_list, contact, asked.now)
    return [{"contacttolist_id": str(member.id)}]


@MEMBERS.on("DELETE")
def remove_members(asked: Asked) -> Iterable[Row]:
    asked.mailing_list().members.clear()
    return DONE


@ONE_MEMBER.on("GET")
def show_member(asked: Asked) -> Iterable[Row]:
    list_id, contact_id = asked.ids
    found = asked.store.lists.get(list_id)
    member = found.members.get(contact_id) if found else None
    return [member.row()] if member else []


@ONE_MEMBER.on("DELETE")
def remove_member(asked: Asked) -> Iterable[Row]:
    members = asked.mailing_list().members
    del members[_found(members.get(asked.ids[1])).contact_id]
    return DONE


def _contact_row(asked: Asked) -> Callable[[Contact], Row]:
    if asked.rezora.settings.unsubscribe_field:
        return Contact.row

    def row(contact: Contact) -> Row:
        printed = contact.row()
        del printed["contact_unsubscribe"]
        return printed

    return row


def _check_contact(asked: Asked, details: Mapping[str, str], of: Contact | None = None) -> None:
    if not details["contact_name"].strip():
        raise Refused(400, "A contact has a name")
    if not ADDRESS.fullmatch(details["contact_email"]):
        raise Refused(400, "A contact has an e-mail address")
    if details["contact_type"] not in CONTACT_TYPES:
        raise Refused(400, "A contact is Hot, Active, Inactive or nothing")
    is_unique = asked.rezora.settings.unique_emails
    if is_unique and asked.store.has_email(details["contact_email"], but=of):
        raise Refused(400, "Another contact has this e-mail address")


def _read_list_name(asked: Asked, of: MailingList | None = None) -> str:
    name = asked.fields.get("list_name", "").strip()
    if not name or len(name) > LONGEST_LIST_NAME:
        raise Refused(400, f"A list has a name of {LONGEST_LIST_NAME} characters at most")
    taken = [each.name.lower() for each in asked.store.lists.values() if each is not of]
    if name.lower() in taken:
        raise Refused(400, "Another list has this name")
    return name


def _changeable(mailing_list: MailingList) -> MailingList:
    if mailing_list.is_primary_sphere:
        raise Refused(400, "The Primary Sphere stays as it is")
    return mailing_list


def _read_contact(asked: Asked) -> Contact:
    contact_id = asked.fields.get("contact_id", "")
    contact = asked.store.contacts.get(int(contact_id)) if contact_id.isdecimal() else None
    if contact is None:
        raise Refused(400, "There is no such contact")
    return contact
