"""What expressions of a run reach outside of it: secrets, the environment, stored files, the key-value store, the network.

The language knows these functions by their names and arguments alone (`expressions/provided.py`). What they do stands here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, cast

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.files import FileLookup, NamespaceFiles
from dalsegno.engine.kv import KeyValues
from dalsegno.engine.queries import queries
from dalsegno.engine.reading import Reading
from dalsegno.engine.secrets import Secrets
from dalsegno.errors import NotFound, TaskFailed, closest, did_you_mean
from dalsegno.model.digest import digest
from dalsegno.model.run import Run
from dalsegno.model.state import State
from dalsegno.store.port import Store

JsonMap = Mapping[str, Any]
#: how the digest of a secret stands among the values that a task used
READ_SECRET = "secret."  # noqa: S105 - it is none itself

_PREFIX = "SECRET_"
_ENV = "ENV_"
#: error lines that are given at the most
_MOST_LINES = 1_000


class _Envs(Mapping[str, str]):
    """Variables of the environment, looked up when they are read: most tasks read none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        return self._found[name]

    @cached_property
    def _found(self) -> dict[str, str]:
        return {name[len(_ENV) :].lower(): value for name, value in self._environ.items() if name.startswith(_ENV)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for all runs of this process.

    Parameters
    ----------
    environ : the variables of the environment.
    globals : what `globals` gives.
    environment, url : what `kestra.environment` and `kestra.url` give.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    globals: JsonMap = field(default_factory=dict[str, Any])
    environment: str | None = None
    url: str | None = None

    def envs(self) -> Mapping[str, str]:
        """Give the variables that expressions may read, without their prefix and in small letters."""
        return _Envs(self.environ)

    def kestra(self) -> dict[str, str]:
        """Give what is said about this installation."""
        told = {"environment": self.environment, "url": self.url}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Outside:
    """What expressions of one run reach outside of it.

    Parameters
    ----------
    seal : gives a form of a secret that is equal for equal ones and tells nobody what it is.
    planned : whether the run is only planned: what it will have done by then is not known, and nothing is fetched.
    """

    run: Run
    store: Store
    artifacts: ArtifactStore
    entries: KeyValues
    files: NamespaceFiles
    secrets: Secrets
    seal: Callable[[str], Any]
    around: Surroundings
    planned: bool = False

    def functions(self, used: dict[str, str] | None = None) -> dict[str, Callable[..., Any]]:
        """Give the functions; `used` takes the digests of the secrets and files of namespaces that they look up."""
        reading = Reading(self.artifacts, FileLookup(self.files, self.run.namespace, used))
        known: dict[str, Callable[..., Any]] = {
            "secret": partial(self._secret, used),
            "kv": self._kv,
            "read": reading.read,
            "fileURI": reading.uri,
            "fileSize": reading.size,
            "fileExists": reading.exists,
            "isFileEmpty": reading.is_empty,
            "jq": _jq,
        }
        if self.planned:
            return known
        return {**known, "errorLogs": self._error_logs, "http": _http, "randomPort": _random_port}

    def states(self) -> Mapping[str, State]:
        """Give the states of all task runs by address, as they stand in the store."""
        if self.planned:
            raise TaskFailed("the states of tasks are known when the run is there", code="unknown-name")
        return {result.address: result.state for result in self.store.task_runs.results(self.run.id)}

    def now(self, used: str) -> str | None:
        """Give the digest that something has now which a task looked up; `None` where there is nothing of the kind."""
        if not used.startswith(READ_SECRET):
            return self.files.now(used)
        key, _, subkey = used.removeprefix(READ_SECRET).partition("/")
        try:
            return self._digest(self._find(key, subkey or None))
        except TaskFailed:
            return None

    def _digest(self, value: str) -> str:
        return digest("value", self.seal(value))

    # functions

    def _secret(self, used: dict[str, str] | None, key: Any, namespace: Any = None, subkey: Any = None) -> str:
        """Give a secret. All namespaces have those of the environment."""
        del namespace
        value = self._find(str(key), None if subkey is None else str(subkey))
        self.secrets.hide(value)
        if used is not None:
            used[f"{READ_SECRET}{key}" + ("" if subkey is None else f"/{subkey}")] = self._digest(value)
        return value

    def _find(self, key: str, subkey: str | None) -> str:
        environ = self.around.environ
        value = environ.get(_PREFIX + key, environ.get(_PREFIX + key.upper()))
        if value is None:
            known = [name[len(_PREFIX) :] for name in environ if name.startswith(_PREFIX)]
            near = closest(key, known)
            message = f"there is no secret `{key}`{did_you_mean(near)}"
            hint = f"set the variable {_PREFIX}{key} where Dal Segno runs"
            raise TaskFailed(message, hint=hint, code="unknown-secret", closest=near)
        return value if subkey is None else _part(key, value, subkey)

    def _kv(self, key: Any, namespace: Any = None, error_on_missing: Any = True) -> Any:  # noqa: FBT002
        """Give a value. Where no namespace is named, those above the flow's own are asked too."""
        where = None if namespace is None else str(namespace)
        try:
            return self.entries.read(
                str(key), where, own=self.run.namespace, error_on_missing=error_on_missing is not False
            )
        except NotFound as error:
            hint = "set it, or write `errorOnMissing=false`"
            raise TaskFailed(error.message, hint=hint, code=error.code, closest=error.closest) from error

    def _error_logs(self) -> list[dict[str, Any]]:
        """Give what was logged as an error in this run so far."""
        found: list[dict[str, Any]] = []
        after = 0
        while len(found) < _MOST_LINES and (lines := self.store.logs.of_run(self.run.id, after)):
            after = lines[-1].position
            found += [
                {
                    "namespace": self.run.namespace, "flowId": self.run.flow, "executionId": self.run.id,
                    "taskId": line.address.rpartition(".")[2], "taskRunId": line.task_run, "attemptNumber": line.attempt,
                    "timestamp": _iso(line.line.at), "level": line.line.level, "message": line.line.text,
                }
                for line in lines
                if line.line.level == "ERROR"
            ]  # fmt: skip
        return found[:_MOST_LINES]


def _iso(at: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).isoformat()


def _part(key: str, value: str, subkey: str) -> str:
    """Give one part of a secret that is a JSON map."""
    try:
        parts: Any = json.loads(value)
    except ValueError:
        parts = None
    if not isinstance(parts, dict):
        raise TaskFailed(f"the secret `{key}` is no JSON map, so it has no part `{subkey}`", code="unknown-secret")
    known = cast("dict[str, Any]", parts)
    if subkey not in known:
        near = closest(subkey, known)
        message = f"the secret `{key}` has no part `{subkey}`{did_you_mean(near)}"
        raise TaskFailed(message, code="unknown-secret", closest=near)
    part = known[subkey]
    return part if isinstance(part, str) else json.dumps(part)


def _jq(expression: str, text: str) -> list[Any]:
    return queries()(expression, text)


def _random_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _http(uri: Any, method: Any = "GET", **options: Any) -> Any:
    """Fetch something. A request that changes what it asks belongs into a task, where a replay asks before it is made again."""
    from dalsegno.engine.fetching import fetch

    if str(method).upper() not in ("GET", "HEAD"):
        message = f"`http()` fetches; it makes no {str(method).upper()} request"
        raise TaskFailed(message, hint="use a task `core.http.Request`", code="bad-request")
    return fetch(str(uri), str(method).upper(), **options)
