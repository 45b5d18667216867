"""Any call of a vendor as a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from ..clients.calls import NAMED_EFFECTS
from ..clients.registry import endpoints_of
from .arguments import ArgumentInvalid, bind, fingerprint, make_call
from .base import ChangingOperator
from .once import Effect

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.calls import Endpoint


KEPT_OUT = ("credential", "delete")
"""Effects of which nothing is kept: neither a secret, nor the record of somebody who is deleted."""


class CallOperator(ChangingOperator):
    """Makes one call, by its name. Subclasses say whose.

    Returns the vendor's record as JSON, None for calls that delete or handle credentials.
    Of a call with an effect it is kept with the task's state as well, until the run is deleted.

    :param call: name of the call.
    :param arguments: its arguments (templated).
    :param allow_effect: must name the effect of a call that deletes, handles
        credentials or acts as somebody else.
    :raises ArgumentInvalid: when the DAG is parsed: no such call, arguments that it
        does not take, an effect that is not allowed, a result that is a file.
    """

    vendor: ClassVar[str]
    template_fields = ("arguments",)

    def __init__(
        self,
        *,
        call: str,
        arguments: Mapping[str, Any] | None = None,
        allow_effect: str | None = None,
        **kwargs: Any,
    ) -> None:
        # A result may be a list or text, and the parts of a vendor's record are nobody's business.
        kwargs.setdefault("multiple_outputs", False)
        super().__init__(**kwargs)
        self.call = call
        self.arguments = dict(arguments or {})
        self.allow_effect = allow_effect
        self._check()

    def act(self, context: Context) -> Any:
        call = make_call(self._endpoint, self.arguments)
        if self._endpoint.effect == "read":
            return as_json(self.hook.run(call))
        describe = _nothing if self._endpoint.effect in KEPT_OUT else as_json
        record = f"{self.call}:{fingerprint(*map(repr, sorted(self.arguments.items())))}"
        effect = Effect(record=record, call=call, describe=describe)
        return self.once(context).perform(effect) or None

    @property
    def _endpoint(self) -> Endpoint[..., Any]:
        endpoints = endpoints_of(self.vendor)
        if self.call not in endpoints:
            raise ArgumentInvalid(
                f"{self.vendor} has no call {self.call!r}; there are {', '.join(sorted(endpoints))}"
            )
        return endpoints[self.call]

    def _check(self) -> None:
        endpoint = self._endpoint
        bind(endpoint, self.arguments)
        if endpoint.result_type is bytes:
            raise ArgumentInvalid(f"{endpoint} gives a file; use the operator that stores it")
        if endpoint.effect in NAMED_EFFECTS and self.allow_effect != endpoint.effect:
            raise ArgumentInvalid(f'{endpoint} needs allow_effect="{endpoint.effect}"')


def as_json(result: Any) -> Any:
    """A call's result as JSON: a record, a list of records for an index, text."""
    if isinstance(result, BaseModel) and "items" in type(result).model_fields:
        result = result.items  # type: ignore[attr-defined]  # the line above says so
    return to_jsonable_python(result, by_alias=False)


def _nothing(_: Any) -> dict[str, Any]:
    return {}
