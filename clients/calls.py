"""Vendor calls as values: what is asked, not how it is sent."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, update_wrapper
from string import Formatter
from typing import IO, Any, Generic, Literal, ParamSpec, TypeVar, cast, get_args, get_type_hints

from .flows import Flow

T = TypeVar("T")
P = ParamSpec("P")

Effect = Literal["read", "write", "message", "money", "delete", "credential", "impersonate"]
"""What a call does to the world. Only ``read`` is ever repeated by itself.

``message`` contacts a person, ``money`` buys something, ``credential`` handles
passwords or tokens, ``impersonate`` acts as somebody who is not the caller.
"""

NAMED_EFFECTS = ("delete", "credential", "impersonate")
"""Effects that must be named by whoever wants them, so that nobody has them by mistake."""

Upload = tuple[str, bytes | IO[bytes], str]
"""File name, content (an open file is read while it is sent), media type."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One intended request to a vendor; running it returns a ``T``.

    Made by the functions of ``clients/<vendor>/calls.py`` and sent by a hook.
    Its ``repr`` names the call and nothing of its content.
    """

    endpoint: Endpoint[..., T]
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str | int] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    recipients: Callable[[], Flow[list[str]]] | None = None
    """Finds the addresses that the vendor will write to; None means they cannot be known."""
    wanted: Callable[[Mapping[str, str]], bool] | None = None
    """Which records of an index to keep, where the vendor itself cannot search it."""

    def __repr__(self) -> str:
        return f"<Call {self.endpoint}>"

    def with_query(self, **changes: str | int) -> Call[T]:
        """The same call with some of its query replaced."""
        return replace(self, query={**self.query, **changes})

    def with_json(self, json: Any) -> Call[T]:
        """The same call with another body."""
        return replace(self, json=json)


def sends(
    *,
    json: Any = None,
    query: Mapping[str, str | int | None] | None = None,
    form: Mapping[str, str | None] | None = None,
    files: Mapping[str, Upload] | None = None,
    recipients: Callable[[], Flow[list[str]]] | None = None,
) -> Call[Any]:
    """What an endpoint's function returns: the parts that depend on its arguments.

    Values of query and form that are None are left out. A form is sent as
    multipart when there are files.
    """
    return Call(
        endpoint=cast("Endpoint[..., Any]", None),
        query={key: value for key, value in (query or {}).items() if value is not None},
        json=json,
        form={key: value for key, value in (form or {}).items() if value is not None},
        files=files or {},
        recipients=recipients,
    )


class Endpoint(Generic[P, T]):
    """A documented endpoint: calling it with the function's arguments makes a :class:`Call`."""

    def __init__(
        self,
        vendor: str,
        method: str,
        path: str,
        effect: Effect,
        function: Callable[P, Call[T]],
        *,
        is_public: bool,
        timeout: float | None,
    ) -> None:
        self.vendor = vendor
        self.method = method
        self.path = path
        self.effect = effect
        self.is_public = is_public
        self.timeout = timeout
        self.name = function.__name__
        self._function = function
        self._path_parameters = frozenset(
            name for _, name, _, _ in Formatter().parse(path) if name is not None
        )
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        values = self.signature.bind(*args, **kwargs).arguments
        path = {name: _path_value(name, values[name]) for name in self._path_parameters}
        return replace(self._function(*args, **kwargs), endpoint=self, path=path)

    def __str__(self) -> str:
        return f"{self.vendor}.{self.name}"

    @cached_property
    def signature(self) -> inspect.Signature:
        """The arguments the call takes."""
        return inspect.signature(self._function)

    @cached_property
    def result_type(self) -> Any:
        """The ``T`` of the function's ``Call[T]`` annotation."""
        (result,) = get_args(get_type_hints(self._function)["return"])
        return result

    @property
    def summary(self) -> str:
        """First line of the function's docstring."""
        return (inspect.getdoc(self._function) or "").partition("\n")[0]


def _path_value(name: str, value: object) -> str:
    text = str(value)
    if not text.strip() or text == "None":
        raise ValueError(f"{name} must not be empty")
    if text in (".", ".."):
        raise ValueError(f"{name} must be an id, got {text!r}, which means another path")
    return text


class Endpoints(Mapping[str, Endpoint[..., Any]]):
    """All endpoints of one vendor by name, and the decorator that adds one.

    :param is_public: sent without the connection's credentials.
    :param timeout: seconds, where the connection's own would be too short.
    """

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self._by_name: dict[str, Endpoint[..., Any]] = {}

    def __call__(
        self,
        method: str,
        path: str,
        *,
        effect: Effect,
        is_public: bool = False,
        timeout: float | None = None,
    ) -> Callable[[Callable[P, Call[T]]], Endpoint[P, T]]:
        def add(function: Callable[P, Call[T]]) -> Endpoint[P, T]:
            endpoint = Endpoint(
                self.vendor, method, path, effect, function, is_public=is_public, timeout=timeout
            )
            self._by_name[endpoint.name] = endpoint
            return endpoint

        return add

    def __getitem__(self, name: str) -> Endpoint[..., Any]:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)
