"""Whether a wait may start in the triggerer, without a worker before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import ParamValidationError

RENDERED_IN_TRIGGERER = frozenset({"params", "run_id", "dag_run"})
"""What templates may read there; one that reads ``ti`` or an XCom would wait for ever."""


def can_start_in_triggerer(params: Mapping[str, Any], *values: Any) -> bool:
    """Whether all of ``values`` are literals, or templates that the triggerer renders rightly.

    :param params: of the task. One without a default ends the whole triggerer of Airflow
        3.3 when a task starts there, whatever the run gives it.
    """
    return _have_defaults(params) and all(
        _is_literal(value) or _renders_in_triggerer(value) for value in values
    )


def are_literal(*values: Any) -> bool:
    """Whether none of ``values`` is a template or the result of another task."""
    return all(_is_literal(value) for value in values)


def _have_defaults(params: Mapping[str, Any]) -> bool:
    try:
        for param in params.values():
            param.resolve()
    except ParamValidationError:
        return False
    return True


def _is_literal(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_literal(each) for each in value)
    if isinstance(value, str):
        return not re.search(r"\{\{|\{%", value)
    return value is None or isinstance(value, (bool, int, float))


def _renders_in_triggerer(value: Any) -> bool:
    from jinja2 import Environment, TemplateSyntaxError, meta

    if isinstance(value, (list, tuple)):
        return all(_is_literal(each) or _renders_in_triggerer(each) for each in value)
    if not isinstance(value, str):
        return False
    try:
        names = meta.find_undeclared_variables(Environment().parse(value))  # noqa: S701  # only parsed
    except TemplateSyntaxError:
        return False
    return names <= RENDERED_IN_TRIGGERER
