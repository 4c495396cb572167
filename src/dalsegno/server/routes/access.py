"""Logins, users, tokens and the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from dalsegno.model.times import iso
from dalsegno.server.doors import TheDoors, TheService
from dalsegno.server.gate import COOKIE, host_name, is_loopback, session_of
from dalsegno.server.replies import reply
from dalsegno.service.access_views import audit_entry_as_json, new_token_as_json, token_as_json, user_as_json
from dalsegno.service.acting import NOBODY, actor, author
from dalsegno.service.users import SESSION
from dalsegno.wire import access as wire

router = APIRouter(tags=["access"])


@router.post("/login", response_model=wire.LoggedIn, summary="Log in")
def login(wanted: wire.LoginWanted, request: Request, doors: TheDoors) -> Response:
    """Begin a session, for browsers: what it is known by is in a cookie that no script can read. Programs use tokens.

    After some logins that failed the next one has to wait (429, `Retry-After`).
    """
    address = request.client.host if request.client else ""
    doors.tries.begin(wanted.name, address)
    begun = doors.service.logins.begin(wanted.name, wanted.password)
    doors.tries.succeeded(wanted.name, address)
    answer = reply(
        {"name": begun.user.name, "role": begun.user.role.value, "expires": iso(begun.session.expires)},
    )
    answer.set_cookie(
        COOKIE, begun.secret, max_age=int(SESSION), path="/", httponly=True, samesite="strict", secure=_secure(request)
    )
    return answer


def _secure(request: Request) -> bool:
    """Whether a browser is to send the cookie back over HTTPS alone: everywhere but on this machine."""
    return request.url.scheme == "https" or not is_loopback(host_name(request.headers.get("host", "")))


@router.post("/logout", status_code=204, summary="Log out")
def logout(request: Request, service: TheService) -> Response:
    """End the session of this browser."""
    session = session_of(request.headers)
    if session is not None:
        service.logins.end(session)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=_secure(request))
    return answer


@router.get("/me", response_model=wire.Me, summary="Show who asks")
def me() -> Response:
    """Give the user that the server takes the request to be from, and what that may do."""
    who = actor() or NOBODY
    return reply({"name": author(), "role": who.role.value, "door": who.door})


@router.get("/users", response_model=wire.UsersShown, summary="List users")
def users(service: TheService) -> Response:
    """Give all users by name."""
    return reply({"users": [user_as_json(user) for user in service.users.list()]})


@router.post("/users", response_model=wire.UserShown, status_code=201, summary="Add a user")
def add_user(wanted: wire.UserWanted, service: TheService) -> Response:
    """Add somebody who can log in."""
    user = service.users.add(wanted.name, wanted.role, wanted.password)
    return reply(user_as_json(user), 201, {"Location": f"/api/v1/users/{user.name}"})


@router.put("/users/{name}/role", response_model=wire.UserShown, summary="Give a user another role")
def set_role(name: str, wanted: wire.RoleWanted, service: TheService) -> Response:
    """Have a user be able to do more or less, from the next request on. The last admin stays one."""
    return reply(user_as_json(service.users.set_role(name, wanted.role)))


@router.put("/users/{name}/password", response_model=wire.UserShown, summary="Give a user another password")
def set_password(name: str, wanted: wire.PasswordWanted, request: Request, doors: TheDoors) -> Response:
    """Change one's own password, or as an admin that of another. All sessions of the user end."""
    who, address = actor() or NOBODY, request.client.host if request.client else ""
    guesses = wanted.old is not None and who.name == name
    if guesses:
        doors.tries.begin(name, address)
    user = doors.service.users.set_password(name, wanted.password, old=wanted.old)
    if guesses:
        doors.tries.succeeded(name, address)
    return reply(user_as_json(user))


@router.delete("/users/{name}", response_model=wire.UserShown, summary="Remove a user")
def remove_user(name: str, service: TheService) -> Response:
    """Remove a user, with tokens and sessions. The last admin stays."""
    return reply(user_as_json(service.users.remove(name)))


@router.get("/tokens", response_model=wire.TokensShown, summary="List tokens")
def tokens(
    service: TheService, user: Annotated[str | None, Query(description="Of this user alone.")] = None
) -> Response:
    """Give what is known of tokens: one's own, for an admin those of all."""
    return reply({"tokens": [token_as_json(token) for token in service.tokens.list(user)]})


@router.post("/tokens", response_model=wire.NewTokenShown, status_code=201, summary="Make a token")
def create_token(wanted: wire.TokenWanted, service: TheService) -> Response:
    """Make a token. It is shown in this answer and never again: a hash of it is kept."""
    made = service.tokens.create(wanted.name, user=wanted.user, role=wanted.role, days=wanted.days)
    return reply(new_token_as_json(made), 201)


@router.delete("/tokens/{id}", response_model=wire.TokenShown, summary="Revoke a token")
def revoke_token(id: str, service: TheService) -> Response:
    """End a token, from the next request on. `id` may be a unique prefix."""
    return reply(token_as_json(service.tokens.revoke(id)))


@router.get("/audit-log", response_model=wire.AuditShown, summary="Read the audit log")
def audit_log(
    service: TheService,
    user: Annotated[str | None, Query(description="What this user did.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="What the page before gave as `next`.")] = None,
) -> Response:
    """Give who did what, the newest first: every request that changed something, and what was refused to somebody."""
    found = service.audit.list(user=user, before=before, limit=limit + 1)
    more = found[limit - 1].number if len(found) > limit else None
    return reply({"entries": [audit_entry_as_json(entry) for entry in found[:limit]], "next": more})
