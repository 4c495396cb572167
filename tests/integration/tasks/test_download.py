from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.integration.tasks.bad_server import BODY, BadServer, bad_server
from tests.support.task_context import FolderContext

from dalsegno.artifacts.port import parse_uri
from dalsegno.errors import Cancelled, DalSegnoError, TaskFailed
from dalsegno.tasks.http import Download, file_name


@pytest.fixture(scope="module")
def shared() -> Generator[BadServer]:
    with bad_server() as server:
        yield server


@pytest.fixture
def server(shared: BadServer) -> BadServer:
    shared.asked.clear()
    shared.bodies.clear()
    return shared


def download(context: FolderContext, uri: str, **properties: Any) -> Download.Output:
    return Download.model_validate({"uri": uri, **properties}).run(context)


def fails(context: FolderContext, uri: str, **properties: Any) -> TaskFailed:
    with pytest.raises(TaskFailed) as failed:
        download(context, uri, **properties)
    assert failed.value.hint
    assert left_behind(context) == []
    return failed.value


def left_behind(context: FolderContext) -> list[Path]:
    return [path for path in context.folder.rglob("*") if path.is_file() and path.stat().st_size]


def test_a_file_is_stored_with_what_the_server_said(context: FolderContext, server: BadServer) -> None:
    got = download(context, f"{server.url}/file/202608%20data.zip?token=x")
    assert context.read_file(got.uri) == BODY
    assert (parse_uri(got.uri) or ("", ""))[1] == "202608 data.zip"
    assert (got.code, got.length) == (200, len(BODY))
    assert got.headers["content-length"] == [str(len(BODY))]
    assert got.headers["x-twice"] == ["1"]
    assert context.metrics == {"response.length": len(BODY)}
    assert "token" not in repr(context.lines)


def test_a_redirect_is_followed_and_the_name_is_that_of_the_address_asked_for(
    context: FolderContext, server: BadServer
) -> None:
    got = download(context, f"{server.url}/moved/data.zip")
    assert (got.code, got.uri.rpartition("/")[2]) == (200, "data.zip")


def test_the_server_may_name_the_file_but_no_folder(context: FolderContext, server: BadServer) -> None:
    assert download(context, f"{server.url}/named/x").uri.endswith("/of%20the%20server.csv")


@pytest.mark.parametrize(
    ("disposition", "asked", "answered", "name"),
    [
        ("attachment; filename*=UTF-8''caf%C3%A9.csv", "http://h/x", "http://h/x", "café.csv"),
        ('attachment; filename="C:\\\\dir\\\\a.csv"', "http://h/x", "http://h/x", "a.csv"),
        ('attachment; filename=".."', "http://h/x.csv", "http://h/y", "x.csv"),
        ("inline", "http://h/", "http://h/y.csv", "y.csv"),
        ("", "http://h", "http://h/", "download"),
        ("attachment; filename=", "http://h/a%0Ab.csv", "http://h/", "ab.csv"),
    ],
)
def test_the_name_comes_from_the_server_else_from_the_address(
    disposition: str, asked: str, answered: str, name: str
) -> None:
    assert file_name(disposition, asked, answered) == name


def test_body_headers_and_login_are_sent(context: FolderContext, server: BadServer) -> None:
    options = {"basicAuthUser": "ada", "basicAuthPassword": "s3cret"}
    download(
        context,
        f"{server.url}/file",
        method="POST",
        body="hi",
        contentType="text/x",
        headers='{"X-A": 1}',
        options=options,
    )
    command, headers, body = server.bodies[0]
    assert (command, headers["content-type"], headers["x-a"], body) == ("POST", "text/x", "1", b"hi")
    assert headers["authorization"].startswith("Basic ")
    download(context, f"{server.url}/file", method="POST", formData={"a": 1, "b": "x y"})
    assert server.bodies[1][2] == b"a=1&b=x+y"


def test_an_answer_that_says_no_fails_with_its_code_and_words(context: FolderContext, server: BadServer) -> None:
    failed = fails(context, f"{server.url}/missing.zip?secret=1")
    assert failed.message == f"{server.url}/missing.zip answered 404 Not Found"
    assert failed.details == {"status": 404, "body": "nothing here, sorry"}
    assert "check the `uri`" in (failed.hint or "")
    assert fails(context, f"{server.url}/teapot").details["status"] == 418
    assert "replay later" in (fails(context, f"{server.url}/broken").hint or "")


def test_any_answer_is_taken_where_that_is_allowed(context: FolderContext, server: BadServer) -> None:
    got = download(context, f"{server.url}/teapot", allowFailed=True)
    assert (got.code, context.read_file(got.uri)) == (418, b"short and stout")


def test_a_body_that_is_cut_off_fails_with_both_sizes(context: FolderContext, server: BadServer) -> None:
    failed = fails(context, f"{server.url}/cut/data.zip")
    assert failed.message.startswith(f"Invalid size, got 1000, expected {len(BODY)}")
    assert fails(context, f"{server.url}/cut-chunks").message.startswith("Invalid size, got 3, and the end is missing")


def test_an_empty_body_fails_unless_that_is_right(context: FolderContext, server: BadServer) -> None:
    assert fails(context, f"{server.url}/empty").message.startswith("No response from server")
    unfollowed = fails(context, f"{server.url}/moved", options={"followRedirects": False})
    assert "/file/real.zip: set `options.followRedirects: true`" in (unfollowed.hint or "")
    got = download(context, f"{server.url}/empty", failOnEmptyResponse=False)
    assert (got.length, context.read_file(got.uri)) == (0, b"")


@pytest.mark.parametrize("path", ["hang", "stall"])
def test_a_server_that_stalls_runs_into_the_timeout(context: FolderContext, server: BadServer, path: str) -> None:
    failed = fails(context, f"{server.url}/{path}", options={"readTimeout": "PT0.1S"})
    assert failed.code == "timeout"
    assert "nothing came for 0.1 s" in failed.message
    assert "raise `options.readTimeout`" in (failed.hint or "")


def test_redirects_in_a_circle_fail(context: FolderContext, server: BadServer) -> None:
    assert fails(context, f"{server.url}/circle").code == "redirect-loop"


def test_a_redirect_away_from_http_fails(context: FolderContext, server: BadServer) -> None:
    assert "redirects to" in fails(context, f"{server.url}/away").message


def test_an_answer_that_is_no_http_fails(context: FolderContext, server: BadServer) -> None:
    assert fails(context, f"{server.url}/garbage").code == "request-failed"


def test_a_refused_connection_fails(context: FolderContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert f"`127.0.0.1:{port}` refuses the connection" in fails(context, f"http://127.0.0.1:{port}/x").message


def test_an_unknown_host_fails_before_it_reveals_user_or_password(context: FolderContext) -> None:
    failed = fails(context, "http://ada:s3cret@nowhere.invalid./x?key=s3cret")
    assert "`nowhere.invalid.`" in failed.message
    assert failed.code == "no-connection"
    assert "s3cret" not in f"{failed.as_json()}"


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("htp://host/x", "did you mean `http`"),
        ("file:///etc/passwd", "the scheme `file` is not supported"),
        ("host/x", "it has no scheme"),
        ("", "it has no scheme"),
        ("http://", "it names no host"),
        ("http://host:port/x", "`http://host:port/x` is not an address"),
        ("http://[::1/x", "is not an address"),
    ],
)
def test_what_is_no_address_of_the_web_is_refused(context: FolderContext, uri: str, said: str) -> None:
    failed = fails(context, uri)
    assert failed.code == "bad-address"
    assert said in failed.message


def test_a_body_above_the_flows_own_limit_fails(context: FolderContext, server: BadServer) -> None:
    assert fails(context, f"{server.url}/file", options={"maxContentLength": "1 MB"}).code == "body-too-large"
    assert download(context, f"{server.url}/file", options={"maxContentLength": 1 << 20}).length == len(BODY)


def test_a_header_that_is_not_ascii_fails(context: FolderContext, server: BadServer) -> None:
    assert "`x-a` is not ASCII" in fails(context, f"{server.url}/file", headers={"X-A": "é"}).message


def test_a_wrong_option_is_refused() -> None:
    with pytest.raises(ValidationError, match="readTimout"):
        Download.model_validate({"uri": "http://h/x", "options": {"readTimout": "PT1S"}})


@pytest.mark.parametrize("path", ["hang", "stall"])
def test_a_stalled_download_ends_the_moment_it_is_told_to(context: FolderContext, server: BadServer, path: str) -> None:
    ended: list[DalSegnoError] = []

    def run() -> None:
        try:
            download(context, f"{server.url}/{path}", options={"readTimeout": "PT1H"})
        except DalSegnoError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert server.asked.wait(20)
    context.cancel()
    thread.join(20)
    assert [type(error) for error in ended] == [Cancelled]
    assert left_behind(context) == []


def test_a_download_looks_at_every_chunk_whether_to_stop(server: BadServer, context: FolderContext) -> None:
    cancelled = FolderContext(context.folder / "other", cancel_after=3)
    with pytest.raises(Cancelled):
        download(cancelled, f"{server.url}/file")
    assert left_behind(cancelled) == []
