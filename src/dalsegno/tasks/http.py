"""Files from the web."""

from __future__ import annotations

import re
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ByteSize, ConfigDict, Field

from dalsegno.errors import TaskFailed
from dalsegno.model.flow import Effects
from dalsegno.tasks.base import JsonMap, TaskContext, TaskOutput, TaskType, Text, to_text
from dalsegno.tasks.cancelling import on_cancel
from dalsegno.tasks.durations import Duration
from dalsegno.tasks.scratch_files import writing

if TYPE_CHECKING:
    import httpx

#: methods that ask for something and change nothing
_ASKING = ("GET", "HEAD", "OPTIONS")
#: a proxy of the environment is no way to this machine itself
_DIRECT: dict[str, None] = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}


class Options(BaseModel):
    """How the request is made."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    connect_timeout: Duration = Field(
        default=timedelta(seconds=10), alias="connectTimeout", description="The longest wait for the connection."
    )
    read_timeout: Duration = Field(
        default=timedelta(seconds=30), alias="readTimeout", description="The longest wait for the next bytes."
    )
    read_idle_timeout: Duration | None = Field(
        default=None, alias="readIdleTimeout", description="The same as `readTimeout`, which it overrides."
    )
    follow_redirects: bool = Field(
        default=True, alias="followRedirects", description="Whether to go where the answer points."
    )
    max_content_length: ByteSize | None = Field(
        default=None,
        alias="maxContentLength",
        description="The largest file taken, such as `500 MB`; none is no limit.",
    )
    basic_auth_user: Text | None = Field(default=None, alias="basicAuthUser", description="A user name for the server.")
    basic_auth_password: Text = Field(default="", alias="basicAuthPassword", description="The password of that user.")

    @property
    def idle(self) -> float:
        """Seconds without a byte after which to give up."""
        return (self.read_idle_timeout or self.read_timeout).total_seconds()


class SslOptions(BaseModel):
    """How far the server is trusted."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    insecure_trust_all_certificates: bool = Field(
        default=False, alias="insecureTrustAllCertificates", description="Whether to take any certificate."
    )


class Download(TaskType):
    """Download a file over HTTP or HTTPS and store it."""

    uri: Text = Field(description="The address of the file, `http://` or `https://`.")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = Field(
        default="GET", description="The HTTP method."
    )
    headers: JsonMap = Field(default={}, description="Headers to send, name to value.")
    body: Text | None = Field(default=None, description="A body to send.")
    form_data: JsonMap | None = Field(
        default=None, alias="formData", description="Form fields to send instead of a body."
    )
    content_type: Text | None = Field(default=None, alias="contentType", description="The type of the body.")
    options: Options = Field(default=Options(), description="Timeouts, redirects, limit and login of the request.")
    ssl_options: SslOptions = Field(
        default=SslOptions(), alias="sslOptions", description="How far the server's certificate is checked."
    )
    fail_on_empty_response: bool = Field(
        default=True, alias="failOnEmptyResponse", description="Whether an answer without a body is a failure."
    )
    allow_failed: bool = Field(
        default=False, alias="allowFailed", description="Whether to take an answer of status 400 and above."
    )

    class Output(TaskOutput):
        uri: str
        code: int
        length: int
        headers: dict[str, list[str]]

    @classmethod
    def effects_of(cls, properties: Mapping[str, Any]) -> Effects:
        """Tell by the method. One that is known only when the task runs may be any."""
        return Effects.NONE if properties.get("method", "GET") in _ASKING else Effects.EXTERNAL

    def run(self, context: TaskContext) -> Output:
        """Download the file."""
        from dalsegno.tasks import http_failures

        context.check_cancelled()
        address = http_failures.check_address(self.uri)
        path = context.files.new()
        with self._answer(context, address) as response:
            if response.status_code >= 400 and not self.allow_failed:
                raise http_failures.refused_status(address, response)
            length = _Body(response, address, context).save(path, self.options.max_content_length)
            if length == 0 and self.fail_on_empty_response:
                raise http_failures.empty_body(address, response)
            name = file_name(response.headers.get("content-disposition", ""), self.uri, str(response.url))
        context.count("response.length", length)
        told = f"downloaded {name}: {length} bytes from {address}"
        context.log.info(told)
        headers = {key: response.headers.get_list(key) for key in response.headers}
        return self.Output(
            uri=context.files.store(path, name), code=response.status_code, length=length, headers=headers
        )

    @contextmanager
    def _answer(self, context: TaskContext, address: str) -> Generator[httpx.Response]:
        """Send the request and give the answer, its body not yet read."""
        import httpx

        from dalsegno.tasks.http_failures import explain

        timeouts = httpx.Timeout(self.options.idle, connect=self.options.connect_timeout.total_seconds())
        connections = _Connections()
        try:
            with (
                on_cancel(context, connections.shut),
                self._client(timeouts) as client,
                client.stream(
                    self.method, self.uri, **self._request(), extensions={"trace": connections.note}
                ) as answer,
            ):
                yield answer
        except httpx.HTTPError as error:
            # a connection that was shut to stop the task looks like one that broke
            context.check_cancelled()
            raise explain(error, address, timeouts) from error

    def _client(self, timeouts: httpx.Timeout) -> httpx.Client:
        import httpx

        user = self.options.basic_auth_user
        return httpx.Client(
            timeout=timeouts,
            follow_redirects=self.options.follow_redirects,
            verify=not self.ssl_options.insecure_trust_all_certificates,
            auth=httpx.BasicAuth(user, self.options.basic_auth_password) if user is not None else None,
            mounts=_DIRECT,
        )

    def _request(self) -> dict[str, Any]:
        # a packed transfer would make the size of the file another than the one announced
        headers = {"accept-encoding": "identity"}
        if self.content_type is not None:
            headers["content-type"] = self.content_type
        headers |= {name.lower(): to_text(value) for name, value in self.headers.items() if value is not None}
        for name, value in headers.items():
            if not f"{name}{value}".isascii():
                raise TaskFailed(f"the header `{name}` is not ASCII", hint="encode its value, as in `%C3%A9`")
        if self.form_data is not None:
            return {"headers": headers, "data": {name: to_text(value) for name, value in self.form_data.items()}}
        return {"headers": headers, "content": self.body}


class _Body:
    """The body of an answer on its way into a file."""

    def __init__(self, response: httpx.Response, address: str, context: TaskContext) -> None:
        announced = response.headers.get("content-length", "")
        self._response = response
        self._address = address
        self._context = context
        self._expected = int(announced) if re.fullmatch(r"[0-9]+", announced) else None

    def save(self, path: Path, limit: int | None) -> int:
        """Write the body to a new file and give its size."""
        import httpx

        from dalsegno.tasks.http_failures import invalid_size

        try:
            size = self._write(path, limit)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            self._context.check_cancelled()
            raise invalid_size(self._address, self._response.num_bytes_downloaded, self._expected) from None
        self._context.check_cancelled()
        return size

    def _write(self, path: Path, limit: int | None) -> int:
        size = 0
        self._check(self._expected or 0, limit)
        with writing(path) as file:
            for chunk in self._response.iter_bytes():
                self._context.check_cancelled()
                size += len(chunk)
                self._check(size, limit)
                file.write(chunk)
        return size

    def _check(self, size: int, limit: int | None) -> None:
        from dalsegno.tasks.http_failures import too_large

        if limit is not None and size > limit:
            raise too_large(self._address, size, limit)


class _Connections:
    """The sockets of a request, so that a read which waits for bytes can be ended from another thread."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._shut = False

    def note(self, event: str, info: dict[str, Any]) -> None:
        """Remember the socket of a connection that was just made."""
        if event == "connection.connect_tcp.complete":
            made = info["return_value"].get_extra_info("socket")
            if isinstance(made, socket.socket):
                self._sockets.append(made)
                if self._shut:
                    self.shut()

    def shut(self) -> None:
        """End all reads and writes on them."""
        self._shut = True
        for made in self._sockets:
            with suppress(OSError):
                socket.socket.shutdown(made, socket.SHUT_RDWR)


def file_name(disposition: str, asked: str, answered: str) -> str:
    """Give the name of a downloaded file: the server's own for it, else the last part of the address."""
    message = Message()
    message["content-disposition"] = disposition
    names = [message.get_filename() or "", *(unquote(urlsplit(url).path) for url in (asked, answered))]
    for name in names:
        last = PurePosixPath(name.replace("\\", "/")).name
        clean = re.sub(r"[\x00-\x1f\x7f]", "", last).strip()
        if clean not in ("", ".", ".."):
            return clean[:200]
    return "download"
