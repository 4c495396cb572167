"""Renders an expression as a run sees it: to try one out on what a run has given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dalsegno.artifacts.port import ArtifactStore
from dalsegno.engine.bindings import Bound
from dalsegno.engine.files import NamespaceFiles
from dalsegno.engine.kv import KeyValues
from dalsegno.engine.memory import Memory
from dalsegno.engine.outside import Outside, Surroundings
from dalsegno.engine.secrets import Secrets
from dalsegno.engine.values import Values
from dalsegno.engine.variables import Facts, expression_scope, plain, variables
from dalsegno.errors import DalSegnoError, NotFound, Refusal
from dalsegno.expressions import Scope as ExpressionScope
from dalsegno.expressions import parse
from dalsegno.model.address import Address
from dalsegno.model.address import parse as parse_address
from dalsegno.model.clock import Clock, Ids
from dalsegno.model.run import Run, TaskRun
from dalsegno.model.sealed import MASK
from dalsegno.replay.edges import Scope
from dalsegno.replay.request import request_from_json
from dalsegno.replay.resolve import resolve_request
from dalsegno.service.graphs import Graphs
from dalsegno.service.revisions import revision_of
from dalsegno.service.sealing import Sealing
from dalsegno.store.port import Store


class Evaluating:
    """Renders expressions. Writes nothing, and shows no secret."""

    def __init__(
        self,
        store: Store,
        artifacts: ArtifactStore,
        graphs: Graphs,
        sealing: Sealing,
        around: Surroundings,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._store = store
        self._artifacts = artifacts
        self._graphs = graphs
        self._sealing = sealing
        self._around = around
        self._clock = clock
        self._values = Values(artifacts, clock=clock, ids=ids)

    def evaluate(self, run: Run, text: str, task_run: TaskRun | None) -> Any:
        """Give the value of a single expression, or the text in which all are replaced.

        Raises
        ------
        Refusal : there is no expression in it, or it cannot be rendered.
        """
        if "{{" not in text and "{%" not in text:
            message = "there is no expression in this text: write it as in a flow"
            raise Refusal(f'{message}, such as "{{{{ {text or "inputs"} }}}}"', code="no-expression")
        secrets = Secrets(lambda _sealed: MASK)
        try:
            return secrets.masked(plain(parse(text).evaluate(self._scope(run, task_run, secrets))))
        except DalSegnoError as error:
            if isinstance(error, Refusal):
                raise
            message = secrets.mask(error.message)
            raise Refusal(
                message, code=error.code, line=error.line, column=error.column, closest=error.closest
            ) from error

    def arguments(self, run: Run, task_run: TaskRun) -> Mapping[str, Any]:
        """Give what a step in Python got in a run, by parameter, in stored form."""
        facts, memory = self._facts(run, Secrets(self._sealing.open))
        scope = _stands(memory, task_run)
        bound = Bound(facts.nodes[task_run.task].task, scope, facts)
        return bound.arguments(facts.overrides_of(task_run.task, scope.keys))

    def _scope(self, run: Run, task_run: TaskRun | None, secrets: Secrets) -> ExpressionScope:
        facts, memory = self._facts(run, secrets)
        if task_run is None:
            found: Mapping[str, Any] = variables(facts, Scope())
        else:
            told = _taskrun(task_run, self._parent(task_run))
            found = variables(facts, _stands(memory, task_run), facts.nodes[task_run.task].task, taskrun=told)
        scope = expression_scope(facts, found)
        functions = {**scope.functions, "secret": _hidden(scope.functions["secret"])}
        return ExpressionScope(scope.variables, scope.now, functions, scope.random)

    def _facts(self, run: Run, secrets: Secrets) -> tuple[Facts, Memory]:
        revision = revision_of(self._store, run)
        if revision is None:
            raise NotFound(f"{run.name} has no revision in the store any more", code="unknown-revision")
        nodes = self._graphs.of(revision)
        memory = Memory(run.id, self._store.task_runs, self._values)
        overrides = resolve_request(request_from_json(run.request), nodes).overrides
        entries = KeyValues(self._store, self._clock)
        files = NamespaceFiles(self._store, self._artifacts, self._clock)
        outside = Outside(run, self._store, self._artifacts, entries, files, secrets, self._sealing.seal, self._around)
        ended = {"outputs": run.outputs} if run.state.ended else {}
        facts = Facts(
            run,
            revision.flow,
            nodes,
            self._clock,
            memory.outputs_at,
            memory.keys_of,
            overrides,
            secrets,
            outside,
            ended=ended,
            opened=self._values.opened,
        )
        return facts, memory

    def _parent(self, task_run: TaskRun) -> str | None:
        parent = self._store.task_runs.at(task_run.run, task_run.parent) if task_run.parent else None
        return None if parent is None else parent.id


def _hidden(secret: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function that looks a secret up, so that one which is not there is told, and gives a mask."""

    def mask(*given: Any, **named: Any) -> str:
        secret(*given, **named)
        return MASK

    return mask


def _taskrun(task_run: TaskRun, parent: str | None) -> dict[str, Any]:
    from datetime import UTC, datetime

    at = task_run.started or task_run.created
    told = {
        "id": task_run.id,
        "startDate": datetime.fromtimestamp(at, UTC),
        "attemptsCount": task_run.attempt,
    }
    return told if parent is None else {**told, "parentId": parent}


def _stands(memory: Memory, task_run: TaskRun) -> Scope:
    """Give the scope of a task run: the items around it, with their values and places."""
    scope = Scope()
    items = parse_address(task_run.address).items
    for depth, (loop, key) in enumerate(items):
        address = str(Address(items[:depth], loop))
        keys, values = list(memory.keys_of(address) or ()), list(memory.values_of(address) or ())
        index = keys.index(key) if key in keys else 0
        scope = scope.enter(loop, key or "", values[index] if index < len(values) else key, index)
    return scope
