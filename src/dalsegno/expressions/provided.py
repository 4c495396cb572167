"""The functions that reach outside: whoever renders hands them in with the scope. Here stand their names and arguments."""

from __future__ import annotations

from typing import Any

from dalsegno.expressions.frame import Frame
from dalsegno.expressions.registry import FUNCTIONS

#: by name in the scope; `jq` is the filter's
PROVIDED = (
    "secret", "kv", "read", "fileURI", "fileSize", "fileExists", "isFileEmpty", "errorLogs", "http", "randomPort", "jq",
)  # fmt: skip


def _given(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


@FUNCTIONS.add("secret")
def secret(frame: Frame, key: Any, namespace: Any = None, subkey: Any = None) -> Any:
    return frame.provide("secret")(key, **_given(namespace=namespace, subkey=subkey))


@FUNCTIONS.add("kv")
def kv(frame: Frame, key: Any, namespace: Any = None, error_on_missing: Any = None) -> Any:
    return frame.provide("kv")(key, **_given(namespace=namespace, error_on_missing=error_on_missing))


@FUNCTIONS.add("read")
def read(frame: Frame, path: Any, namespace: Any = None, version: Any = None) -> Any:
    return frame.provide("read")(path, **_given(namespace=namespace, version=version))


@FUNCTIONS.add("fileURI")
def file_uri(frame: Frame, path: Any, namespace: Any = None) -> Any:
    return frame.provide("fileURI")(path, **_given(namespace=namespace))


@FUNCTIONS.add("fileSize")
def file_size(frame: Frame, path: Any, namespace: Any = None) -> Any:
    return frame.provide("fileSize")(path, **_given(namespace=namespace))


@FUNCTIONS.add("fileExists")
def file_exists(frame: Frame, path: Any, namespace: Any = None) -> Any:
    return frame.provide("fileExists")(path, **_given(namespace=namespace))


@FUNCTIONS.add("isFileEmpty", "fileEmpty")
def is_file_empty(frame: Frame, path: Any, namespace: Any = None) -> Any:
    return frame.provide("isFileEmpty")(path, **_given(namespace=namespace))


@FUNCTIONS.add("errorLogs")
def error_logs(frame: Frame) -> Any:
    return frame.provide("errorLogs")()


@FUNCTIONS.add("http")
def http(  # noqa: PLR0913, PLR0917 - as many as Kestra's
    frame: Frame,
    uri: Any,
    method: Any = None,
    query: Any = None,
    body: Any = None,
    content_type: Any = None,
    headers: Any = None,
    options: Any = None,
    accept: Any = None,
) -> Any:
    given = _given(
        method=method,
        query=query,
        body=body,
        content_type=content_type,
        headers=headers,
        options=options,
        accept=accept,
    )
    return frame.provide("http")(uri, **given)
