"""Who gets in: whether a server has a login, by which names it may be called, and whom a request is from."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from dalsegno.errors import NotAllowed, NotKnown, Refusal
from dalsegno.model.access import Role
from dalsegno.service.acting import NOBODY, Actor
from dalsegno.service.users import LoginCases

#: the name of the cookie of a session
COOKIE = "dalsegno_session"
#: what proxies say of where a request came from
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host")
#: methods that change nothing
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


@dataclass(frozen=True, slots=True)
class Gate:
    """How a server is guarded.

    Parameters
    ----------
    login : whether it wants to know who asks; without, who reaches it may do all.
    host : the address that it listens on.
    names : by which other names it may be called.
    """

    login: bool = False
    host: str = "127.0.0.1"
    names: frozenset[str] = frozenset()

    def knows(self, host: str) -> bool:
        """Whether a `Host` header names this server, and no other name that leads here (DNS rebinding)."""
        name = host_name(host)
        if is_loopback(name) or name in {self.host.lower(), *self.names}:
            return True
        # an address is no name that somebody could have lead here
        return self.host in _ANYWHERE and _is_address(name)


def host_name(host: str) -> str:
    """Give the name in a `Host` header, without the port."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.rpartition(":")[0] or host
    return name.lower()


def is_loopback(host: str) -> bool:
    """Whether a name or an address is of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def refuse_forwarded(headers: Headers) -> None:
    """Refuse what a proxy passed on to a server without login: everybody would be the user of this machine."""
    if any(name in headers for name in _FORWARDED):
        message = "this request came through a proxy, and this server has no login"
        raise Refusal(f"{message}: start it with `--login`, or `--allowed-host NAME`", code="forwarded")


def who_asks(headers: Headers, logins: LoginCases, *, login: bool) -> Actor:
    """Find out who sends a request, by its token or its session.

    Raises
    ------
    NotKnown : the token is none of a user of this server.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found = logins.of_token(token.strip())
        if found is None:
            raise NotKnown(
                "the token is wrong, has expired or was revoked: `dalsegno token create` makes one", code="bad-token"
            )
        return Actor(*found, "token")
    session = session_of(headers)
    found = None if session is None else logins.of_session(session)
    if found is not None:
        return Actor(*found, "session")
    return NOBODY if login else Actor(None, Role.ADMIN, "local")


def session_of(headers: Headers) -> str | None:
    """Give what the cookie of a session says."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE)


def refuse_foreign(headers: Headers, who: Actor) -> None:
    """Refuse what a page of elsewhere has a browser send: a browser adds who is logged in, whoever wrote the page.

    A browser says where the page is from. Who shows a token is no such page: it could not know one.
    """
    if who.door == "token":
        return
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    own = origin is not None and origin.partition("://")[2].lower() == headers.get("host", "").lower()
    if site is not None:
        foreign = site not in ("same-origin", "none") and not own
    else:
        foreign = not own if origin is not None else who.door == "session"
    if foreign:
        message = f"this request was sent by a page of {origin or 'elsewhere'}, which may not do this"
        if site is None and origin is None:
            message = "a request with a session says which page it is of (`Origin`), and this one does not"
        raise NotAllowed(f"{message}: use the pages of this server, or a token", code="cross-site")
