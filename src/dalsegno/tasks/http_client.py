"""One request over HTTP: what it says, and its answer as it comes."""

from __future__ import annotations

import json
import socket
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import Field

from dalsegno.artifacts.port import parse_uri
from dalsegno.errors import TaskFailed
from dalsegno.model.flow import Effects
from dalsegno.tasks.base import JsonMap, TaskContext, TaskType, Text, to_text
from dalsegno.tasks.cancelling import on_cancel
from dalsegno.tasks.http_options import Options, SslOptions

if TYPE_CHECKING:
    import httpx

#: methods that ask for something and change nothing
_ASKING = ("GET", "HEAD", "OPTIONS")
#: a proxy of the environment is no way to this machine itself
_DIRECT: dict[str, None] = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}
_MULTIPART = "multipart/form-data"


class HttpTask(TaskType):
    """Base of the types that make one request."""

    uri: Text = Field(description="The address, `http://` or `https://`.")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = Field(
        default="GET", description="The HTTP method."
    )
    headers: JsonMap = Field(default={}, description="Headers to send, name to value.")
    params: JsonMap = Field(
        default={}, description="Parameters to add to the address after `?`, name to value or list of values."
    )
    body: Any = Field(default=None, description="A body to send: text, or a map or list, which is sent as JSON.")
    form_data: JsonMap | None = Field(
        default=None,
        alias="formData",
        description="Form fields to send instead of a body. A stored file is sent as a file, under its own name or, written "
        "`{name: ..., content: ...}`, under another.",
    )
    content_type: Text | None = Field(
        default=None,
        alias="contentType",
        description="The type of the body; `multipart/form-data` for a form in parts.",
    )
    options: Options = Field(default=Options(), description="Timeouts, redirects, limit and login of the request.")
    ssl_options: SslOptions = Field(
        default=SslOptions(), alias="sslOptions", description="The same as `options.ssl`, in its older place."
    )
    allow_failed: bool = Field(
        default=False, alias="allowFailed", description="The same as `options.allowFailed`, in its older place."
    )

    @classmethod
    def effects_of(cls, properties: Mapping[str, Any]) -> Effects:
        """Tell by the method. One that is known only when the task runs may be any."""
        return Effects.NONE if properties.get("method", "GET") in _ASKING else Effects.EXTERNAL

    def takes(self, status: int) -> bool:
        """Whether an answer of this status is taken."""
        return self.allow_failed or self.options.takes(status)

    @contextmanager
    def answer(self, context: TaskContext, address: str) -> Generator[httpx.Response]:
        """Send the request and give the answer, its body not yet read.

        Parameters
        ----------
        address : the address as messages show it.
        """
        import httpx

        from dalsegno.tasks.http_failures import explain

        timeouts = httpx.Timeout(self.options.idle, connect=self.options.connecting)
        connections = _Connections()
        try:
            with (
                ExitStack() as files,
                on_cancel(context, connections.shut),
                self._client(timeouts) as client,
                client.stream(
                    self.method,
                    self._address(),
                    **self._request(context, files),
                    extensions={"trace": connections.note},
                ) as answer,
            ):
                yield answer
        except httpx.HTTPError as error:
            # a connection that was shut to stop the task looks like one that broke
            context.check_cancelled()
            raise explain(error, address, timeouts) from error

    def default_headers(self) -> dict[str, str]:
        """Give the headers that are sent where the task does not say otherwise."""
        return {}

    def _address(self) -> httpx.URL:
        import httpx

        # in one step: what stands after `?` in `uri` stays
        given = {name: _values(value) for name, value in self.params.items() if value is not None}
        return httpx.URL(self.uri).copy_merge_params(given) if given else httpx.URL(self.uri)

    def _client(self, timeouts: httpx.Timeout) -> httpx.Client:
        import httpx

        insecure = self.options.ssl.insecure_trust_all_certificates or self.ssl_options.insecure_trust_all_certificates
        return httpx.Client(
            timeout=timeouts,
            follow_redirects=self.options.follow_redirects,
            verify=not insecure,
            auth=self.options.login()[0],
            mounts=_DIRECT,
        )

    def _request(self, context: TaskContext, files: ExitStack) -> dict[str, Any]:
        if self.form_data is None:
            body = self.body if self.body is None or isinstance(self.body, str) else _as_json(self.body)
            content = None if body is None else body.encode(self.options.default_charset)
            return {"headers": self._headers(with_type=True), "content": content}
        if self._is_multipart():
            parts = [
                (name, _part(value, context, files)) for name, value in self.form_data.items() if value is not None
            ]
            # httpx writes the type itself, for it holds the mark between the parts
            return {"headers": self._headers(with_type=False), "files": parts}
        fields = {name: _values(value) for name, value in self.form_data.items() if value is not None}
        return {"headers": self._headers(with_type=True), "data": fields}

    def _is_multipart(self) -> bool:
        kind = (self.content_type or "").partition(";")[0].strip().lower()
        return kind == _MULTIPART or any(_is_file(value) for value in (self.form_data or {}).values())

    def _headers(self, *, with_type: bool) -> dict[str, str]:
        headers = self.default_headers()
        if self.content_type is not None and with_type:
            headers["content-type"] = self.content_type
        token = self.options.login()[1]
        if token is not None:
            headers["authorization"] = token
        headers |= {name.lower(): str(to_text(value)) for name, value in self.headers.items() if value is not None}
        for name, value in headers.items():
            if not f"{name}{value}".isascii():
                raise TaskFailed(f"the header `{name}` is not ASCII", hint="encode its value, as in `%C3%A9`")
        return headers


def _values(value: Any) -> Any:
    if isinstance(value, list):
        return [str(to_text(item)) for item in cast("list[Any]", value)]
    return str(to_text(value))


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _is_file(value: Any) -> bool:
    if isinstance(value, dict):
        return {"name", "content"} == set(cast("dict[str, Any]", value))
    return isinstance(value, str) and parse_uri(value) is not None


def _part(value: Any, context: TaskContext, files: ExitStack) -> tuple[Any, ...]:
    """Give a field of a form in parts, as httpx takes it."""
    name: str | None = None
    if isinstance(value, dict) and _is_file(value):
        named = cast("dict[str, Any]", value)
        name, value = str(to_text(named["name"])), named["content"]
    text = str(to_text(value))
    stored = parse_uri(text)
    if stored is None:
        return name, text.encode()
    return name or stored[1], files.enter_context(context.files.open(text))


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
