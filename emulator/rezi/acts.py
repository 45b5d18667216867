"""What people do at Rezi besides its API: the routes below ``/_emulator/rezi``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..control import act_route
from ..world import Refused
from .records import Resume, User
from .shapes import show_resume

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from . import Rezi

JSON = dict[str, Any]

USUAL_SCORE = 75


def act_routes(rezi: Rezi) -> list[BaseRoute]:
    """Score a resume, save a section of it, and many users at once."""

    def score(path: dict[str, str], body: JSON) -> JSON:
        """Rezi scores the resume; None takes the score away."""
        resume = _find(rezi, path)
        points = body.get("score", USUAL_SCORE)
        if points is not None and not (type(points) is int and 0 <= points <= 100):
            raise ValueError("the score is a whole number from 0 to 100, or null")
        resume.score = points
        return {"resumeID": resume.id, "score": resume.score}

    def save(path: dict[str, str], body: JSON) -> JSON:
        """The writer saves a section, which is the one event that is told by webhook."""
        resume = _find(rezi, path)
        section = body.get("section", "summary")
        if not isinstance(section, str) or not section:
            raise ValueError("the section is a name, as experience")
        rezi.save_section(resume, section, body.get("content", ""))
        return show_resume(resume)

    def seed(_path: dict[str, str], body: JSON) -> JSON:
        match body:
            case {"users": int(users)} if users >= 0:
                return add_old_users(rezi, users, resumes=int(body.get("resumes", 0)))
        raise ValueError('seed takes {"users": how many, "resumes": how many each}')

    return [
        act_route("/resumes/{id}/score", score),
        act_route("/resumes/{id}/save", save),
        act_route("/seed", seed),
    ]


def add_old_users(rezi: Rezi, how_many: int, *, resumes: int) -> JSON:
    """Users of the live keys with scored resumes, made a minute apart, the last one a day ago."""
    account = rezi.live
    newest = rezi.world.now() - timedelta(days=1)
    made_before = len(account.users)
    for place in range(how_many):
        number = made_before + place
        at = newest - timedelta(minutes=how_many - place - 1)
        email = f"writer.{number}@writers.test"
        user = User(id=rezi.new_id(), email=email, uid=None, created_at=at)
        account.users[user.id] = user
        for _ in range(resumes):
            resume = Resume(
                id=rezi.new_id(),
                user_id=user.id,
                updated_at=at,
                name=f"Resume of writer {number}",
                score=number % 101,
            )
            account.resumes[resume.id] = resume
    return {"users": how_many, "resumes": how_many * resumes}


def _find(rezi: Rezi, path: dict[str, str]) -> Resume:
    for account in rezi.accounts:
        if resume := account.resumes.get(path["id"]):
            return resume
    raise Refused(404, f"there is no resume with the id {path['id']}")
