"""Users, tokens, sessions and the audit log: how they are written, how they are read."""

from __future__ import annotations

import builtins
import json
from typing import TYPE_CHECKING, Any

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.access import AuditEntry, Role, Session, Token, User

if TYPE_CHECKING:
    from dalsegno.store.access_port import (
        AddToken,
        AddUser,
        BeginSession,
        ChangeUser,
        EndSession,
        NoteRequest,
        RemoveToken,
        RemoveUser,
    )
    from dalsegno.store.uses import Fetch
    from dalsegno.store.writes import Step, Transaction

_ADD_USER = (
    "INSERT INTO users (name, role, password, created) VALUES (:name, :role, :password, :created) "
    "ON CONFLICT DO NOTHING"
)
_SET_ROLE = "UPDATE users SET role = :role WHERE name = :name"
_SET_PASSWORD = "UPDATE users SET password = :password WHERE name = :name"  # noqa: S105 - no password, a statement
_REMOVE_USER = "DELETE FROM users WHERE name = :name"
# whoever changes what an admin is waits for those who do the same
_TOUCH_ADMINS = "UPDATE users SET role = role WHERE role = 'admin'"
_END_SESSIONS = 'DELETE FROM sessions WHERE "user" = :name'
_REMOVE_TOKENS = 'DELETE FROM tokens WHERE "user" = :name'
_NEW_KEY = (
    'INSERT INTO tokens (id, digest, "user", name, role, created, expires) '
    "SELECT :id, :digest, u.name, :name, :role, :created, :expires FROM users u WHERE u.name = :user"
)
_REMOVE_TOKEN = "DELETE FROM tokens WHERE id = :id"  # noqa: S105 - no token, a statement
_FORGET_SESSIONS = "DELETE FROM sessions WHERE expires < :now"
_BEGIN_SESSION = (
    'INSERT INTO sessions (digest, "user", created, expires) '
    "SELECT :digest, u.name, :created, :expires FROM users u WHERE u.name = :user"
)
_END_SESSION = "DELETE FROM sessions WHERE digest = :digest"
_ENTRY = ("at", "user", "role", "door", "address", "operation", "method", "path", "status", "detail")
_NOTE = (
    'INSERT INTO audit_log (at, "user", role, door, address, operation, method, path, status, detail) '
    "VALUES (:at, :user, :role, :door, :address, :operation, :method, :path, :status, :detail)"
)

_USER = "SELECT name, role, created FROM users WHERE name = :name"
_USERS = "SELECT name, role, created FROM users ORDER BY name"
_PASSWORD = "SELECT password FROM users WHERE name = :name"  # noqa: S105 - no password, a statement
_COLUMNS = 't.id, t."user", t.name, t.role, t.created, t.expires'
_TOKEN = (
    f"SELECT {_COLUMNS}, u.name, u.role, u.created FROM tokens t "  # noqa: S608 - its own columns
    'JOIN users u ON u.name = t."user" WHERE t.digest = :digest'
)
_TOKENS = f"SELECT {_COLUMNS} FROM tokens t ORDER BY t.created, t.id"  # noqa: S608 - its own columns
_TOKENS_OF = f'SELECT {_COLUMNS} FROM tokens t WHERE t."user" = :user ORDER BY t.created, t.id'  # noqa: S608
_SESSION = (
    's."user", s.created, s.expires, u.name, u.role, u.created '
    'FROM sessions s JOIN users u ON u.name = s."user" WHERE s.digest = :digest'
)
_AUDIT_COLUMNS = 'number, at, "user", role, door, address, operation, method, path, status, detail'
_AUDIT = f"SELECT {_AUDIT_COLUMNS} FROM audit_log WHERE number < :before"  # noqa: S608 - its own columns
_NEWEST_FIRST = " ORDER BY number DESC LIMIT :limit"
#: beyond every number
_END = 2**62


def add_user(write: AddUser) -> Step:
    """Give the step that adds a user."""
    user = write.user
    row = {"name": user.name, "role": user.role.value, "password": write.password, "created": user.created}

    def step(transaction: Transaction) -> None:
        if not transaction.change(_ADD_USER, row):
            raise MoveRefused(f"there is a user `{user.name}` already")

    return step


def change_user(write: ChangeUser) -> Step:
    """Give the step that changes a user."""

    def step(transaction: Transaction) -> None:
        admin = _found(transaction, write.name)
        if write.role is not None:
            if admin and write.role is not Role.ADMIN:
                _refuse_last(transaction, write.name)
            transaction.change(_SET_ROLE, {"name": write.name, "role": write.role.value})
        if write.password is not None:
            transaction.change(_SET_PASSWORD, {"name": write.name, "password": write.password})
            transaction.change(_END_SESSIONS, {"name": write.name})

    return step


def remove_user(write: RemoveUser) -> Step:
    """Give the step that removes a user."""

    def step(transaction: Transaction) -> None:
        if _found(transaction, write.name):
            _refuse_last(transaction, write.name)
        for statement in (_END_SESSIONS, _REMOVE_TOKENS, _REMOVE_USER):
            transaction.change(statement, {"name": write.name})

    return step


def _found(transaction: Transaction, name: str) -> bool:
    """Tell whether a user is an admin, and keep it so until the transaction ends."""
    transaction.change(_TOUCH_ADMINS, {})
    found = transaction.fetch(_USER, {"name": name})
    if not found:
        raise _no_user(name)
    return found[0][1] == Role.ADMIN.value


def _no_user(name: str) -> NotFound:
    return NotFound(f"there is no user `{name}`", code="unknown-user")


def _refuse_last(transaction: Transaction, name: str) -> None:
    admins = [row[0] for row in transaction.fetch(_USERS, {}) if row[1] == Role.ADMIN.value]
    if admins == [name]:
        raise MoveRefused(f"`{name}` is the last admin: make another user admin first")


def add_token(write: AddToken) -> Step:
    """Give the step that adds a token."""
    token = write.token
    row = {
        "id": token.id, "digest": write.digest, "user": token.user, "name": token.name, "role": token.role.value,
        "created": token.created, "expires": token.expires,
    }  # fmt: skip

    def step(transaction: Transaction) -> None:
        if not transaction.change(_NEW_KEY, row):
            raise _no_user(token.user)

    return step


def remove_token(write: RemoveToken) -> Step:
    """Give the step that removes a token."""

    def step(transaction: Transaction) -> None:
        if not transaction.change(_REMOVE_TOKEN, {"id": write.id}):
            raise NotFound(f"there is no token {write.id}", code="unknown-token")

    return step


def begin_session(write: BeginSession) -> Step:
    """Give the step that adds a session."""
    session = write.session
    row = {"digest": write.digest, "user": session.user, "created": session.created, "expires": session.expires}

    def step(transaction: Transaction) -> None:
        transaction.change(_FORGET_SESSIONS, {"now": session.created})
        if not transaction.change(_BEGIN_SESSION, row):
            raise _no_user(session.user)

    return step


def end_session(write: EndSession) -> Step:
    """Give the step that removes a session."""

    def step(transaction: Transaction) -> None:
        transaction.change(_END_SESSION, {"digest": write.digest})

    return step


def note_request(write: NoteRequest) -> Step:
    """Give the step that adds an entry to the audit log."""
    entry = write.entry
    row: dict[str, Any] = {name: getattr(entry, name) for name in _ENTRY}
    row["role"] = None if entry.role is None else entry.role.value
    row["detail"] = json.dumps(dict(entry.detail), ensure_ascii=True, separators=(",", ":"))

    def step(transaction: Transaction) -> None:
        transaction.change(_NOTE, row)

    return step


class Access:
    """Users, tokens, sessions, and what was done."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def user(self, name: str) -> User | None:
        return next((_user(*row) for row in self._fetch(_USER, {"name": name})), None)

    def users(self) -> list[User]:
        return [_user(*row) for row in self._fetch(_USERS, {})]

    def password(self, name: str) -> str | None:
        return next((row[0] for row in self._fetch(_PASSWORD, {"name": name})), None)

    def token(self, digest: str) -> tuple[Token, User] | None:
        return next(((_token(*row[:6]), _user(*row[6:])) for row in self._fetch(_TOKEN, {"digest": digest})), None)

    def tokens(self, user: str | None = None) -> builtins.list[Token]:
        found = self._fetch(_TOKENS, {}) if user is None else self._fetch(_TOKENS_OF, {"user": user})
        return [_token(*row) for row in found]

    def session(self, digest: str) -> tuple[Session, User] | None:
        found = self._fetch(f"SELECT {_SESSION}", {"digest": digest})
        return next(((Session(*row[:3]), _user(*row[3:])) for row in found), None)

    def audit(
        self, *, user: str | None = None, before: int | None = None, limit: int = 100
    ) -> builtins.list[AuditEntry]:
        where: dict[str, Any] = {"before": _END if before is None else before, "limit": limit}
        if user is None:
            found = self._fetch(_AUDIT + _NEWEST_FIRST, where)
        else:
            found = self._fetch(f'{_AUDIT} AND "user" = :user{_NEWEST_FIRST}', {**where, "user": user})
        return [_entry(*row) for row in found]


def _user(name: str, role: str, created: float) -> User:
    return User(name, Role(role), created)


def _token(id: str, user: str, name: str, role: str, created: float, expires: float | None) -> Token:
    return Token(id, user, name, Role(role), created, expires)


def _entry(*row: Any) -> AuditEntry:
    number, at, user, role, door, address, operation, method, path, status, detail = row
    known = None if role is None else Role(role)
    return AuditEntry(number, at, user, known, door, address, operation, method, path, status, json.loads(detail))
