"""Any call of a vendor as a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel

from ..clients.registry import endpoints_of
from .arguments import fingerprint
from .base import ChangingOperator
from .once import Effect

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ..clients.calls import Call, Endpoint

NAMED_EFFECTS = ("delete", "credential", "impersonate")
"""Effects that an author must name, so that nobody has them by mistake."""


class CallOperator(ChangingOperator):
    """Makes one call, by its name. Subclasses say whose.

    :param call: name of the call.
    :param arguments: its arguments (templated).
    :param allow_effect: must name the effect of a call that deletes, handles
        credentials or acts as somebody else.
    :raises ValueError: when the DAG is parsed: no such call, arguments that it
        does not take, an effect that is not allowed.
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
        super().__init__(**kwargs)
        self.call = call
        self.arguments = dict(arguments or {})
        self.allow_effect = allow_effect
        self._check()

    def act(self, context: Context) -> Any:
        call: Call[Any] = self._endpoint(**self.arguments)
        if self._endpoint.effect == "read":
            return as_json(self.hook.run(call))
        describe = _nothing if self._endpoint.effect == "credential" else as_json
        record = f"{self.call}:{fingerprint(*map(repr, sorted(self.arguments.items())))}"
        return self.once(context).perform(Effect(record=record, call=call, describe=describe))

    @property
    def _endpoint(self) -> Endpoint[..., Any]:
        endpoints = endpoints_of(self.vendor)
        if self.call not in endpoints:
            raise ValueError(
                f"{self.vendor} has no call {self.call!r}; there are {', '.join(sorted(endpoints))}"
            )
        return endpoints[self.call]

    def _check(self) -> None:
        endpoint = self._endpoint
        try:
            endpoint.signature.bind(**self.arguments)
        except TypeError as error:
            raise ValueError(f"arguments of {endpoint}: {error}") from None
        if endpoint.effect in NAMED_EFFECTS and self.allow_effect != endpoint.effect:
            raise ValueError(f'{endpoint} needs allow_effect="{endpoint.effect}"')


def as_json(result: Any) -> Any:
    """A call's result as JSON: a record, a list of records for a page, text.

    :raises ValueError: the result is a file; an operator of its own stores it.
    """
    if isinstance(result, bytes):
        raise ValueError("the result is a file; use the vendor's download operator")
    if isinstance(result, BaseModel):
        dumped = result.model_dump(mode="json")
        return dumped["items"] if "items" in dumped and "pagination" in dumped else dumped
    return result


def _nothing(_: Any) -> dict[str, Any]:
    return {}
