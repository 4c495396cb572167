"""What tests of pages need: flows over HTTP, and an eye on what goes wrong in a browser."""

from __future__ import annotations

from typing import Any, Self

import httpx
from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

#: a month of rides, in small: it fails at its third task, and a fourth stands after that
FAILING = """
id: rides
namespace: company.team
inputs:
  - {id: month, type: STRING, defaults: "202608"}
  - {id: rows, type: INT, defaults: 3}
  - {id: kind, type: SELECT, values: [all, members], defaults: all}
  - {id: strict, type: BOOLEAN, defaults: true}
tasks:
  - {id: get_zipfile, type: core.debug.Return, value: "{{ inputs.month }}.zip"}
  - {id: convert, type: core.debug.Return, value: "{{ outputs.get_zipfile.value }} as ion"}
  - {id: to_parquet, type: scripts.shell.Commands, commands: ["echo {{ outputs.convert.value }}", "exit 3"]}
  - {id: count_rows, type: core.log.Log, message: "{{ inputs.rows }} rows"}
"""
FIXED = FAILING.replace('"exit 3"', '"echo written"')


class Api:
    """The API of a server, as a page asks it; flows are saved in a namespace of their own."""

    def __init__(self, url: str, namespace: str = "company.team", headers: dict[str, str] | None = None) -> None:
        self.namespace = namespace
        self._client = httpx.Client(base_url=f"{url}/api/v1", timeout=30, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def save(self, text: str) -> dict[str, Any]:
        """Save the text of a flow."""
        return self._post("/flows", {"text": text.replace("company.team", self.namespace)})

    def run(self, flow: str, *, ended: bool = True, **request: Any) -> str:
        """Run a flow, and give the run's id; when it has ended, unless that is not waited for."""
        made = self._post("/runs", {"flow": f"{self.namespace}.{flow}", "request": request})["id"]
        if ended:
            self.wait(made)
        return made

    def replay(self, origin: str, **request: Any) -> str:
        """Replay a run, and give the replay's id when it has ended."""
        made = self._post("/runs/replay", {"request": {"origin": origin, **request}})["id"]
        self.wait(made)
        return made

    def wait(self, run: str) -> str:
        """Wait until a run has ended, and give its state."""
        with self._client.stream("GET", f"/runs/{run}/events", timeout=60) as stream:
            for line in stream.iter_lines():
                if line == "event: end":
                    break
        return self.get(f"/runs/{run}")["state"]

    def get(self, path: str) -> dict[str, Any]:
        """Give what stands at an address."""
        return self._client.get(path).raise_for_status().json()

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()


class Watched:
    """Notes errors of pages and requests to elsewhere.

    Attributes
    ----------
    wrong : what went wrong, in words.
    expected : texts of errors that a test brings about itself.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.wrong: list[str] = []
        self.expected: list[str] = []
        context.on("weberror", self._threw)
        context.on("console", self._wrote)
        context.on("request", self._asked)

    def _threw(self, error: WebError) -> None:
        self._note(f"page error: {error.error}")

    def _wrote(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console {message.type}: {message.text} ({message.location['url']})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self._note(f"request to elsewhere: {request.url}")

    def _note(self, text: str) -> None:
        if not any(each in text for each in self.expected):
            self.wrong.append(text)
