"""Credentials that a vendor wants in the URL, added where nothing logs it any more.

httpx writes every URL to its log and puts requests into its exceptions. So what
it is given is the URL without them, and the transport below it sends another.
Further down, httpcore logs the headers of answers, and a redirect may repeat the
URL; there the secrets are masked by their names.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

LOGS_HEADERS = ("httpcore.http11", "httpcore.http2")


class SecretQueryTransport(httpx.HTTPTransport):
    """Sends every request with a query of secrets added to its own.

    :param secrets: the query.
    :param base_url: decides about the proxy, since a client with a transport of its
        own does not look for one.
    :param options: those of :class:`httpx.HTTPTransport`.
    """

    def __init__(self, secrets: Mapping[str, str], base_url: str, **options: Any) -> None:
        super().__init__(proxy=_proxy_for(base_url), **options)
        self._secrets = dict(secrets)
        _mask_in_logs(frozenset(secrets))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return super().handle_request(_with_query(request, self._secrets))


class AsyncSecretQueryTransport(httpx.AsyncHTTPTransport):
    """The same for an event loop."""

    def __init__(self, secrets: Mapping[str, str], base_url: str, **options: Any) -> None:
        super().__init__(proxy=_proxy_for(base_url), **options)
        self._secrets = dict(secrets)
        _mask_in_logs(frozenset(secrets))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await super().handle_async_request(_with_query(request, self._secrets))


class _Masked(logging.Filter):
    """Masks what a query of some names holds, wherever it stands in a line."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self._pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})=[^&\s'\"]*")

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._pattern.sub(r"\1=***", str(record.msg))
        return True


@cache
def _mask_in_logs(names: frozenset[str]) -> None:
    for logger in LOGS_HEADERS:
        logging.getLogger(logger).addFilter(_Masked(names))


def _with_query(request: httpx.Request, secrets: Mapping[str, str]) -> httpx.Request:
    return httpx.Request(
        request.method,
        httpx.URL(request.url).copy_merge_params(secrets),
        headers=request.headers,
        stream=request.stream,
        extensions=request.extensions,
    )


def _proxy_for(base_url: str) -> str | None:
    url = httpx.URL(base_url)
    proxies = getproxies()
    return None if proxy_bypass(url.host) else proxies.get(url.scheme, proxies.get("all"))
