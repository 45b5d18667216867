"""Runs the emulator, and prints what points at it."""

from __future__ import annotations

import os
import shlex
import socket

import typer

from ...emulator.app import build_world
from ...emulator.server import serve
from .failures import CommandFailed


def run_emulator(port: int) -> None:
    """Serve until somebody stops it.

    :raises CommandFailed: the port is taken.
    """
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise CommandFailed(
            f"cannot listen on port {port} ({os.strerror(error.errno or 0)}); "
            "choose another one with --port"
        ) from None
    typer.echo(
        f"The emulated vendors and Slack are at http://127.0.0.1:{port}, open it in a browser.\n"
        f"`talent emulator --port {port} --print-env` prints what points at it. Ctrl-C stops it."
    )
    serve(port)


def print_environment(port: int) -> None:
    """Print shell commands that set what points at an emulator on this port."""
    for name, value in build_world().environment(f"http://127.0.0.1:{port}").items():
        typer.echo(f"export {name}={shlex.quote(value)}")
