"""Users, tokens and what was done, as JSON data."""

from __future__ import annotations

from typing import Any

from dalsegno.model.access import AuditEntry, NewToken, Token, User
from dalsegno.model.times import iso


def user_as_json(user: User) -> dict[str, Any]:
    """Give a user."""
    return {"name": user.name, "role": user.role.value, "created": iso(user.created)}


def token_as_json(token: Token) -> dict[str, Any]:
    """Give what is known of a token."""
    return {
        "id": token.id, "user": token.user, "name": token.name, "role": token.role.value, "created": iso(token.created),
        "expires": iso(token.expires),
    }  # fmt: skip


def new_token_as_json(made: NewToken) -> dict[str, Any]:
    """Give a token that was just made, with what is shown this once."""
    return {**token_as_json(made.token), "secret": made.secret}


def audit_entry_as_json(entry: AuditEntry) -> dict[str, Any]:
    """Give an entry of the audit log."""
    return {
        "number": entry.number, "at": iso(entry.at), "user": entry.user,
        "role": None if entry.role is None else entry.role.value, "door": entry.door, "address": entry.address,
        "operation": entry.operation, "method": entry.method, "path": entry.path, "status": entry.status,
        "detail": dict(entry.detail),
    }  # fmt: skip
