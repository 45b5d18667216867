"""Steps that need several calls, written once for tasks and triggers alike.

A flow is a generator that yields calls and is sent their results. It may yield
a list of calls, which are then sent concurrently within the connection's
limits; a call of such a list that fails comes back as the error itself, so one
bad record does not stop the others.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")

Flow = Generator[Any, Any, T]
"""``result = yield call`` or ``results = yield [call, call]``; returns a ``T``."""
