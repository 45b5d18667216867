"""Lists the vendors' calls, and makes one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.table import Table

from ...clients.calls import NAMED_EFFECTS, Call, Endpoint
from ...clients.errors import VendorError
from ...clients.registry import VENDORS, endpoints_of
from .failures import CommandFailed, WronglyCalled

COLOURS = {"read": "green", "write": "yellow"}


def print_calls(vendor: str | None, *, as_json: bool) -> None:
    """Print all calls, as a table or as JSON."""
    endpoints = [
        endpoint
        for each in ([vendor] if vendor else VENDORS)
        for endpoint in _endpoints(each).values()
    ]
    if as_json:
        typer.echo(json.dumps([_describe(endpoint) for endpoint in endpoints], indent=2))
        return
    table = Table("call", "effect", "what it does", box=None, pad_edge=False)
    for endpoint in endpoints:
        colour = COLOURS.get(endpoint.effect, "red")
        name = f"{endpoint.vendor} {endpoint.name}"
        table.add_row(name, f"[{colour}]{endpoint.effect}[/{colour}]", endpoint.summary)
    Console().print(table)


def make_call(
    vendor: str,
    name: str,
    arguments: Sequence[str],
    *,
    conn_id: str | None,
    allow_effect: str | None,
    is_dry_run: bool,
) -> None:
    """Make one call over an Airflow connection and print what came back.

    :raises WronglyCalled: there is no such call, or it does not take these arguments.
    :raises CommandFailed: the vendor or the connection refused.
    """
    endpoint = _endpoint(vendor, name)
    call = _prepare(endpoint, arguments)
    if is_dry_run:
        _print_request(call)
        return
    if endpoint.effect in NAMED_EFFECTS and allow_effect != endpoint.effect:
        raise WronglyCalled(
            f"{vendor} {name} has the effect {endpoint.effect}; "
            f"if you mean it, add --allow-effect {endpoint.effect}"
        )
    _print_result(_run(vendor, call, conn_id or f"{vendor}_default"))


def _describe(endpoint: Endpoint[..., Any]) -> dict[str, str]:
    return {
        "vendor": endpoint.vendor,
        "name": endpoint.name,
        "method": endpoint.method,
        "path": endpoint.path,
        "effect": endpoint.effect,
        "doc": endpoint.summary,
    }


def _endpoints(vendor: str) -> Any:
    try:
        return endpoints_of(vendor)
    except ValueError as error:
        raise WronglyCalled(str(error)) from None


def _endpoint(vendor: str, name: str) -> Endpoint[..., Any]:
    endpoints = _endpoints(vendor)
    if name not in endpoints:
        raise WronglyCalled(
            f"{vendor} has no call {name!r}; `talent calls --vendor {vendor}` lists them"
        )
    endpoint: Endpoint[..., Any] = endpoints[name]
    return endpoint


def _prepare(endpoint: Endpoint[..., Any], arguments: Sequence[str]) -> Call[Any]:
    types = get_type_hints(endpoint.__wrapped__)  # type: ignore[attr-defined]  # it is a wrapper
    texts = dict(_name_each(endpoint, arguments))
    values = {name: _read(name, text, types[name]) for name, text in texts.items()}
    try:
        call: Call[Any] = endpoint(**values)
    except (TypeError, ValueError) as error:
        raise WronglyCalled(f"{_usage(endpoint)}: {error}") from None
    return call


def _name_each(endpoint: Endpoint[..., Any], arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    free = list(endpoint.signature.parameters)
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in endpoint.signature.parameters:
            name, value = next(iter(free), ""), argument
        if name not in free:
            raise WronglyCalled(f"{_usage(endpoint)}: too many values, or one of them twice")
        free.remove(name)
        yield name, value


def _usage(endpoint: Endpoint[..., Any]) -> str:
    """How a call is written, in the way of a command's usage line."""
    shown = [
        f"{name}=…" if parameter.default is parameter.empty else f"[{name}=…]"
        for name, parameter in endpoint.signature.parameters.items()
    ]
    return " ".join(["talent call", endpoint.vendor, endpoint.name, *shown])


def _read(name: str, text: str, kind: Any) -> Any:
    if text.startswith("@"):
        return _read_file(name, Path(text[1:]), kind)
    adapter = TypeAdapter(kind)
    is_json = text.startswith(("[", "{"))
    try:
        return adapter.validate_json(text) if is_json else adapter.validate_python(text)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]["msg"]
        raise WronglyCalled(f"{name}: {problem}") from None


def _read_file(name: str, path: Path, kind: Any) -> Any:
    try:
        is_binary = bytes in (kind, *get_args(kind))
        return path.read_bytes() if is_binary else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WronglyCalled(f"{name}: cannot read the file ({type(error).__name__})") from None


def _print_request(call: Call[Any]) -> None:
    path = call.endpoint.path.format_map(call.path)
    typer.echo(f"{call.endpoint.method} {path}   effect: {call.endpoint.effect}")
    for name, value in call.query.items():
        typer.echo(f"  {name} = {value}")
    for name, text in call.form.items():
        typer.echo(f"  {name}: {text}")
    for name, (file_name, content, media_type) in call.files.items():
        size = f", {len(content)} bytes" if isinstance(content, bytes) else ""
        typer.echo(f"  {name}: {file_name}, {media_type}{size}")
    if call.json is not None:
        hidden = call.endpoint.effect == "credential"
        typer.echo("  (body hidden)" if hidden else json.dumps(call.json, indent=2))
    typer.echo("Nothing was sent.")


def _run(vendor: str, call: Call[Any], conn_id: str) -> Any:
    from .connections import ConnectionUnusable, open_hook

    try:
        hook = open_hook(vendor, conn_id)
        return hook.run(call)
    except (ConnectionUnusable, VendorError) as error:
        raise CommandFailed(str(error)) from None


def _print_result(result: Any) -> None:
    if isinstance(result, bytes):
        if os.isatty(sys.stdout.fileno()):
            raise CommandFailed(f"the result is a file of {len(result)} bytes; add > FILE")
        sys.stdout.buffer.write(result)
        return
    as_json = to_jsonable_python(result, by_alias=False)
    typer.echo(as_json if isinstance(as_json, str) else json.dumps(as_json, indent=2))
