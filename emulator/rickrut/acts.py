"""What people do at RickRut besides its API: the routes below ``/_emulator/rickrut``."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ..control import act_route
from ..world import Refused
from .records import FIRST_OPENINGS, Account, Applicant, new_key
from .shapes import print_flat

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import BaseRoute

    from . import RickRut

JSON = dict[str, Any]

MOST_SEEDED = 100_000


def act_routes(rickrut: RickRut) -> list[BaseRoute]:
    """Remind, answer, score; applicants in bulk; accounts and keys, as in the dashboard."""

    def on_applicant(
        act: Callable[[Applicant, JSON], None],
    ) -> Callable[[dict[str, str], JSON], JSON]:
        def done(path: dict[str, str], body: JSON) -> JSON:
            applicant = find_applicant(path)
            act(applicant, body)
            return print_flat(applicant, rickrut.settings)

        return done

    def find_applicant(path: dict[str, str]) -> Applicant:
        text = path["id"]
        applicant = rickrut.store.applicants.get(int(text)) if text.isdecimal() else None
        if applicant is None:
            raise Refused(404, f"there is no applicant with the id {text}")
        return applicant

    def remind(applicant: Applicant, _body: JSON) -> None:
        rickrut.life.remind(applicant)

    def progress(applicant: Applicant, _body: JSON) -> None:
        rickrut.life.progress(applicant)

    def answer_poll(applicant: Applicant, _body: JSON) -> None:
        rickrut.life.answer_poll(applicant)

    def score(applicant: Applicant, body: JSON) -> None:
        """With ``skill`` and ``adequation``; one that is null stays open, one left out is fair."""
        if unknown := body.keys() - {"skill", "adequation"}:
            raise ValueError(f"score takes skill and adequation, not {', '.join(sorted(unknown))}")
        skill, adequation = rickrut.life.deserved(applicant)
        rickrut.life.score(
            applicant,
            _score("skill", body["skill"]) if "skill" in body else skill,
            _score("adequation", body["adequation"]) if "adequation" in body else adequation,
        )

    def seed(_path: dict[str, str], body: JSON) -> JSON:
        """Applicants of whom nobody was written to, scored or not."""
        match body:
            case {"applicants": int(how_many)} if 0 <= how_many <= MOST_SEEDED:
                opening = rickrut.store.opening(1, str(body.get("opening", FIRST_OPENINGS[0])))
            case _:
                raise ValueError('seed takes {"applicants": how many, "opening", "scored"}')
        if opening is None:
            raise ValueError(f"no such opening; there are {', '.join(FIRST_OPENINGS)}")
        life, ids = rickrut.life, []
        for _ in range(how_many):
            number = len(rickrut.store.applicants) + 1
            email = f"applicant.{number}@applicants.test"
            applicant = life.register(opening, email, "Seeded", f"Applicant {number}")
            ids.append(applicant.id)
            if body.get("scored", False):
                life.score(applicant, Decimal(number % 101), Decimal(100 - number % 101))
        return {"ids": ids}

    def add_account(_path: dict[str, str], _body: JSON) -> JSON:
        """Another customer, with openings of the same names."""
        key = new_key()
        return {"account": rickrut.store.add_account(key).id, "key": key}

    def add_key(path: dict[str, str], _body: JSON) -> JSON:
        key = new_key()
        find_account(path).keys.add(key)
        return {"key": key}

    def delete_key(path: dict[str, str], body: JSON) -> JSON:
        find_account(path).keys.discard(str(body.get("key", "")))
        return {}

    def find_account(path: dict[str, str]) -> Account:
        text = path["account"]
        account = rickrut.store.accounts.get(int(text)) if text.isdecimal() else None
        if account is None:
            raise Refused(404, f"there is no account {text}")
        return account

    return [
        act_route("/applicants/{id}/remind", on_applicant(remind)),
        act_route("/applicants/{id}/progress", on_applicant(progress)),
        act_route("/applicants/{id}/poll", on_applicant(answer_poll)),
        act_route("/applicants/{id}/score", on_applicant(score)),
        act_route("/seed", seed),
        act_route("/accounts", add_account),
        act_route("/accounts/{account}/keys", add_key),
        act_route("/accounts/{account}/keys/delete", delete_key),
    ]


def _score(name: str, value: object) -> Decimal | None:
    if value is None:
        return None
    try:
        score = Decimal(str(value))
        if 0 <= score <= 100:
            return score
    except InvalidOperation:
        pass
    raise ValueError(f"{name} is a number from 0 to 100, or null")
