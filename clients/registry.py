"""Every documented endpoint of every vendor, loaded when asked for."""

from __future__ import annotations

from importlib import import_module

from .calls import Endpoints

VENDORS = ("vitay", "rezi", "rezora", "rickrut", "riminder")


def endpoints_of(vendor: str) -> Endpoints:
    """All calls of ``vendor`` by name.

    :raises ValueError: no such vendor; the text lists those there are.
    """
    if vendor not in VENDORS:
        raise ValueError(f"no vendor {vendor!r}; there are {', '.join(VENDORS)}")
    endpoints: Endpoints = import_module(f".{vendor}.calls", __package__).endpoint
    return endpoints
