"""Reads what callers send: tolerant of what the official clients do, strict about the rest.

Everything here raises :class:`..world.Refused` in the vendor's words, with the field's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, cast, get_args

from ..world import Refused
from .records import JSON, Stage

STAGES = get_args(Stage)
SENIORITIES = ("all", "senior", "junior")
LONGEST_ECHO = 100
MILLISECONDS_FROM = 10**11
"""No resume was received in the year 5138: such a timestamp counts milliseconds."""

TRAINING_KEYS = ("filter_reference", "stage", "stage_timestamp", "rating", "rating_timestamp")

TEXTS = ("name", "email", "phone", "summary", "address", "location")
LISTS = ("skills", "languages", "interests")
STATIONS = {
    "experiences": ("start", "end", "title", "company", "location", "description"),
    "educations": ("start", "end", "title", "school", "location", "description"),
}
URLS = ("linkedin", "twitter", "facebook", "github", "picture")


def bad(field: str, value: object, status: int = 400) -> Refused:
    """The refusal of a field's value."""
    return Refused(status, f"Bad Request. Invalid {field}: {str(value)[:LONGEST_ECHO]}")


def read_text(values: Mapping[str, Any], name: str) -> str:
    """A text; empty when it is absent, null or empty."""
    match values.get(name):
        case None:
            return ""
        case str(text):
            return text
        case other:
            raise bad(name, other)


def require_text(values: Mapping[str, Any], name: str) -> str:
    return read_text(values, name) or _missing(name)


def read_choice(
    values: Mapping[str, Any], name: str, choices: tuple[str, ...], default: str
) -> str:
    chosen = read_text(values, name) or default
    if chosen not in choices:
        raise bad(name, chosen)
    return chosen


def read_whole_number(values: Mapping[str, Any], name: str) -> int | None:
    """An integer or a numeric text; None when it is absent, null or empty."""
    match values.get(name):
        case None | "":
            return None
        case int(number) if not isinstance(number, bool):
            return number
        case str(text) if re.fullmatch(r"\s*-?\d{1,18}\s*", text):
            return int(text)
        case other:
            raise bad(name, other)


def read_moment(values: Mapping[str, Any], name: str) -> datetime | None:
    """Unix seconds, also with a fraction, as text, or in milliseconds."""
    value = values.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise bad(name, value)
    try:
        seconds = float(value)
        if seconds >= MILLISECONDS_FROM:
            seconds /= 1000
        if seconds >= MILLISECONDS_FROM:
            raise bad(name, value)
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise bad(name, value) from None


def require_moment(values: Mapping[str, Any], name: str) -> datetime:
    return read_moment(values, name) or _missing(name)


def read_stage(values: Mapping[str, Any]) -> Stage | None:
    """A stage in any case; None when it is absent, null or empty."""
    stage = read_text(values, "stage").upper()
    if stage and stage not in STAGES:
        raise bad("stage", stage)
    return cast("Stage", stage) if stage else None


def read_rating(values: Mapping[str, Any], bounds: tuple[int, int]) -> int | None:
    rating = read_whole_number(values, "rating")
    lowest, highest = bounds
    if rating is not None and not lowest <= rating <= highest:
        raise bad("rating", rating)
    return rating


def read_array(values: Mapping[str, Any], name: str) -> list[Any]:
    """A list, or a text that is the JSON of one; empty when it is absent."""
    value = values.get(name)
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise bad(name, value) from None
    if not isinstance(value, list):
        raise bad(name, value)
    return value


def read_source_ids(values: Mapping[str, Any]) -> list[str]:
    ids = read_array(values, "source_ids")
    if not ids or not all(isinstance(each, str) for each in ids):
        raise Refused(400, "Bad Request. Invalid source ids")
    return ids


def read_pairs(values: Mapping[str, Any], *names: str) -> list[JSON]:
    """The tags or metadata of a profile, under the first of some names that is there."""
    for name in names:
        if pairs := read_array(values, name):
            if not all(isinstance(pair, dict) and "name" in pair for pair in pairs):
                raise bad(name, "each has a name and a value")
            return [{"name": pair["name"], "value": pair.get("value")} for pair in pairs]
    return []


def read_training(values: Mapping[str, Any], bounds: tuple[int, int]) -> list[JSON]:
    """The feedback that comes with a profile, its numbers as numbers, its stages in capitals."""
    entries = read_array(values, "training_metadata")
    return [_read_training_entry(entry, bounds) for entry in entries]


def _read_training_entry(entry: object, bounds: tuple[int, int]) -> JSON:
    if not isinstance(entry, dict):
        raise bad("training_metadata", entry)
    for key in TRAINING_KEYS:
        if key not in entry:
            raise bad("training_metadata", f"{key} is missing")
    return {
        "filter_reference": require_text(entry, "filter_reference"),
        "stage": read_stage(entry),
        "stage_timestamp": _read_seconds(entry, "stage_timestamp"),
        "rating": read_rating(entry, bounds),
        "rating_timestamp": _read_seconds(entry, "rating_timestamp"),
    }


def _read_seconds(entry: JSON, name: str) -> int | None:
    moment = read_moment(entry, name)
    return int(moment.timestamp()) if moment else None


def read_structured(values: Mapping[str, Any], status: int) -> JSON:
    """A structured profile, its absent lists made empty; unknown fields are kept.

    :param status: the HTTP status when its content cannot be accepted.
    """
    profile = values.get("profile_json")
    if not isinstance(profile, dict):
        raise bad("profile_json", "an object is expected")
    for check in (_check_texts, _check_lists, _check_stations, _check_urls):
        if where := check(profile):
            raise bad("profile_json", where, status)
    lists: JSON = {name: [] for name in (*LISTS, *STATIONS)}
    return {**profile, **{name: profile.get(name) or empty for name, empty in lists.items()}}


def _check_texts(profile: JSON) -> str | None:
    if not (isinstance(profile.get("name"), str) and profile["name"].strip()):
        return "name"
    return _find_wrong(profile, TEXTS, _is_text) or _check_place(profile, "")


def _check_lists(profile: JSON) -> str | None:
    return _find_wrong(profile, LISTS, _are_texts)


def _check_stations(profile: JSON) -> str | None:
    for name, fields in STATIONS.items():
        stations = profile.get(name) or []
        if not isinstance(stations, list):
            return name
        for number, station in enumerate(stations):
            where = f"{name}.{number}"
            if not isinstance(station, dict):
                return where
            if wrong := _find_wrong(station, fields, _is_text):
                return f"{where}.{wrong}"
            if wrong := _check_place(station, f"{where}."):
                return wrong
    return None


def _check_urls(profile: JSON) -> str | None:
    urls = profile.get("urls") or {}
    if not isinstance(urls, dict):
        return "urls"
    wrong = _find_wrong(urls, URLS, _is_text) or _find_wrong(urls, ("from_resume",), _are_texts)
    return f"urls.{wrong}" if wrong else None


def _check_place(holder: JSON, where: str) -> str | None:
    details = holder.get("location_details") or {}
    if not isinstance(details, dict):
        return f"{where}location_details"
    wrong = _find_wrong(details, ("text", "gmaps"), _is_text)
    return f"{where}location_details.{wrong}" if wrong else None


def _find_wrong(
    holder: JSON, names: tuple[str, ...], is_right: Callable[[object], bool]
) -> str | None:
    return next((name for name in names if not is_right(holder.get(name))), None)


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _are_texts(value: object) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )


def _missing(name: str) -> NoReturn:
    raise bad(name, "missing")
