"""Whether a wait may start in the triggerer, without a worker before it."""

from __future__ import annotations

import re
from typing import Any

RENDERED_IN_TRIGGERER = frozenset({"params", "run_id", "dag_run"})
"""What templates may read there; one that reads ``ti`` or an XCom would wait for ever."""


def can_start_in_triggerer(*values: Any) -> bool:
    """Whether all of ``values`` are literals, or templates that the triggerer renders rightly."""
    return all(_is_literal(value) or _renders_in_triggerer(value) for value in values)


def are_literal(*values: Any) -> bool:
    """Whether none of ``values`` is a template or the result of another task."""
    return all(_is_literal(value) for value in values)


def _is_literal(value: Any) -> bool:
    if isinstance(value, str):
        return not re.search(r"\{\{|\{%", value)
    return value is None or isinstance(value, (bool, int, float))


def _renders_in_triggerer(value: Any) -> bool:
    from jinja2 import Environment, TemplateSyntaxError, meta

    if not isinstance(value, str):
        return False
    try:
        names = meta.find_undeclared_variables(Environment().parse(value))  # noqa: S701  # only parsed
    except TemplateSyntaxError:
        return False
    return names <= RENDERED_IN_TRIGGERER
