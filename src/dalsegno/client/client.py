"""The one Client: what Python users and the command line call, on the service in this process or on a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from dalsegno.client.access import AccessClient
from dalsegno.client.artifacts import ArtifactClient
from dalsegno.client.bulk import BulkClient
from dalsegno.client.figures import FiguresClient
from dalsegno.client.flows import FlowClient
from dalsegno.client.pipelines import PipelineClient
from dalsegno.client.using import Using, forget

if TYPE_CHECKING:
    from datetime import timedelta

    from dalsegno.artifacts.port import ArtifactStore
    from dalsegno.client.transport import Transport
    from dalsegno.executors.steps import StepRunner
    from dalsegno.model.files import NamespaceFile
    from dalsegno.model.flow import Revision
    from dalsegno.model.kv import Entry
    from dalsegno.model.plan import Plan
    from dalsegno.model.progress import Observer
    from dalsegno.model.run import Attempt, Run, TaskRun
    from dalsegno.replay.compare import Comparison
    from dalsegno.replay.request import ReplayRequest, TaskInputs
    from dalsegno.service.coded import Coded
    from dalsegno.service.keeping import Purged
    from dalsegno.service.listing import ListedRuns, RunQuery
    from dalsegno.service.namespace_files import FilesPut
    from dalsegno.service.pulling import Pulled
    from dalsegno.service.saved import Saved
    from dalsegno.service.waits import Wait
    from dalsegno.store.port import RunFilter, StoredLine


class Client(FlowClient, PipelineClient, BulkClient, ArtifactClient, FiguresClient, AccessClient):
    """A door to Dal Segno.

        with Client() as client:
            run = client.get_pipeline_run("last")

    Parameters
    ----------
    home : the data directory; by default as the settings say (`DALSEGNO_HOME`, the nearest `.dalsegno/`, `~/.dalsegno`).
    url : the address of a server, in place of a data directory; by default `DALSEGNO_SERVER`, where no `home` is given.
    token : an API token, where the server wants one; by default `DALSEGNO_TOKEN`.
    """

    def __init__(self, home: str | Path | None = None, *, url: str | None = None, token: str | None = None) -> None:
        if url is None and home is None:
            url = os.environ.get("DALSEGNO_SERVER") or None
        #: the address of the server that this Client works with, `None` where it works on a data directory
        self.server = url
        # neither is on the import path of `dalsegno`
        if url is None and home is None:
            url = os.environ.get("DALSEGNO_SERVER") or None
        if url is not None:
            from dalsegno.client.http.transport import HttpService

            self._service: Transport = HttpService(url, token or os.environ.get("DALSEGNO_TOKEN") or None)
        else:
            from dalsegno.service.open import open_service

            self._service = open_service(None if home is None else Path(home))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Finish what is being written and let go of the store."""
        forget(self)
        self._service.close()

    def use(self) -> Using:
        """Have the pipelines of this process use this Client: their runs are made, and looked for, where it works.

            with Client(url="http://127.0.0.1:7070") as client, client.use():
                training_pipeline.replay(pipeline_run="training_pipeline-3", debug=True)

        It holds to the end of the `with` block; without one, until the Client is closed.
        """
        return Using(self)

    @property
    def values(self) -> ArtifactStore:
        """Where values are kept."""
        return self._service.values

    # code

    def deploy(self, coded: Coded, packages: Mapping[str, str]) -> Saved:
        """Save the code of a pipeline as a revision, and run nothing: see `Pipeline.deploy`. Equal code makes no new revision.

        Parameters
        ----------
        packages : the packages that it imports, with their versions here.

        Raises
        ------
        Refusal : a package is missing where steps are to run, or the code cannot be loaded there; no revision was saved.
        """
        return self._service.deploying.deploy(coded, packages)

    # runs

    def plan_run(
        self, flow: str, request: ReplayRequest, *, text: str | None = None, coded: Coded | None = None
    ) -> Plan:
        """Give the plan of a fresh run of a saved flow, or of `text` (then `flow` is the file's name), or of a pipeline."""
        return self._service.runs.plan_fresh(flow, request, text=text, coded=coded)

    def start_run(
        self,
        flow: str,
        request: ReplayRequest,
        *,
        text: str | None = None,
        coded: Coded | None = None,
        digest: str | None = None,
        key: str | None = None,
    ) -> Run:
        """Create a fresh run, not yet executed: see `execute`. `text` or code is saved as a revision with it.

        Parameters
        ----------
        key : names the run: with a key that was used before for a run of this flow, that run is given, and none is made.
        """
        return self._service.runs.create_fresh(flow, request, text=text, coded=coded, digest=digest, key=key)

    def plan_replay(
        self,
        request: ReplayRequest,
        *,
        text: str | None = None,
        file: str | None = None,
        coded: Coded | None = None,
    ) -> Plan:
        """Give the plan of a replay. `request.origin` is anything that `get_run` takes; `text` or `coded` is a fixed flow.

        A plan with `refusals` cannot be executed.
        """
        return self._service.runs.plan_replay(request, text=text, file=file, coded=coded)

    def start_replay(
        self,
        request: ReplayRequest,
        *,
        text: str | None = None,
        file: str | None = None,
        coded: Coded | None = None,
        digest: str | None = None,
        key: str | None = None,
    ) -> Run:
        """Create the run of a replay, not yet executed: see `execute`. `key` is as for `start_run`.

        Raises
        ------
        RequestRefused : the request cannot be planned; nothing was written.
        PlanMoved : the plan is not the one with this digest any more; the error holds the new one.
        """
        return self._service.runs.create_replay(request, text=text, file=file, coded=coded, digest=digest, key=key)

    def execute(
        self,
        run: str,
        *,
        observer: Observer | None = None,
        stop: Callable[[Callable[[], None]], None] | None = None,
        steps: StepRunner | None = None,
    ) -> Run:
        """Execute a created run here, or carry on one whose process died, and give it as it ended.

        Parameters
        ----------
        observer : is told what happens, after it was recorded, from any thread.
        stop : is given a function which ends the run cleanly as KILLED; it may be called from a signal handler.
        steps : runs steps in Python in this process; by default worker processes run their stored code.

        Raises
        ------
        RunIsLive : another live process executes it.
        """
        return self._service.runs.execute(run, observer=observer, stop=stop, steps=steps)

    def resume(
        self,
        run: str,
        answers: Mapping[str, Any] | None = None,
        *,
        task_inputs: TaskInputs | None = None,
        breakpoints: Sequence[str] | None = None,
        at: Sequence[str] = (),
        observer: Observer | None = None,
        stop: Callable[[Callable[[], None]], None] | None = None,
    ) -> Run:
        """Resume a run that waits at a Pause or a breakpoint, and execute it here to its end, or to where it waits next.

        Parameters
        ----------
        answers : to what the pauses ask, by the name of the input (`onResume`).
        task_inputs : property values that hold from now on, as those of a request; of a step in Python the values of its
            parameters.
        breakpoints : in place of the earlier ones; by default those stay.
        at : the addresses that are meant, where it waits at several; by default all.
        observer, stop : as for `execute`.

        Raises
        ------
        Refusal : it does not wait, or what was said cannot be taken; nothing was written.
        RunIsLive : another live process executes it.
        """
        from dalsegno.service.resuming import Resumption

        stops = None if breakpoints is None else tuple(breakpoints)
        said = Resumption(answers or {}, self.forms_of(run, task_inputs or {}), stops, tuple(at))
        return self._service.runs.resume(run, said, observer=observer, stop=stop)

    def waits(self, run: str) -> list[Wait]:
        """Give what a paused run waits for: where, since when, what it asks; nothing for a run in another state."""
        return self._service.runs.waits(run)

    def get_run(self, run: str) -> Run:
        """Give a run by id, unique prefix of an id, name, `last` or `last-failed`.

        Raises `NotFound` with the closest names, or `Ambiguous` with the list.
        """
        return self._service.runs.get(run)

    def list_runs(self, filter: RunFilter) -> list[Run]:
        """Give runs, newest first."""
        return self._service.runs.list(filter)

    def page_of_runs(self, query: RunQuery) -> ListedRuns:
        """Give part of a list of runs, newest first, and the cursor of the next part; all parts of the query combine."""
        return self._service.runs.page(query)

    def kill_run(self, run: str) -> Run:
        """Ask the engine that executes a run to stop it."""
        return self._service.runs.kill(run)

    def pause_run(self, run: str) -> Run:
        """Ask the engine that executes a run to pause it: what is running ends, and nothing begins until `resume`."""
        return self._service.runs.pause(run)

    def label_run(self, run: str, labels: Mapping[str, str], *, remove: Sequence[str] = ()) -> Run:
        """Give a run labels, beside those that it has, and take away those named in `remove`.

        Raises `RunIsLive` while it is executed.
        """
        return self._service.runs.label(run, labels, remove)

    def run_json(self, run: str) -> dict[str, Any]:
        """Give a run with its task runs, as every door shows it."""
        return self._service.runs.as_json(run)

    def run_plan(self, run: str) -> Plan:
        """Give the plan that a run executes, or executed."""
        return self._service.runs.plan_of(run)

    def evaluate(self, run: str, text: str, *, task: str | None = None) -> Any:
        """Render an expression as a run sees it.

        Parameters
        ----------
        text : a text with expressions; a single one gives its value.
        task : the address of a task run, for what only a task sees (`taskrun`, its item).

        Raises
        ------
        Refusal : it cannot be rendered; the message names the expression, the place and the closest names.
        """
        return self._service.runs.evaluate(run, text, task=task)

    def task_runs(self, run: str) -> list[TaskRun]:
        """Give the task runs of a run in the order in which they were added; kept ones too, read from where they ran."""
        return self._service.runs.task_runs(run)

    def given_values(self, run: str) -> Mapping[str, tuple[str, ...]]:
        """Name, by the address of a task run, the values that it used and that a person gave: overrides and pins.

        A value is named by its path, such as `inputs.month`, `outputs.load.uri`, `properties.url`; `result` is that of the
        task run itself. Task runs that used none are left out.
        """
        return self._service.runs.given(run)

    def task_run(self, run: str, address: str) -> TaskRun:
        """Give the task run at an address. Raises `NotFound` with the closest addresses."""
        return self._service.runs.task_run(run, address)

    def attempts(self, run: str, address: str) -> list[Attempt]:
        """Give the attempts of a task run; those of a kept one from where it really ran."""
        return self._service.runs.attempts(run, address)

    def lineage(self, run: str) -> list[Run]:
        """Give all runs of a run's lineage, deleted ones too: the root first, then its replays in the order they were made."""
        return self._service.runs.lineage(run)

    def logs(self, run: str, *, address: str | None = None, after: int = 0, limit: int = 1000) -> list[StoredLine]:
        """Give log lines of a run, or of one of its task runs (a kept one's from where it really ran)."""
        return self._service.runs.logs(run, address=address, after=after, limit=limit)

    def outputs(self, run: str) -> Mapping[str, Any]:
        """Give the outputs of a run: of its tasks by address (values too large for a row are read), and of the flow."""
        return self._service.runs.outputs(run)

    def compare(self, before: str, after: str) -> Comparison:
        """Compare two runs: revisions, inputs and versions, and for every task what was done, what came of it and why it
        differs. `summary` says it in a sentence, `first` names the address where they begin to differ.
        """
        return self._service.comparing.compare(before, after)

    def explain(self, run: str) -> str:
        """Give what is known of a run that failed as one text in Markdown, for a colleague or an assistant.

        What failed and where, with the properties as they were rendered, the end of the log, the source, and the difference to
        the last revision that went well. Recorded secrets are masked.
        """
        return self._service.explaining.explain(run)

    def pull(self, run: str, *, url: str, token: str | None = None) -> Pulled:
        """Copy a run of a server, with its artifacts and what it came from, into the data directory of this Client.

        It keeps its id, and its name where that is free here. What is here already is not copied again.

        Raises
        ------
        NotFound : there is no such run there.
        Refusal : it has not ended.
        """
        from dalsegno.client.http.near import Near

        with Near.open(url, token) as near:
            return self._service.pulling.pull(run, near.store, near.values)

    # keeping

    def delete_run(self, run: str) -> Run:
        """Delete a run: it is hidden from lists, and what other runs reuse of it stays. Files stay until `purge`.

        Raises
        ------
        Refusal : it, or a replay of it, has not ended, or it was deleted already.
        """
        return self._service.keeping.delete(run)

    def purge(self, older_than: float, *, keep_failed: bool = False, dry_run: bool = False) -> Purged:
        """Delete runs that ended more than `older_than` seconds ago, and remove stored values and files that nothing needs.

        What a remaining run reuses stays, so no replay breaks. What was stored within the last hour, or since the oldest run
        that is executing was created, stays too: it may be about to be recorded.

        Parameters
        ----------
        keep_failed : leave those alone that failed or were stopped and that no later replay has fixed.
        dry_run : tell what would be removed, and remove nothing.
        """
        return self._service.keeping.purge(older_than, keep_failed=keep_failed, dry_run=dry_run)

    # values by key

    def set_entry(
        self,
        key: str,
        value: Any,
        *,
        namespace: str,
        type: str | None = None,
        ttl: timedelta | None = None,
        description: str | None = None,
        overwrite: bool = True,
    ) -> Entry:
        """Keep a value under a key of a namespace; tasks read it with `core.kv.Get` and `kv()`.

        Parameters
        ----------
        type : what a text is read as: STRING, NUMBER, BOOLEAN, DATETIME, DATE, DURATION or JSON. By default the value's own.
        ttl : how long it stays; without it, until it is deleted.
        overwrite : replace the value that the key has.

        Raises
        ------
        Refusal : the key, the type or the value cannot be taken, or the key has a value that is not to be replaced.
        """
        from dalsegno.service.entries import value_type

        return self._service.entries.set(
            key,
            value,
            namespace=namespace,
            type=value_type(type),
            ttl=ttl,
            description=description,
            overwrite=overwrite,
        )

    def get_entry(self, key: str, *, namespace: str) -> Entry:
        """Give the entry of a key. Raises `NotFound` with the closest keys."""
        found = self._service.entries.find(key, namespace)
        if found is None:
            raise self._service.entries.missing(key, namespace)
        return found

    def list_entries(self, namespace: str | None = None, *, prefix: str = "") -> list[Entry]:
        """Give the entries of a namespace, or of all, whose key begins with `prefix`."""
        return self._service.entries.list(namespace, prefix)

    def delete_entry(self, key: str, *, namespace: str) -> None:
        """Remove a key. Raises `NotFound` with the closest keys."""
        if not self._service.entries.delete(key, namespace):
            raise self._service.entries.missing(key, namespace)

    # files of namespaces

    def put_files(
        self,
        source: str | Path,
        *,
        namespace: str,
        path: str | None = None,
        exclude: Sequence[str] = (),
        delete: bool = False,
    ) -> FilesPut:
        """Put a file of this machine, or all files of a folder, into a namespace, where tasks find them: all or none.

        Parameters
        ----------
        path : where; below a path that ends with a slash a file keeps its name. By default under its own name.
        exclude : patterns of files of the folder that are left out; `.git` and `__pycache__` always are.
        delete : remove what lies in the same folder of the namespace and not in this one.

        Raises
        ------
        Refusal : there is no such file, or the namespace or a path cannot be taken; nothing was written.
        """
        return self._service.files.put_local(
            Path(source), namespace=namespace, path=path, exclude=exclude, delete=delete
        )

    def list_files(self, namespace: str | None = None, *, prefix: str = "") -> list[NamespaceFile]:
        """Give the files of a namespace, or of all, whose path begins with `prefix`."""
        return self._service.files.list(namespace, prefix.removeprefix("/"))

    def find_files(self, path: str, *, namespace: str) -> list[NamespaceFile]:
        """Give the file at a path, or all files of a folder. Raises `NotFound` with the closest paths."""
        return self._service.files.under(path, namespace)

    def open_file(self, path: str, *, namespace: str) -> BinaryIO:
        """Open a file of a namespace. Raises `NotFound` with the closest paths."""
        return self._service.files.open(self._service.files.get(path, namespace))

    def delete_files(self, path: str, *, namespace: str, recursive: bool = False) -> list[NamespaceFile]:
        """Remove a file of a namespace, or with `recursive` a folder with all in it; give what was removed.

        Raises
        ------
        NotFound : it is not there; the message names the closest paths.
        Refusal : it is a folder, and `recursive` is false.
        """
        return self._service.files.remove(path, namespace, recursive=recursive)

    def task_run_by_id(self, id: str) -> TaskRun | None:
        """Give a task run by its id; `None` if there is none."""
        return self._service.runs.task_run_by_id(id)

    def revision_of(self, run: str) -> Revision:
        """Give the revision of a run, with the graph of the run where it has one of its own."""
        return self._service.runs.revision_of(run)

    def code_of(self, run: str) -> str | None:
        """Give the name of the pipeline whose code a run is of, as `module:name`; `None` for a flow in YAML."""
        return self._service.runs.code_of(run)

    def step_arguments(self, run: str, address: str) -> Mapping[str, Any]:
        """Give what a step in Python got in a run, by parameter, in stored form."""
        return self._service.runs.step_arguments(run, address)
