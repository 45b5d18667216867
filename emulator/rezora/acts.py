"""What people do at Rezora besides its API: the routes below ``/_emulator/rezora``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..control import act_route
from ..world import Refused

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from . import Rezora

JSON = dict[str, Any]

MOST_SEEDED = 1_000_000


def act_routes(rezora: Rezora) -> list[BaseRoute]:
    """Unsubscribe and come back; old contacts in bulk."""

    def unsubscribe(path: dict[str, str], _body: JSON) -> JSON:
        """The person follows the link in a mail."""
        return _set_unsubscribed(path, is_unsubscribed=True)

    def subscribe(path: dict[str, str], _body: JSON) -> JSON:
        return _set_unsubscribed(path, is_unsubscribed=False)

    def _set_unsubscribed(path: dict[str, str], *, is_unsubscribed: bool) -> JSON:
        contact = rezora.store.contacts.get(int(path["id"]))
        if contact is None:
            raise Refused(404, f"there is no contact with the id {path['id']}")
        contact.is_unsubscribed = is_unsubscribed
        return contact.row()

    def seed(_path: dict[str, str], body: JSON) -> JSON:
        """So many contacts more, on no list."""
        match body:
            case {"contacts": int(how_many)} if 0 <= how_many <= MOST_SEEDED:
                add_contacts(rezora, how_many)
                return {"contacts": how_many}
        raise ValueError(f'a seed is {{"contacts": a number up to {MOST_SEEDED}}}')

    return [
        act_route("/contacts/{id:int}/unsubscribe", unsubscribe),
        act_route("/contacts/{id:int}/subscribe", subscribe),
        act_route("/seed", seed),
    ]


def add_contacts(rezora: Rezora, how_many: int) -> None:
    """Contacts of long ago, with some details, each of its own name and address."""
    store, now = rezora.store, rezora.world.now()
    made_before = len(store.contacts)
    for number in range(made_before, made_before + how_many):
        store.add_contact(
            {
                "contact_name": f"Contact {number}",
                "contact_email": f"contact.{number}@contacts.test",
                "contact_type": "Inactive",
                "contact_company": "Old Acquaintances",
                "contact_phone_mobile": f"303-555-{number:06d}",
                "contact_home_city": "Boulder",
                "contact_home_state": "CO",
            },
            now,
        )
