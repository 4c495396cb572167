"""What the Client offers to Python users: pipelines, their runs and steps, and replays from stored code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from dalsegno.artifacts.port import ArtifactStore
    from dalsegno.client.client import Client
    from dalsegno.client.pipeline_runs import PipelineRun, StepRun
    from dalsegno.model.plan import Plan
    from dalsegno.model.state import State
    from dalsegno.replay.request import ReplayRequest
    from dalsegno.store.listing import FlowSummary

#: how a run configuration names what a request asks for
_NAMES = {
    "steps_to_skip": "skip",
    "skip_successful_steps": "skip_successful",
    "parameters": "inputs",
    "step_input_overrides": "task_inputs",
    "step_default_input_overrides": "defaults",
}
#: what else of a request a run configuration may hold
_PLAIN = (
    "start", "only", "until", "changed", "outputs", "renamed", "breakpoints", "effects", "acknowledge", "stale", "verify",
    "fresh_clock", "carry_overrides", "reason", "labels", "revision",
)  # fmt: skip
_LISTS = frozenset({"steps_to_skip", "start", "only", "until", "breakpoints", "acknowledge"})


class PipelineClient:
    """The part of the Client that speaks of pipelines and steps."""

    @property
    def _client(self) -> Client:
        return cast("Client", self)

    def get_pipeline_run(self, name_id_or_prefix: str) -> PipelineRun:
        """Give a run by name, id, a unique prefix of it, `last` or `last-failed`."""
        from dalsegno.client.pipeline_runs import PipelineRun

        return PipelineRun(self._client, self._client.get_run(name_id_or_prefix))

    def list_pipeline_runs(
        self,
        *,
        pipeline: str | None = None,
        status: str | None = None,
        labels: Mapping[str, str] | None = None,
        limit: int = 20,
    ) -> list[PipelineRun]:
        """Give runs, newest first.

        Parameters
        ----------
        pipeline : the name of a pipeline, or `namespace.name`.
        status : how they ended, or where they are: `SUCCESS`, `FAILED`, `RUNNING` ...
        limit : at most so many; 0 is all.
        """
        from dalsegno.client.pipeline_runs import PipelineRun
        from dalsegno.store.port import RunFilter

        found = self._client.get_flow(pipeline).flow if pipeline is not None else None
        wanted = RunFilter(
            None if found is None else found.namespace,
            None if found is None else found.id,
            () if status is None else (_state(status),),
            labels=tuple((labels or {}).items()),
            limit=limit,
        )
        return [PipelineRun(self._client, run) for run in self._client.list_runs(wanted)]

    def list_pipelines(self) -> list[FlowSummary]:
        """Give all pipelines and flows."""
        return self._client.list_flows()

    def get_run_step(self, step_run_id: Any) -> StepRun:
        """Give a step run by its id."""
        from dalsegno.client.pipeline_runs import StepRun
        from dalsegno.errors import NotFound

        found = self._client.task_run_by_id(str(step_run_id))
        if found is None:
            raise NotFound(f"there is no step run {step_run_id}", code="unknown-step-run")
        return StepRun(self._client, self._client.get_run(found.run), found)

    def replay_pipeline_run(
        self, name_id_or_prefix: str, run_configuration: Mapping[str, Any] | None = None
    ) -> PipelineRun:
        """Replay a run with the code that was stored with it, in worker processes.

        Parameters
        ----------
        run_configuration : `steps_to_skip`, `skip_successful_steps`, `parameters`, `step_input_overrides` and
            `step_default_input_overrides` (values, or `UUID`s of artifacts), and everything else that a `ReplayRequest`
            takes, such as `start`, `changed` or `revision`.

        Raises
        ------
        RequestRefused : the request cannot be planned; nothing was written.
        """
        from dalsegno.client.pipeline_runs import PipelineRun
        from dalsegno.client.spelling import refusing_in_python

        with refusing_in_python():
            created = self._client.start_replay(self._checked(name_id_or_prefix, run_configuration or {}))
        return PipelineRun(self._client, self._client.execute(created.id))

    def forms_of(self, run: str, given: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
        """Give overrides for tasks of a run as a request holds them: values for steps in Python in their stored form."""
        from dalsegno.client.given import inner_names, task_inputs

        flow = self._client.revision_of(run).flow if given else None
        if flow is None or flow.depends is None:
            return given
        inner = inner_names(flow)
        return task_inputs(self._client, {inner(step): values for step, values in given.items()})

    def plan_pipeline_replay(self, name_id_or_prefix: str, run_configuration: Mapping[str, Any] | None = None) -> Plan:
        """Give the plan of such a replay; nothing runs."""
        from dalsegno.artifacts.weighed import Weighed
        from dalsegno.client.spelling import plan_in_python

        weighed = Weighed(self._client.values)
        request = self._request_of(name_id_or_prefix, run_configuration or {}, weighed)
        return plan_in_python(self._client.plan_replay(request))

    def _checked(self, run: str, configuration: Mapping[str, Any]) -> ReplayRequest:
        """Give the request, with its values in the artifact store; nothing is stored of one that is refused."""
        from dalsegno.artifacts.weighed import Weighed
        from dalsegno.errors import RequestRefused

        weighed = Weighed(self._client.values)
        request = self._request_of(run, configuration, weighed)
        if not weighed.lacks:
            return request
        plan = self._client.plan_replay(request)
        if plan.refusals:
            raise RequestRefused(plan.refusals)
        return self._request_of(run, configuration, self._client.values)

    def _request_of(self, run: str, configuration: Mapping[str, Any], store: ArtifactStore) -> ReplayRequest:
        from dalsegno.client.asked import check_asked, names
        from dalsegno.client.given import form_of, inner_names, pins, task_inputs, with_defaults
        from dalsegno.errors import Refusal
        from dalsegno.replay.request import ReplayRequest

        check_asked(configuration, (*_NAMES, *_PLAIN), "a run configuration", "key")
        if configuration.get("revision") == "local":
            message = "the Client replays with stored code: `revision` is `original`, `latest` or a number"
            raise Refusal(
                f"{message}; the code of this process runs by `.replay(...)` of the pipeline", code="bad-argument"
            )
        origin = self._client.get_run(run)
        flow = self._client.revision_of(origin.id).flow
        asked: dict[str, Any] = {_NAMES.get(name, name): value for name, value in configuration.items()}
        for name in _LISTS:
            key = _NAMES.get(name, name)
            if key in asked:
                asked[key] = names(asked[key])
        if flow.depends is not None:
            inner = inner_names(flow)
            all_given = with_defaults(asked.get("task_inputs", {}), asked.pop("defaults", {}), flow)
            given = {inner(step): values for step, values in all_given.items()}
            # the stored code reads them before there is a plan, in a process of its own
            asked["inputs"] = {
                name: form_of(self._client, value, f"the parameter `{name}`")
                for name, value in asked.get("inputs", {}).items()
            }
            asked["task_inputs"] = task_inputs(self._client, given, store)
            asked["outputs"] = pins(self._client, flow, asked.get("outputs", {}), store)
        return replace(ReplayRequest(origin=origin.id), **asked)


def _state(text: str) -> State:
    from dalsegno.errors import Refusal, closest, did_you_mean
    from dalsegno.model.state import State

    try:
        return State(text.upper())
    except ValueError:
        near = closest(text, [state.value for state in State])
        hint = did_you_mean(near) or f"; there are {', '.join(f'`{state.value}`' for state in State)}"
        raise Refusal(f"there is no state `{text}`{hint}", code="unknown-state", closest=near) from None
