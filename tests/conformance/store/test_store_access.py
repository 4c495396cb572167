"""Users, tokens, sessions and the audit log: kept, changed, ended, and who may not be removed."""

from __future__ import annotations

from typing import Any

import pytest

from dalsegno.errors import MoveRefused, NotFound
from dalsegno.model.access import AuditEntry, Role, Session, Token, User
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
from dalsegno.store.port import Store

ANN, BOB = User("ann", Role.ADMIN, 10.0), User("bob", Role.VIEWER, 11.0)
TOKEN = Token("t-1", "ann", "for é scripts", Role.EDITOR, 12.0, 99.5)


@pytest.fixture(autouse=True)
def people(store: Store) -> None:
    store.commit(None, [AddUser(ANN, "hash of ann"), AddUser(BOB, "hash of bob")])


def an_entry(**rest: Any) -> AuditEntry:
    given: dict[str, Any] = {
        "number": 0, "at": 20.0, "user": "ann", "role": Role.ADMIN, "door": "token", "address": "127.0.0.1",
        "operation": "runs_create", "method": "POST", "path": "/api/v1/runs", "status": 201, "detail": {"run": "é"}, **rest,
    }  # fmt: skip
    return AuditEntry(**given)


def test_users_come_back_by_name_and_their_hashes_apart(store: Store, other: Store) -> None:
    assert other.access.users() == [ANN, BOB]
    assert other.access.user("bob") == BOB
    assert other.access.user("Bob") is None
    assert other.access.password("bob") == "hash of bob"
    assert other.access.password("eve") is None
    with pytest.raises(MoveRefused, match="there is a user `bob` already"):
        store.commit(None, [AddUser(User("bob", Role.ADMIN, 12.0), "x")])
    assert store.access.password("bob") == "hash of bob"


def test_another_role_holds_and_another_password_ends_the_sessions(store: Store) -> None:
    store.commit(
        None, [BeginSession(Session("bob", 10.0, 99.0), "s-1"), BeginSession(Session("ann", 10.0, 99.0), "s-2")]
    )
    store.commit(None, [ChangeUser("bob", role=Role.OPERATOR)])
    assert store.access.session("s-1") == (Session("bob", 10.0, 99.0), User("bob", Role.OPERATOR, 11.0))
    store.commit(None, [ChangeUser("bob", password="another")])
    assert store.access.password("bob") == "another"
    assert store.access.session("s-1") is None
    assert store.access.session("s-2") is not None
    with pytest.raises(NotFound, match="there is no user `eve`"):
        store.commit(None, [ChangeUser("eve", role=Role.ADMIN)])


def test_the_last_admin_stays_one(store: Store) -> None:
    for write in (RemoveUser("ann"), ChangeUser("ann", role=Role.EDITOR)):
        with pytest.raises(MoveRefused, match="`ann` is the last admin: make another user admin first"):
            store.commit(None, [write])
    store.commit(None, [ChangeUser("ann", role=Role.ADMIN), ChangeUser("bob", role=Role.ADMIN), RemoveUser("ann")])
    assert [user.name for user in store.access.users()] == ["bob"]


def test_a_user_goes_with_tokens_and_sessions(store: Store) -> None:
    store.commit(None, [AddToken(Token("t-2", "bob", "x", Role.VIEWER, 12.0), "d-2"), AddToken(TOKEN, "d-1")])
    store.commit(None, [BeginSession(Session("bob", 10.0, 99.0), "s-1")])
    store.commit(None, [RemoveUser("bob")])
    assert (store.access.token("d-2"), store.access.session("s-1")) == (None, None)
    assert store.access.tokens() == [TOKEN]
    with pytest.raises(NotFound):
        store.commit(None, [RemoveUser("bob")])


def test_a_token_is_found_by_its_digest_until_it_is_removed(store: Store, other: Store) -> None:
    store.commit(None, [AddToken(TOKEN, "d-1")])
    assert other.access.token("d-1") == (TOKEN, ANN)
    assert other.access.token("D-1") is None
    assert (other.access.tokens("ann"), other.access.tokens("bob")) == ([TOKEN], [])
    store.commit(None, [RemoveToken("t-1")])
    assert other.access.token("d-1") is None
    with pytest.raises(NotFound, match="there is no token t-1"):
        store.commit(None, [RemoveToken("t-1")])
    with pytest.raises(NotFound, match="there is no user `eve`"):
        store.commit(None, [AddToken(Token("t-3", "eve", "x", Role.VIEWER, 12.0), "d-3")])


def test_sessions_end_and_old_ones_are_forgotten(store: Store) -> None:
    store.commit(
        None, [BeginSession(Session("ann", 10.0, 20.0), "old"), BeginSession(Session("ann", 11.0, 90.0), "s-1")]
    )
    store.commit(None, [BeginSession(Session("ann", 30.0, 99.0), "s-2")])
    assert store.access.session("old") is None
    store.commit(None, [EndSession("s-1"), EndSession("gone")])
    assert (store.access.session("s-1"), store.access.session("s-2") is None) == (None, False)


def test_the_audit_log_is_read_from_its_end(store: Store, other: Store) -> None:
    store.commit(None, [NoteRequest(an_entry()), NoteRequest(an_entry(user=None, role=None, door="none", status=401))])
    store.commit(None, [NoteRequest(an_entry(at=21.0, detail={}))])
    newest, nobody, first = other.access.audit()
    assert (newest.at, nobody.user, nobody.role, first.detail) == (21.0, None, None, {"run": "é"})
    assert newest.number > nobody.number > first.number
    assert other.access.audit(user="ann") == [newest, first]
    assert other.access.audit(before=nobody.number) == [first]
    assert other.access.audit(limit=1) == [newest]
