"""Logins and tokens: how long they hold, and what a token may do when its user may do less."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.clock import MovedClock

from dalsegno.errors import NotKnown
from dalsegno.model.access import Role
from dalsegno.service.acting import Actor, acting, actor, author, on_behalf_of
from dalsegno.service.open import open_service
from dalsegno.service.service import Service
from dalsegno.service.users import SESSION
from dalsegno.tasks.registry import load, names

PASSWORD = "correct horse battery"


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def service(tmp_path: Path, clock: MovedClock) -> Iterator[Service]:
    opened = open_service(tmp_path, clock=clock)
    opened.users.add("ann", Role.ADMIN, PASSWORD)
    opened.users.add("bob", Role.EDITOR, PASSWORD)
    yield opened
    opened.close()


def test_a_session_holds_for_twelve_hours(service: Service, clock: MovedClock) -> None:
    begun = service.logins.begin("bob", PASSWORD)
    clock.move(SESSION - 60)
    assert service.logins.of_session(begun.secret) == ("bob", Role.EDITOR)
    clock.move(61)
    assert service.logins.of_session(begun.secret) is None


def test_a_token_ends_when_it_says(service: Service, clock: MovedClock) -> None:
    made = service.tokens.create("x", user="bob", days=1)
    clock.move(86_000)
    assert service.logins.of_token(made.secret) == ("bob", Role.EDITOR)
    clock.move(401)
    assert service.logins.of_token(made.secret) is None


def test_a_token_may_never_do_more_than_its_user_may_now(service: Service) -> None:
    made = service.tokens.create("x", user="bob").secret
    less = service.tokens.create("x", user="bob", role="viewer").secret
    service.users.set_role("bob", "operator")
    assert service.logins.of_token(made) == ("bob", Role.OPERATOR)
    service.users.set_role("bob", "admin")
    assert service.logins.of_token(made) == ("bob", Role.EDITOR)
    assert service.logins.of_token(less) == ("bob", Role.VIEWER)
    with acting(Actor("bob", Role.VIEWER, "token")):
        assert service.tokens.create("y").token.role is Role.VIEWER
    service.users.remove("bob")
    assert service.logins.of_token(made) is None


def test_hashes_alone_are_kept(service: Service, tmp_path: Path) -> None:
    token = service.tokens.create("x", user="bob").secret
    session = service.logins.begin("bob", PASSWORD).secret
    service.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("dalsegno.db*"))
    assert b"$argon2id$" in kept
    for secret in (token, token.removeprefix("dst_"), session, PASSWORD):
        assert secret.encode() not in kept


@pytest.mark.parametrize("name", ["ann", "nobody", "", "a b", "x" * 1000])
def test_a_login_that_fails_says_the_same_of_every_name(service: Service, name: str) -> None:
    with pytest.raises(NotKnown, match=r"\Aname or password is wrong\Z"):
        service.logins.begin(name, "a wrong password")


def test_who_asks_is_known_inside_alone() -> None:
    local = author()
    with acting(Actor("ann", Role.VIEWER, "token")):
        assert author() == "ann"
        with on_behalf_of("bob"):
            assert author() == "ann"
    with on_behalf_of("bob"):
        assert (author(), actor()) == ("bob", None)
    assert author() == local


#: what each type that executes something, or changes what others read, marks as code
CODE = {
    "python.Step": "env function",
    "sql.Query": "afterSQL sql url",
    "core.kv.Set": "key namespace value",
    "core.kv.Delete": "key namespace",
    "core.namespace.UploadFiles": "destination files filesMap namespace",
    "core.namespace.DeleteFiles": "files namespace",
    "core.flow.WorkingDirectory": "cache inputFiles namespaceFiles",
}
_SCRIPT = "beforeCommands env inputFiles interpreter namespaceFiles"


@pytest.mark.parametrize("name", names())
def test_each_type_marks_what_is_code(name: str) -> None:
    task_type = load(name)
    fields = {field.alias or key for key, field in task_type.model_fields.items()}
    assert task_type.code <= fields
    expected = set(CODE.get(name, "").split())
    if name.startswith("scripts."):
        expected = {*_SCRIPT.split(), "script" if name.endswith("Script") else "commands"}
        if name.startswith("scripts.python."):
            expected |= {"dependencies", "pythonVersion", "packageManager"}
    assert task_type.code == expected
    # what sounds like code and is not marked is a mistake
    suspicious = {"commands", "script", "function", "env", "interpreter", "sql", "code", "command"}
    assert not (fields & suspicious) - task_type.code
