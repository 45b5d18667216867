"""Which addresses may be trusted with a secret."""

from __future__ import annotations

import ipaddress

import httpx


def is_loopback(url: httpx.URL) -> bool:
    """Whether ``url`` leads to this machine, where nobody listens in."""
    if url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


def is_confidential(address: str) -> bool:
    """Whether what is sent to an address is read by nobody on its way there."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return (url.scheme == "https" and bool(url.host)) or (url.scheme == "http" and is_loopback(url))
