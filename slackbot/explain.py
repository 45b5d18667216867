"""The words for what goes wrong, in a sentence for the person who asked for it."""

from __future__ import annotations

from ..services.airflow_api import (
    AirflowError,
    AirflowRefusedLogin,
    AlreadyInAirflow,
    RequestRejected,
)
from . import messages
from .access import Refused
from .blocks import Message
from .desk import NoSuchRun, NoSuchWorkflow, NotNow, NotReady, NotYet
from .runs import OutcomeUnknown
from .slack_api import SlackError, TooLate
from .views import DraftTooLong
from .workflows import ValuesRefused


class ValuesDoNotFit(Exception):
    """What was typed for a workflow does not fit."""

    def __init__(self, workflow: str, refusal: ValuesRefused) -> None:
        super().__init__("the values do not fit")
        self.workflow = workflow
        self.refusal = refusal


EXPLAINED = (
    AirflowError,
    DraftTooLong,
    NoSuchRun,
    NoSuchWorkflow,
    NotNow,
    NotReady,
    NotYet,
    Refused,
    SlackError,
    ValuesDoNotFit,
)
"""Everything that may happen to somebody who did nothing wrong, and what they may do wrong."""


def explain(error: Exception, workflow: str = "It") -> Message:
    """What to tell the person.

    :param error: One of :data:`EXPLAINED`.
    :param workflow: The name of the workflow that was asked for.
    """
    match error:
        case Refused():
            return messages.refused(str(error))
        case NoSuchWorkflow():
            return messages.unknown_workflow(error.typed, error.nearest)
        case NotReady():
            return messages.not_started(error.dag.dag_display_name, str(error))
        case NoSuchRun():
            return messages.no_such_run()
        case NotNow():
            return messages.not_now(str(error))
        case ValuesDoNotFit():
            refusal = error.refusal
            return messages.unfit_values(error.workflow, refusal.problems, refusal.example)
        case NotYet():
            return messages.not_yet(error.moment)
        case DraftTooLong():
            return messages.draft_too_long()
        case AlreadyInAirflow():
            return messages.already_started(workflow)
        case RequestRejected():
            return messages.not_started(workflow, str(error))
        case OutcomeUnknown():
            return messages.perhaps_started(workflow)
        case AirflowRefusedLogin():
            return messages.refused(
                "Airflow does not accept my login. Please tell those who run this app."
            )
        case AirflowError():
            return messages.refused(str(error))
        case TooLate():
            return messages.form_expired()
        case _:
            return messages.refused("Slack does not do what I ask it to, please try again")
