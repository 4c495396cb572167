"""Users, tokens and the audit log through the Client."""

from __future__ import annotations

from pathlib import Path

import pytest

from dalsegno.client.client import Client
from dalsegno.errors import NotAllowed, NotFound, Refusal
from dalsegno.model.access import Role

PASSWORD = "correct horse battery"


def test_users_are_added_changed_and_removed(client: Client) -> None:
    ann = client.users.add("ann", Role.ADMIN, PASSWORD)
    client.users.add("bob@example.com", "viewer", PASSWORD)
    assert (ann.name, ann.role) == ("ann", Role.ADMIN)
    assert [(user.name, user.role) for user in client.users.list()] == [("ann", "admin"), ("bob@example.com", "viewer")]
    assert client.users.set_role("bob@example.com", "operator").role is Role.OPERATOR
    assert client.users.set_password("bob@example.com", "another password").name == "bob@example.com"
    assert client.users.remove("bob@example.com").role is Role.OPERATOR
    assert [user.name for user in client.users.list()] == ["ann"]


def test_what_is_wrong_with_a_user_is_refused(client: Client) -> None:
    client.users.add("ann", "admin", PASSWORD)
    with pytest.raises(Refusal, match="there is a user `ann` already"):
        client.users.add("ann", "viewer", PASSWORD)
    with pytest.raises(Refusal, match="a password has 10 to 1000 characters, and this one 5"):
        client.users.add("bob", "viewer", "short")
    with pytest.raises(Refusal, match="is no name of a user"):
        client.users.add("../bob", "viewer", PASSWORD)
    with pytest.raises(Refusal, match="`viewer`"):
        client.users.add("bob", "viewr", PASSWORD)
    with pytest.raises(NotFound, match="did you mean `ann`"):
        client.users.set_role("anne", "viewer")
    for refused in (lambda: client.users.remove("ann"), lambda: client.users.set_role("ann", "editor")):
        with pytest.raises(Refusal, match="`ann` is the last admin"):
            refused()


def test_a_token_is_shown_once_and_revoked(client: Client) -> None:
    client.users.add("ann", "editor", PASSWORD)
    made = client.tokens.create("for CI", user="ann", role="viewer", days=90)
    assert made.secret.startswith("dst_")
    assert len(made.secret) > 40
    assert (made.token.user, made.token.role) == ("ann", Role.VIEWER)
    assert made.token.expires == pytest.approx(made.token.created + 90 * 86_400, abs=1)
    whole = client.tokens.create("all", user="ann").token
    assert (whole.role, whole.expires) == (Role.EDITOR, None)
    assert client.tokens.list("ann") == client.tokens.list() == [made.token, whole]
    assert client.tokens.revoke(made.token.id) == made.token
    assert client.tokens.list() == [whole]


def test_what_is_wrong_with_a_token_is_refused(client: Client) -> None:
    client.users.add("ann", "editor", PASSWORD)
    with pytest.raises(NotAllowed, match="a token of `ann` can be editor at the most, not admin"):
        client.tokens.create("x", user="ann", role="admin")
    with pytest.raises(NotFound, match="did you mean `ann`"):
        client.tokens.create("x", user="anna")
    with pytest.raises(Refusal, match="say whose token it is"):
        client.tokens.create("x")
    with pytest.raises(NotFound, match="there is no token `nothing`"):
        client.tokens.revoke("nothing")
    with pytest.raises(Refusal):
        client.tokens.create("x", user="ann", days=-1)


def test_the_audit_log_is_of_what_was_done_over_a_server(client: Client, transport: str, home: Path) -> None:
    del home
    client.users.add("ann", "admin", PASSWORD)
    client.set_entry("limit", 1, namespace="company.team")
    found = client.audit.list()
    if transport == "embedded":
        assert found == []
        return
    assert [(each.operation, each.status, each.user, each.door) for each in found] == [
        ("entries_put", 200, None, "local"), ("access_add_user", 201, None, "local"),
    ]  # fmt: skip
    assert client.audit.list(before=found[0].number) == found[1:]
    assert client.audit.list(user="ann") == []
