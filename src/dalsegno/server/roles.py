"""Which role each operation needs: one table, which the document of the API shows too (`x-role`).

What only reads needs `viewer`. Everything else stands here; a route that does not is a fault, and no app is made with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute

from dalsegno.errors import NotAllowed, NotKnown
from dalsegno.model.access import Role
from dalsegno.service.acting import NOBODY, Actor, actor

_READS = frozenset({"GET", "HEAD"})
#: operations that are there for everybody
OPEN = frozenset({"access_login"})
_ROLES: Mapping[Role, frozenset[str]] = {
    Role.VIEWER: frozenset(
        {"access_logout", "access_set_password", "access_create_token", "access_revoke_token"}
    ),
    Role.OPERATOR: frozenset(
        {
            "runs_create", "runs_plan", "runs_replay", "runs_plan_replay", "runs_execute", "runs_kill", "runs_pause",
            "runs_resume", "runs_label", "bulk_preview", "bulk_create", "bulk_pause", "bulk_resume", "bulk_approve",
            "bulk_abort", "blobs_lacking", "blobs_upload", "leases_read",
        }
    ),
    # who executes a run elsewhere says what its tasks have given, values that workers load among it
    Role.EDITOR: frozenset(
        {
            "flows_save", "flows_validate", "flows_deploy", "flows_update", "flows_delete", "flows_disable",
            "flows_enable", "flows_restore", "evaluating_evaluate", "entries_put", "entries_delete", "files_put_all",
            "files_put", "files_delete", "runs_delete", "leases_take", "leases_beat", "leases_commit",
            "leases_give_back",
        }
    ),
    Role.ADMIN: frozenset(
        {
            "keeping_purge", "access_users", "access_add_user", "access_set_role", "access_remove_user",
            "access_audit_log",
        }
    ),
}  # fmt: skip
_NEEDED = {operation: role for role, operations in _ROLES.items() for operation in operations}
#: what changes nothing, though it is no GET; or keeps a lease, many times a minute
UNTOLD = frozenset(
    {
        "runs_plan", "runs_plan_replay", "bulk_preview", "flows_validate", "blobs_lacking", "blobs_upload", "leases_read",
        "leases_beat", "leases_commit",
    }
)  # fmt: skip


def operation_id(route: APIRoute) -> str:
    """Name an operation after the module and the function of its route."""
    return f"{route.endpoint.__module__.rpartition('.')[2]}_{route.name}"


def role_of(operation: str, *, reads: bool) -> Role | None:
    """Give the role that an operation needs; `None` for one that is there for everybody.

    Parameters
    ----------
    reads : whether it is a GET.

    Raises
    ------
    LookupError : nobody has said which.
    """
    if operation in OPEN:
        return None
    if operation in _NEEDED:
        return _NEEDED[operation]
    if reads:
        return Role.VIEWER
    raise LookupError(f"`{operation}` has no role: say in `server/roles.py` who may do it")


def needed(route: APIRoute) -> Role | None:
    """Give the role that a route needs."""
    return role_of(operation_id(route), reads=(route.methods or set()) <= _READS)


def check_all(routers: Iterable[APIRouter]) -> None:
    """Refuse routers of which a route has no role."""
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                needed(route)


async def permit(request: Request) -> None:
    """Refuse who may not do what a route does. Every route of the API depends on it."""
    route = request.scope.get("route")
    if isinstance(route, APIRoute):
        decide(actor() or NOBODY, needed(route), f"{request.method} {request.url.path}")


def decide(who: Actor, role: Role | None, what: str) -> None:
    """Refuse who has not the role that something needs.

    Raises
    ------
    NotKnown : nobody knows who it is.
    NotAllowed : he may do less.
    """
    if role is None:
        return
    if who.door == NOBODY.door:
        raise NotKnown(f"{what} needs a login: send a token (`Authorization: Bearer ...`), or log in")
    if not who.role.covers(role):
        raise NotAllowed(f"{what} needs the role {role}, and you are {who.role}: ask an admin")
