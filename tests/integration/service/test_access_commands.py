"""`dalsegno user`, `dalsegno token` and `dalsegno audit`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dalsegno.cli.app import run_command_line

PASSWORD = "correct horse battery"

Told = Callable[..., tuple[str, str]]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Carry a command out on an empty data directory, and give what it wrote."""
    monkeypatch.setenv("DALSEGNO_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")

    def carry_out(*words: str, code: int = 0, given: str = f"{PASSWORD}\n") -> tuple[str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        assert run_command_line(words) == code
        out, err = capsys.readouterr()
        return out, " ".join(err.split())

    return carry_out


def as_json(told: Told, *words: str) -> Any:
    return json.loads(told(*words, "--json")[0])


def test_users_are_added_listed_changed_and_removed(told: Told) -> None:
    assert "There is nobody" in told("user", "list")[0]
    assert told("user", "add", "ann", "--role", "admin", "--password-stdin")[0] == "Added: ann  admin\n"
    told("user", "add", "bob", "--role", "viewer", "--password-stdin")
    assert told("user", "set-role", "bob", "--role", "Operator")[0] == "Changed: bob  operator\n"
    assert told("user", "set-password", "bob", "--password-stdin", given="another password\r\n")[0].startswith(
        "Changed"
    )
    assert [(each["name"], each["role"]) for each in as_json(told, "user", "list")["users"]] == [
        ("ann", "admin"), ("bob", "operator"),
    ]  # fmt: skip
    assert "bob   operator" in told("user", "list")[0]
    assert told("user", "remove", "bob")[0] == "Removed: bob  operator\n"


def test_what_is_wrong_is_told_before_a_password_is_asked_for(told: Told) -> None:
    assert "there is no role `amin`; did you mean `admin`?" in told("user", "add", "ann", "--role", "amin", code=2)[1]
    assert "there is no terminal to ask" in told("user", "add", "ann", "--role", "admin", code=2)[1]
    short = told("user", "add", "ann", "--role", "admin", "--password-stdin", code=2, given="short\n")
    assert "a password has 10 to 1000 characters" in short[1]
    assert "`dalsegno user list` lists them" in told("user", "remove", "nobody", code=2)[1]


def test_a_token_is_written_alone_on_standard_output(told: Told) -> None:
    told("user", "add", "ann", "--role", "editor", "--password-stdin")
    out, err = told("token", "create", "for CI", "--user", "ann", "--role", "viewer", "--expires", "90d")
    assert out.startswith("dst_")
    assert out.count("\n") == 1
    assert "Made: for CI for ann, viewer, until" in err
    assert "shown this once" in err
    (token,) = as_json(told, "token", "list", "--user", "ann")["tokens"]
    assert (token["name"], token["role"], "secret" in token) == ("for CI", "viewer", False)
    assert "for CI" in told("token", "list")[0]
    assert told("token", "revoke", token["id"][:12])[0] == "Revoked: for CI of ann\n"
    assert "There are none" in told("token", "list")[0]


def test_the_audit_log_is_empty_where_no_server_was(told: Told) -> None:
    assert told("audit")[0] == "Nothing was done over a server yet.\n"
    assert as_json(told, "audit", "--user", "ann", "--limit", "5") == {"entries": []}
