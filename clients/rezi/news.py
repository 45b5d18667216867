"""What can be found out at Rezi without being told. Source: fact sheet section 5."""

from __future__ import annotations

from collections.abc import Collection

from ..calls import Call
from ..errors import NotFound, VendorError
from ..flows import Flow
from ..news import Ids, News
from ..singles import TOGETHER, OneByOne
from ..waits import See, Sightings
from .calls import list_resumes, list_users, show_resume
from .models import Resume


class Resumes(OneByOne):
    """Resumes, which are listed user by user."""

    def show(self, key: str) -> Call[Resume]:
        return show_resume(key)

    def sweep(self, keys: Collection[str], see: See) -> Flow[Sightings]:
        users, fault = [user.id for user in (yield list_users())], None
        for start in range(0, len(users), TOGETHER):
            lists = yield [list_resumes(user) for user in users[start : start + TOGETHER]]
            for resumes in lists:
                if not isinstance(resumes, VendorError):
                    see(resumes)
                elif not isinstance(resumes, NotFound):  # which is a user deleted meanwhile
                    fault = resumes
        if fault is not None:
            # Only now, so that one user's list does not hide those of all after it.
            raise fault
        return (yield from self.look(keys)) if keys else {}


class ResumeSaved(News):
    """A resume is new, or was saved again."""

    vendor = "rezi"
    event = "resume.section.saved"
    resource = Resumes

    @classmethod
    def mark(cls, record: Resume) -> str:
        saved_at = record.updated_at.isoformat() if record.updated_at else ""
        return f"{record.id} {saved_at}"

    @classmethod
    def ids(cls, record: Resume) -> Ids:
        return {"resume_id": record.id}
