"""How a wait ended, on its way from the triggerer to the worker that resumes the task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSensorTimeout

from ..clients import errors
from ..clients.errors import VendorError


class WaitHopeless(AirflowFailException):
    """What was waited for cannot happen any more."""


class WaitTimedOut(AirflowSensorTimeout):
    """What was waited for did not happen in time."""


class WaitInvalid(AirflowFailException):
    """The wait could not be begun, or its event is not one of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One of ``success``, ``hopeless``, ``timeout``, ``vendor_error``, ``invalid``."""

    status: str
    reason: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def success(cls, result: dict[str, Any]) -> Ending:
        """It happened."""
        return cls(status="success", result=result)

    @classmethod
    def hopeless(cls, reason: str) -> Ending:
        """It cannot happen."""
        return cls(status="hopeless", reason=reason)

    @classmethod
    def timeout(cls, reason: str) -> Ending:
        """It took too long."""
        return cls(status="timeout", reason=reason)

    @classmethod
    def invalid(cls, reason: str) -> Ending:
        """It could not be waited for."""
        return cls(status="invalid", reason=reason)

    @classmethod
    def vendor_error(cls, error: VendorError) -> Ending:
        """The vendor gave an error that looking again does not mend."""
        facts = {name: getattr(error, name) for name in ("vendor", "call", "status", "code")}
        return cls(
            status="vendor_error",
            reason=error.reason,
            error={"kind": type(error).__name__, **facts},
        )

    @classmethod
    def of_event(cls, event: object) -> Ending:
        """Read an event; whatever is not exactly an ending is invalid, never a success."""
        if isinstance(event, dict) and event.keys() <= set(cls.__dataclass_fields__):
            try:
                return cls(**event)
            except TypeError:
                pass
        return cls.invalid("the triggerer sent an event that is not the ending of a wait")

    @property
    def is_success(self) -> bool:
        """Whether it happened."""
        return self.status == "success"

    def as_event(self) -> dict[str, Any]:
        """The payload of the trigger's event."""
        return {
            "status": self.status,
            "reason": self.reason,
            "result": self.result,
            "error": self.error,
        }

    def unwrap(self) -> dict[str, Any]:
        """The result of a success.

        :raises WaitTimedOut, WaitHopeless, WaitInvalid, VendorError: for any other ending.
        """
        match self.status:
            case "success":
                return self.result
            case "timeout":
                raise WaitTimedOut(self.reason)
            case "hopeless":
                raise WaitHopeless(self.reason)
            case "vendor_error":
                facts = dict(self.error)
                kind = getattr(errors, facts.pop("kind", ""), VendorError)
                raise kind(self.reason, **facts)
        raise WaitInvalid(self.reason)
