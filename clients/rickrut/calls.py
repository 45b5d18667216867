"""RickRut's two documented endpoints. Each function makes the call and sends nothing."""

from __future__ import annotations

from ..calls import Call, Endpoints, sends
from ..flows import Flow
from .models import Applicant

endpoint = Endpoints("rickrut")


@endpoint("POST", "/applicants", effect="message")
def create_applicant(
    email: str,
    opening: str,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
) -> Call[Applicant]:
    """Register an applicant on an opening: sends the applicant an invitation.

    Nothing lists applicants, so whether a lost call happened cannot be read.

    :param opening: its name, such as ``software-engineer``.
    """
    return sends(
        json={
            "email": email,
            "opening": opening,
            **({} if first_name is None else {"first_name": first_name}),
            **({} if last_name is None else {"last_name": last_name}),
        },
        recipients=lambda: _known(email),
    )


@endpoint("GET", "/applicants/{applicant_id}", effect="read")
def show_applicant(applicant_id: str) -> Call[Applicant]:
    """Read an applicant with all answers and scores."""
    return sends()


def _known(email: str) -> Flow[list[str]]:
    yield from ()
    return [email]
