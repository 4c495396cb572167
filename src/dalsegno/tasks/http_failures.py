"""What can go wrong with an HTTP request, in words: what happened, with which address, and what to do next."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from dalsegno.errors import TaskFailed, closest, did_you_mean

_SCHEMES = ("http", "https")
_SHOWN = 500

_HINTS = {
    401: "the server wants to know who asks: set `options.basicAuthUser` and `options.basicAuthPassword`, or a header",
    403: "the server does not let this user have it: check the credentials and the rights",
    404: "there is nothing at this address: check the `uri`, above all what its expressions gave",
    407: "the proxy wants a login: check the variable HTTPS_PROXY",
    410: "it was there and was taken away: check the `uri`",
    429: "the server asks to come less often: replay later",
}


def check_address(uri: str) -> str:
    """Give the address as messages show it: without user, password and query, which may hold secrets.

    Raises
    ------
    TaskFailed : it is no address of HTTP.
    """
    try:
        parts = urlsplit(uri)
        parsed = httpx.URL(uri)
        host = parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, httpx.InvalidURL) as error:
        raise _bad_address(uri.partition("?")[0], f"{error}") from None
    if parsed.scheme not in _SCHEMES:
        near = closest(parsed.scheme, _SCHEMES, limit=1) if parsed.scheme else ()
        what = (
            f"the scheme `{parsed.scheme}` is not supported{did_you_mean(near)}"
            if parsed.scheme
            else "it has no scheme"
        )
        raise _bad_address(uri.partition("?")[0], what)
    if not host:
        raise _bad_address(uri.partition("?")[0], "it names no host")
    shown = f"[{host}]" if ":" in host else host
    return f"{parsed.scheme}://{shown}{port}{parts.path}"


def _bad_address(uri: str, what: str) -> TaskFailed:
    return TaskFailed(
        f"`{uri}` is not an address of HTTP: {what.removesuffix('?')}",
        code="bad-address",
        hint="write it as `https://host/path`; check what the expressions in `uri` gave",
    )


def refused_status(address: str, response: httpx.Response) -> TaskFailed:
    """Tell of an answer that says no."""
    code = response.status_code
    temporary = "the server has a problem of its own: replay later, or give the task a `retry`"
    hint = _HINTS.get(code) or (temporary if code >= 500 else "check the request: method, headers, body")
    return TaskFailed(
        f"{address} answered {code} {response.reason_phrase}".rstrip(),
        code="http-status",
        hint=f"{hint}; `allowFailed: true` takes any answer",
        details={"status": code, "body": beginning_of(response)},
    )


def beginning_of(response: httpx.Response) -> str:
    """Give the beginning of an answer's body; nothing where it cannot be read."""
    data = b""
    try:
        for chunk in response.iter_bytes(_SHOWN):
            data += chunk
            if len(data) >= _SHOWN:
                break
    except httpx.HTTPError:
        return ""
    return data[:_SHOWN].decode(response.charset_encoding or "utf-8", "replace")


def invalid_size(address: str, got: int, expected: int | None) -> TaskFailed:
    """Tell of a body that was cut off."""
    size = f"got {got}, expected {expected}" if expected is not None else f"got {got}, and the end is missing"
    return TaskFailed(
        f"Invalid size, {size}: {address} closed the connection before the whole answer had come",
        code="body-cut-off",
        hint="replay this task; if it happens again the file on the server, or a proxy on the way, is broken",
        details={"got": got, "expected": expected},
    )


def empty_body(address: str, response: httpx.Response) -> TaskFailed:
    """Tell of an answer without a body."""
    hint = "set `failOnEmptyResponse: false` if an empty file is right"
    if response.has_redirect_location:
        hint = f"it points at {response.headers['location'].partition('?')[0]}: set `options.followRedirects: true`"
    return TaskFailed(
        f"No response from server: {address} answered {response.status_code} with an empty body",
        code="empty-body",
        hint=hint,
    )


def too_large(address: str, size: int, limit: int) -> TaskFailed:
    """Tell of a body above the flow's own limit."""
    return TaskFailed(
        f"{address} sends at least {size} bytes, and `options.maxContentLength` allows {limit}",
        code="body-too-large",
        hint="raise `options.maxContentLength` if the answer is meant to be this large, or store it with `core.http.Download`",
    )


def explain(error: httpx.HTTPError, address: str, timeouts: httpx.Timeout) -> TaskFailed:
    """Tell of a request that came to no answer."""
    if isinstance(error, httpx.TimeoutException):
        return _timed_out(error, address, timeouts)
    if isinstance(error, httpx.TooManyRedirects):
        return TaskFailed(
            f"{address} redirects more than 20 times, probably in a circle",
            code="redirect-loop",
            hint="open the address in a browser: a missing cookie or login often sends one round in circles",
        )
    if isinstance(error, httpx.ConnectError):
        return _not_connected(error, address)
    if isinstance(error, httpx.UnsupportedProtocol):
        return _bad_address(address, f"it redirects to an address that is none of HTTP ({error})")
    return TaskFailed(
        f"the request to {address} failed: {_plain(error)}",
        code="request-failed",
        hint="replay this task, or give it a `retry`",
    )


def _timed_out(error: httpx.TimeoutException, address: str, timeouts: httpx.Timeout) -> TaskFailed:
    connecting = isinstance(error, httpx.ConnectTimeout)
    name, seconds = ("connectTimeout", timeouts.connect) if connecting else ("readTimeout", timeouts.read)
    what = "the connection was not made" if connecting else "nothing came"
    return TaskFailed(
        f"{address} did not answer in time: {what} for {seconds:g} s",
        code="timeout",
        hint=f"raise `options.{name}`, or replay later",
        details={"seconds": seconds},
    )


def _not_connected(error: httpx.ConnectError, address: str) -> TaskFailed:
    causes = list(_causes(error))
    host = urlsplit(address).netloc
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        what, hint = f"the host `{host}` is not known", "check the name, and whether this machine has a network"
    elif any(isinstance(cause, ssl.SSLError) for cause in causes) or "certificate" in str(error).lower():
        what = f"the certificate of `{host}` was not accepted: {error}"
        hint = "`sslOptions.insecureTrustAllCertificates: true` takes any certificate; only where you trust the network"
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        what, hint = f"`{host}` refuses the connection", "check the port, and whether the server runs"
    else:
        what, hint = f"`{host}` cannot be reached: {_plain(error)}", "replay later"
    return TaskFailed(f"{what} (asked for {address})", code="no-connection", hint=hint)


def _plain(error: Exception) -> str:
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
