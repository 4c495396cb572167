"""Users, tokens and the audit log, over HTTP."""

from __future__ import annotations

from urllib.parse import quote

from dalsegno.client.http.connection import Connection
from dalsegno.model.access import AuditEntry, NewToken, Role, Token, User
from dalsegno.wire.access import audit_entry_from_json, new_token_from_json, token_from_json, user_from_json


class HttpUsers:
    """The use cases of users, as `service.users` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, name: str, role: Role | str, password: str) -> User:
        """Add a user."""
        body = {"name": name, "role": str(role), "password": password}
        return user_from_json(self._connection.post("users", body))

    def list(self) -> list[User]:
        """Give all users."""
        return [user_from_json(each) for each in self._connection.get("users")["users"]]

    def set_role(self, name: str, role: Role | str) -> User:
        """Give a user another role."""
        return user_from_json(self._connection.put(_path(name, "role"), {"role": str(role)}))

    def set_password(self, name: str, password: str, *, old: str | None = None) -> User:
        """Give a user another password."""
        return user_from_json(self._connection.put(_path(name, "password"), {"password": password, "old": old}))

    def remove(self, name: str) -> User:
        """Remove a user."""
        return user_from_json(self._connection.delete(_path(name)))


class HttpTokens:
    """The use cases of tokens, as `service.tokens` has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self, name: str, *, user: str | None = None, role: Role | str | None = None, days: float | None = None
    ) -> NewToken:
        """Make a token."""
        body = {"name": name, "user": user, "role": None if role is None else str(role), "days": days}
        return new_token_from_json(self._connection.post("tokens", body))

    def list(self, user: str | None = None) -> list[Token]:
        """Give what is known of tokens."""
        return [token_from_json(each) for each in self._connection.get("tokens", user=user)["tokens"]]

    def revoke(self, id: str) -> Token:
        """End a token."""
        return token_from_json(self._connection.delete(f"tokens/{quote(id, safe='')}"))


class HttpAudit:
    """The audit log, as `service.audit` gives it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, user: str | None = None, before: int | None = None, limit: int = 100) -> list[AuditEntry]:
        """Give entries, the newest first."""
        found = self._connection.get("audit-log", user=user, before=before, limit=limit)
        return [audit_entry_from_json(each) for each in found["entries"]]


def _path(name: str, part: str | None = None) -> str:
    path = f"users/{quote(name, safe='')}"
    return path if part is None else f"{path}/{part}"
