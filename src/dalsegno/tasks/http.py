"""Requests over HTTP, and files from the web."""

from __future__ import annotations

import re
from email.message import Message
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pydantic import Field

from dalsegno.errors import TaskFailed
from dalsegno.tasks.base import TaskContext, TaskOutput
from dalsegno.tasks.http_client import HttpTask
from dalsegno.tasks.scratch_files import writing

if TYPE_CHECKING:
    import httpx

#: the largest answer that becomes an output, unless the task says otherwise
_LARGEST = 10_000_000


class Download(HttpTask):
    """Download a file over HTTP or HTTPS and store it."""

    fail_on_empty_response: bool = Field(
        default=True, alias="failOnEmptyResponse", description="Whether an answer without a body is a failure."
    )

    class Output(TaskOutput):
        uri: str
        code: int
        length: int
        headers: dict[str, list[str]]

    def run(self, context: TaskContext) -> Output:
        """Download the file."""
        from dalsegno.tasks import http_failures

        context.check_cancelled()
        address = http_failures.check_address(self.uri)
        path = context.files.new()
        with self.answer(context, address) as response:
            if not self.takes(response.status_code):
                raise http_failures.refused_status(address, response)
            length = _Body(response, address, context).save(path, self.options.max_content_length)
            if length == 0 and self.fail_on_empty_response:
                raise http_failures.empty_body(address, response)
            name = file_name(response.headers.get("content-disposition", ""), self.uri, str(response.url))
        context.count("response.length", length)
        told = f"downloaded {name}: {length} bytes from {address}"
        context.log.info(told)
        return self.Output(
            uri=context.files.store(path, name),
            code=response.status_code,
            length=length,
            headers=_headers_of(response),
        )

    def default_headers(self) -> dict[str, str]:
        """Ask for the file as it is: a packed transfer would have another size than the one announced."""
        return {"accept-encoding": "identity"}


class Request(HttpTask):
    """Make a request over HTTP or HTTPS and give the answer.

    With POST, PUT, PATCH and DELETE it has an effect outside, so that a replay asks before it makes the request again.
    The answer becomes an output as text; what is large, or no text, is for `core.http.Download`.
    """

    not_supported = MappingProxyType({"encryptBody": "outputs are not encrypted; remove it"})

    class Output(TaskOutput):
        uri: str = Field(description="The address that was asked.")
        code: int = Field(description="The status of the answer.")
        headers: dict[str, list[str]] = Field(description="The headers of the answer; their names in small letters.")
        body: str | None = Field(description="The body of the answer as text; null where there is none.")

    def run(self, context: TaskContext) -> Output:
        """Make the request."""
        from dalsegno.tasks import http_failures

        context.check_cancelled()
        address = http_failures.check_address(self.uri)
        with self.answer(context, address) as response:
            if not self.takes(response.status_code):
                raise http_failures.refused_status(address, response)
            data = _Body(response, address, context).read(self.options.max_content_length or _LARGEST)
            asked = response.history[0].request if response.history else response.request
        told = f"{self.method} {address} answered {response.status_code} with {len(data)} bytes"
        context.log.info(told)
        return self.Output(
            uri=str(asked.url.copy_with(userinfo=b"")),
            code=response.status_code,
            headers=_headers_of(response),
            body=self._text(data, response, address) if data else None,
        )

    def default_headers(self) -> dict[str, str]:
        """A body is JSON, as in Kestra, unless the task says otherwise."""
        has_body = self.body is not None and self.form_data is None
        return {"content-type": "application/json"} if has_body else {}

    def _text(self, data: bytes, response: httpx.Response, address: str) -> str:
        charset = response.charset_encoding or self.options.default_charset
        try:
            return data.decode(charset)
        except (UnicodeDecodeError, LookupError) as error:
            raise TaskFailed(
                f"the answer of {address} is no text in {charset}: {error}",
                code="no-text",
                hint="store it as a file with `core.http.Download`, or name its charset in `options.defaultCharset`",
            ) from error


def _headers_of(response: httpx.Response) -> dict[str, list[str]]:
    return {key: response.headers.get_list(key) for key in response.headers}


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

    def read(self, limit: int) -> bytes:
        """Give the body.

        Raises
        ------
        TaskFailed : it is larger than the limit, or cut off.
        """
        import httpx

        from dalsegno.tasks.http_failures import invalid_size

        data = bytearray()
        self._check(self._expected or 0, limit)
        try:
            for chunk in self._response.iter_bytes():
                self._context.check_cancelled()
                data += chunk
                self._check(len(data), limit)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            self._context.check_cancelled()
            raise invalid_size(self._address, self._response.num_bytes_downloaded, self._expected) from None
        self._context.check_cancelled()
        return bytes(data)

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
