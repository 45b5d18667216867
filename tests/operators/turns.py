"""Tasks that use Airflow's Variables turn by turn, in any order that a test likes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest
from greenlet import getcurrent  # type: ignore[import-untyped]  # it ships no types


class Variables:
    """Airflow's Variables, of which each act waits until the claimer is let go on."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, key: str, *, default: None, deserialize_json: bool) -> Any:
        wait_for_turn()
        return json.loads(self.kept[key]) if key in self.kept else default

    def set(self, key: str, value: Any, *, serialize_json: bool) -> None:
        wait_for_turn()
        self.kept[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        wait_for_turn()
        self.kept.pop(key, None)

    def keys(self, *, prefix: str) -> list[str]:
        wait_for_turn()
        return sorted(key for key in self.kept if key.startswith(prefix))


def wait_for_turn(*_: object) -> None:
    if getcurrent().parent is not None:
        getcurrent().parent.switch()


@contextmanager
def variables_of(module: ModuleType) -> Iterator[Variables]:
    """Let a module use these Variables instead of Airflow's, and nobody sleep."""
    kept = Variables()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "Variable", kept)
        patch.setattr(time, "sleep", wait_for_turn)
        yield kept
