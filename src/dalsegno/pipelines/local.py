"""Runs the steps of a run in this process, with the functions that are there; what has to run apart does so from its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.errors import Cancelled, TaskFailed
from dalsegno.executors.capture import captured
from dalsegno.executors.imported import ImportedPackages
from dalsegno.executors.steps import StepCall, StepDoors, StepResult, StepRunner
from dalsegno.executors.user_errors import describe
from dalsegno.pipelines.calling import call_step, keys_of, run_hook


class LocalSteps:
    """Runs steps here.

    Parameters
    ----------
    functions : by the names that the graph gives them.
    apart : runs the steps that need a process of their own, or whose time is limited.
    debug : one step at a time, with terminal and debugger left as they are.
    allow_unsafe : whether values may be kept that need pickle.
    """

    def __init__(
        self,
        functions: Mapping[str, Callable[..., Any]],
        store: ArtifactStore,
        *,
        apart: StepRunner,
        debug: bool = False,
        allow_unsafe: bool = True,
    ) -> None:
        self._functions = functions
        self._store = store
        self._apart = apart
        self._debug = debug
        self._allow_unsafe = allow_unsafe
        self._packages = ImportedPackages()
        #: what steps raised, by address
        self.errors: dict[str, BaseException] = {}
        #: how the run is told to stop
        self.stop: Callable[[], None] = _nothing
        #: what interrupted a step
        self.interrupt: BaseException | None = None

    @property
    def alone(self) -> bool:
        """Whether one step runs at a time."""
        return self._debug

    def call(self, call: StepCall, doors: StepDoors) -> StepResult:
        """Call a step."""
        if call.apart and not self._debug:
            return self._apart.call(call, doors)
        function = self._function(call.function)
        doors.check_cancelled()
        try:
            with nullcontext() if self._debug else captured(doors.on_line):
                return call_step(
                    call,
                    function,
                    self._store,
                    on_log=doors.on_line,
                    find=self._function,
                    allow_unsafe=self._allow_unsafe,
                )
        except TaskFailed as error:
            self.errors[call.facts.address] = error.__cause__ or error
            raise
        except (KeyboardInterrupt, GeneratorExit) as error:
            self.interrupt = error
            self.stop()
            raise Cancelled(f"`{call.facts.address}` was interrupted", address=call.facts.address) from error
        finally:
            doors.on_imported(self._packages.versions())

    def hook(self, function: str, error: Mapping[str, Any] | None) -> None:
        """Call a function of the user's when the run has ended, with what a step raised."""
        failure = None
        if error is not None:
            told = TaskFailed(str(error.get("message")), code=str(error.get("code")))
            failure = self.errors.get(str(error.get("address")), told)
        run_hook(self._function(function), failure)

    def keys(self, function: str, items: Sequence[Any]) -> list[Any]:
        """Have a function of the user's name items: one that is not in this process, of the stored code, in a worker."""
        if function not in self._functions:
            return self._apart.keys(function, items)
        found = self._function(function)
        try:
            return keys_of(found, items, self._store, allow_unsafe=self._allow_unsafe)
        except Exception as error:
            raise describe(error, "the function that names the items raised", code="bad-items") from error

    def _function(self, name: str) -> Callable[..., Any]:
        found = self._functions.get(name)
        if found is None:
            message = f"the function `{name}` is not there in this process"
            raise TaskFailed(message, code="unknown-function", hint="replay with the code that was stored")
        return found


def _nothing() -> None:
    """Nobody listens."""
