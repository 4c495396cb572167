"""Requests to a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from email.message import Message
from email.parser import BytesParser
from typing import Any, cast

import pytest
from pydantic import ValidationError
from tests.integration.tasks.bad_server import BadServer, bad_server
from tests.support.task_context import FolderContext

from dalsegno.errors import Cancelled, DalSegnoError, TaskFailed
from dalsegno.model.flow import Effects
from dalsegno.tasks.http import Request


@pytest.fixture(scope="module")
def shared() -> Generator[BadServer]:
    with bad_server() as server:
        yield server


@pytest.fixture
def server(shared: BadServer) -> BadServer:
    shared.asked.clear()
    shared.bodies.clear()
    shared.paths.clear()
    return shared


def ask(context: FolderContext, uri: str, **properties: Any) -> Request.Output:
    return Request.model_validate({"uri": uri, **properties}).run(context)


def fails(context: FolderContext, uri: str, **properties: Any) -> TaskFailed:
    with pytest.raises(TaskFailed) as failed:
        ask(context, uri, **properties)
    assert failed.value.hint
    return failed.value


def sent(server: BadServer) -> tuple[str, dict[str, str], bytes]:
    return server.bodies[-1]


def test_the_answer_comes_as_text_with_its_status_and_headers(context: FolderContext, server: BadServer) -> None:
    got = ask(context, f"{server.url}/json?token=x")
    assert json.loads(got.body or "") == {"id": 5, "name": "Zoë"}
    assert (got.code, got.uri) == (200, f"{server.url}/json?token=x")
    assert got.headers["content-type"] == ["application/json"]
    assert "token" not in repr(context.lines)


def test_an_answer_is_read_in_its_own_charset_or_in_the_one_named(context: FolderContext, server: BadServer) -> None:
    assert ask(context, f"{server.url}/latin").body == "Zoë"
    assert fails(context, f"{server.url}/file").code == "no-text"
    assert ask(context, f"{server.url}/file", options={"defaultCharset": "latin-1"}).body is not None


def test_no_body_is_null(context: FolderContext, server: BadServer) -> None:
    assert ask(context, f"{server.url}/none", method="DELETE").model_dump()["body"] is None
    assert ask(context, f"{server.url}/json", method="HEAD").body is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a": "é"}', '{"a": "é"}'),
        ({"a": "é", "b": [1, None]}, '{"a": "é", "b": [1, null]}'),
        ([1], "[1]"),
        (5, "5"),
    ],
)
def test_a_body_is_sent_as_json(context: FolderContext, server: BadServer, body: Any, expected: str) -> None:
    ask(context, f"{server.url}/json", method="POST", body=body)
    method, headers, data = sent(server)
    assert (method, headers["content-type"], data.decode()) == ("POST", "application/json", expected)


def test_another_type_and_charset_of_the_body_are_sent_as_asked(context: FolderContext, server: BadServer) -> None:
    ask(context, f"{server.url}/json", method="PUT", body="é", contentType="text/plain; charset=latin-1",
        options={"defaultCharset": "ISO-8859-1"})  # fmt: skip
    _, headers, data = sent(server)
    assert (headers["content-type"], data) == ("text/plain; charset=latin-1", b"\xe9")


def test_a_request_without_a_body_names_no_type(context: FolderContext, server: BadServer) -> None:
    ask(context, f"{server.url}/json")
    assert "content-type" not in sent(server)[1]


def test_parameters_join_those_of_the_address(context: FolderContext, server: BadServer) -> None:
    ask(context, f"{server.url}/json?a=1", params={"b": "x y&z", "c": [1, 2], "none": None, "yes": True})
    assert server.paths == ["/json?a=1&b=x+y%26z&c=1&c=2&yes=true"]


def test_form_fields_are_sent_as_a_form(context: FolderContext, server: BadServer) -> None:
    ask(context, f"{server.url}/json", method="POST", formData={"user": "a b", "n": 5, "many": ["x", "y"], "no": None})
    _, headers, data = sent(server)
    assert (headers["content-type"], data) == ("application/x-www-form-urlencoded", b"user=a+b&n=5&many=x&many=y")


def parts(server: BadServer) -> dict[str, tuple[str | None, bytes]]:
    _, headers, data = sent(server)
    text = b"Content-Type: " + headers["content-type"].encode() + b"\r\n\r\n" + data
    whole = cast("list[Message]", BytesParser().parsebytes(text).get_payload())
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_filename(),
            cast("bytes", part.get_payload(decode=True)),
        )
        for part in whole
    }


def test_files_are_sent_in_parts(context: FolderContext, server: BadServer) -> None:
    uri = context.add_file(b"\x00data", "data b.bin")
    form = {
        "file": uri,
        "named": {"name": "other.bin", "content": uri},
        "text": {"name": "a.txt", "content": "x"},
        "n": 5,
    }
    ask(context, f"{server.url}/json", method="POST", formData=form)
    assert parts(server) == {
        "file": ("data b.bin", b"\x00data"), "named": ("other.bin", b"\x00data"), "text": ("a.txt", b"x"), "n": (None, b"5"),
    }  # fmt: skip


def test_a_form_may_be_sent_in_parts_without_files(context: FolderContext, server: BadServer) -> None:
    ask(context, f"{server.url}/json", method="POST", contentType="multipart/form-data", formData={"a": {"b": 1}})
    assert parts(server) == {"a": (None, b'{"b": 1}')}


def test_a_file_that_is_gone_fails_before_anything_is_sent(context: FolderContext, server: BadServer) -> None:
    fails(context, f"{server.url}/json", method="POST", formData={"a": f"dalsegno://{'0' * 64}/x"})
    assert server.bodies == []


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({"auth": {"type": "BASIC", "username": "ada", "password": "p"}}, "Basic YWRhOnA="),
        ({"basicAuthUser": "ada", "basicAuthPassword": "p"}, "Basic YWRhOnA="),
        ({"auth": {"type": "BEARER", "token": "t"}}, "Bearer t"),
    ],
)
def test_a_login_is_sent(context: FolderContext, server: BadServer, options: dict[str, Any], header: str) -> None:
    ask(context, f"{server.url}/json", options=options)
    assert sent(server)[1]["authorization"] == header


@pytest.mark.parametrize("auth", [{"type": "BASIC"}, {"type": "BEARER", "username": "x"}, {"type": "DIGEST"}])
def test_half_a_login_is_refused(auth: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Request.model_validate({"uri": "http://x", "options": {"auth": auth}})


def test_headers_are_sent_and_win(context: FolderContext, server: BadServer) -> None:
    headers = {"Content-Type": "text/csv", "Idempotency-Key": context.idempotency_key, "X-No": None}
    ask(context, f"{server.url}/json", method="POST", body="a,b", headers=headers)
    found = sent(server)[1]
    assert (found["content-type"], found["idempotency-key"]) == ("text/csv", "0123456789abcdef")
    assert "x-no" not in found


def test_a_refusal_fails_and_is_taken_where_it_is_allowed(context: FolderContext, server: BadServer) -> None:
    failed = fails(context, f"{server.url}/teapot", method="POST")
    assert (failed.code, failed.details["body"]) == ("http-status", "short and stout")
    for allowed in (
        {"allowFailed": True},
        {"options": {"allowFailed": True}},
        {"options": {"allowedResponseCodes": [418]}},
    ):
        got = ask(context, f"{server.url}/teapot", **allowed)
        assert (got.code, got.body) == (418, "short and stout")
    assert fails(context, f"{server.url}/teapot", options={"allowedResponseCodes": [404]}).code == "http-status"


def test_a_large_answer_is_refused_also_where_it_comes_packed(context: FolderContext, server: BadServer) -> None:
    assert len(ask(context, f"{server.url}/packed").body or "") == 1_000_000
    failed = fails(context, f"{server.url}/packed", options={"maxContentLength": 500_000})
    assert failed.code == "body-too-large"
    assert "core.http.Download" in (failed.hint or "")


def test_a_server_that_stalls_is_given_up(context: FolderContext, server: BadServer) -> None:
    failed = fails(context, f"{server.url}/stall", options={"timeout": {"readIdleTimeout": "PT0.1S"}})
    assert failed.code == "timeout"


def test_an_answer_that_is_cut_off_fails(context: FolderContext, server: BadServer) -> None:
    assert fails(context, f"{server.url}/cut").code == "body-cut-off"


def test_a_redirect_is_followed_unless_it_is_not_to_be(context: FolderContext, server: BadServer) -> None:
    got = ask(context, f"{server.url}/moved", options={"defaultCharset": "latin-1"})
    assert (got.code, got.uri) == (200, f"{server.url}/moved")
    assert ask(context, f"{server.url}/moved", options={"followRedirects": False}).code == 302


def test_a_password_in_the_address_is_no_output(context: FolderContext, server: BadServer) -> None:
    got = ask(context, server.url.replace("http://", "http://ada:s3cret@") + "/json")
    assert sent(server)[1]["authorization"].startswith("Basic ")
    assert got.uri == f"{server.url}/json"


def test_a_request_told_to_stop_stops_while_it_waits(context: FolderContext, server: BadServer) -> None:
    ended: list[DalSegnoError] = []

    def run() -> None:
        try:
            ask(context, f"{server.url}/hang", method="POST", body="x")
        except DalSegnoError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert server.asked.wait(30)
    context.cancel()
    thread.join(30)
    assert [type(error) for error in ended] == [Cancelled]


@pytest.mark.parametrize(
    ("method", "effects"),
    [("GET", Effects.NONE), ("HEAD", Effects.NONE), ("OPTIONS", Effects.NONE), ("POST", Effects.EXTERNAL),
     ("PUT", Effects.EXTERNAL), ("PATCH", Effects.EXTERNAL), ("DELETE", Effects.EXTERNAL), ("{{ x }}", Effects.EXTERNAL)],
)  # fmt: skip
def test_what_changes_something_has_effects(method: str, effects: Effects) -> None:
    assert Request.effects_of({"method": method}) is effects
    assert Request.effects_of({}) is Effects.NONE
