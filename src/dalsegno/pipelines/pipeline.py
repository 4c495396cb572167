"""The decorator `pipeline`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Self, overload

from dalsegno.model.names import FLOW_ID, NAMESPACE
from dalsegno.pipelines.annotations import MISSING
from dalsegno.pipelines.around import Around
from dalsegno.pipelines.current import CURRENT
from dalsegno.pipelines.options import PipelineOptions, changed
from dalsegno.pipelines.outputs import holds_outputs
from dalsegno.pipelines.places import invalid, users_line_last

#: the namespace of pipelines whose module stands in no package
DEFAULT_NAMESPACE = "default"


class Pipeline(Around[PipelineOptions]):
    """A function that is a pipeline: calling it runs the steps that it calls. In another pipeline they become that one's."""

    kind = "pipeline"

    def __init__(self, function: Callable[..., Any], options: PipelineOptions) -> None:
        self._surround(function, options)
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            message = f"{self.what} only writes its steps down, and must be a plain `def` without `yield`"
            raise invalid(f"{message}; the steps may be async", code="wrong-function")
        complaint = FLOW_ID.complaint(self.name)
        if complaint is not None:
            raise invalid(f"{self.what} needs another name, by `name=`: `{self.name}` {complaint}", code="bad-name")
        complaint = NAMESPACE.complaint(options.namespace) if options.namespace is not None else None
        if complaint is not None:
            raise invalid(f"{self.what}: the namespace `{options.namespace}` {complaint}", code="bad-name")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if CURRENT.get() is not None:
            return self.function(**self.arguments(args, kwargs))
        from dalsegno.pipelines import running

        with users_line_last():
            return running.run(self, args, kwargs)

    def plan(self, *args: Any, **kwargs: Any) -> Any:
        """Tell what a call with these arguments would do; nothing runs."""
        from dalsegno.pipelines import running

        with users_line_last():
            return running.plan(self, args, kwargs)

    def deploy(self, **parameters: Any) -> Any:
        """Store the code as a revision where runs of it are to be made, such as on a server, and run nothing.

        Parameters
        ----------
        parameters : of which its graph is drawn; those that have no default are needed. Each run has its own.

        Raises
        ------
        Refusal : a package is missing there, or the code cannot be loaded; no revision was saved.
        """
        from dalsegno.pipelines import deploying

        with users_line_last():
            return deploying.deploy(self, parameters)

    def replay(self, **request: Any) -> Any:
        """Run the pipeline again as an earlier run, with the code that it has now.

        Parameters
        ----------
        pipeline_run : the run: its name, id, a unique prefix of that, `last`, `last-failed`, or the run itself.
        pipeline : in its place a pipeline, or its name: the latest run of it. Without either, the latest run of this one.
        skip : the invocation ids of steps whose results are kept.
        skip_successful_steps : keep whatever has a result.
        input_overrides : other values for parameters of the pipeline; the rest carries over.
        step_input_overrides : invocation id -> parameter -> value, `UUID` of an artifact, or output of a step run.
        step_default_input_overrides : name of a step -> parameter -> value, for all its invocations that get none above.
        debug : in this thread, one step at a time, so that `breakpoint()` works. Such a run is never "the latest".
        start, only, until : run these and all that reads them; just these; up to these.
        changed : run only what changed, what failed, and what depends on it.
        outputs : invocation id -> its result, without running it; `ORIGIN` keeps the old one, whatever has changed.
        renamed : invocation id now -> invocation id in the earlier run.
        breakpoints : before which the run stops and waits.
        effects, acknowledge : what to do about steps with `effects="external"` that ran before: `ask` or `reuse`; which of
            them may run again.
        stale : `refuse` refuses to keep results whose code has changed since; by default the plan warns.
        verify : whether every kept value is read and compared with its digest.
        fresh_clock, carry_overrides : whether it gets today's time; whether overrides of the earlier run hold.
        revision : `local`, the code that is here; `original`, what ran then; `latest`, or a number, from stored code.
        reason, labels : kept on the run.
        raise_on_failure, post_mortem : as for a run.

        Raises
        ------
        Refusal : the request is wrong; nothing was written.
        RunFailed : a step failed; the user's exception is its cause.
        """
        from dalsegno.pipelines import running

        with users_line_last():
            return running.replay(self, request)

    def plan_replay(self, **request: Any) -> Any:
        """Tell what a replay would do, and why; it takes what `replay` takes. Nothing runs, and nothing is recorded."""
        from dalsegno.pipelines import running

        with users_line_last():
            return running.plan_replay(self, request)

    def with_options(self, **options: Any) -> Self:
        """Give another pipeline around the same function, with some options chosen otherwise.

        Parameters
        ----------
        options : those of `pipeline`; and `parameters`, values for parameters that calls do not give.

        Raises
        ------
        PipelineInvalid : one is unknown, or cannot have that value.
        """
        return type(self)(self.function, changed(self.options, options, self.what))

    @property
    def namespace(self) -> str:
        """Where its flow belongs: what was chosen, else the package of its module."""
        if self.options.namespace is not None:
            return self.options.namespace
        from dalsegno.code.owned import plain_name

        package = plain_name(str(getattr(self, "__module__", ""))).rpartition(".")[0].lower().lstrip("_.")
        return package if package and NAMESPACE.complaint(package) is None else DEFAULT_NAMESPACE

    def arguments(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Give the arguments of a call by name, as the types that their annotations name, and with defaults.

        Raises
        ------
        PipelineInvalid : they do not fit the parameters.
        """
        given = self.signature.bind(args, kwargs, self.options.parameters)
        made: dict[str, Any] = {}
        for name, default in self.signature.defaults.items():
            if name not in given:
                made[name] = default
            elif holds_outputs(given[name]):
                made[name] = given[name]
            else:
                made[name] = self.signature.convert(name, given[name])
        return {name: value for name, value in made.items() if value is not MISSING}


@overload
def pipeline(function: Callable[..., Any], /) -> Pipeline: ...
@overload
def pipeline(
    *,
    name: str | None = None,
    namespace: str | None = None,
    labels: Mapping[str, Any] | None = None,
    enable_cache: bool | None = None,
    on_failure: Callable[..., Any] | None = None,
    on_success: Callable[..., Any] | None = None,
    retry: Any = None,
    timeout: Any = None,
    **options: Any,
) -> Callable[[Callable[..., Any]], Pipeline]: ...
def pipeline(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function a pipeline; `@pipeline` alone, or with options.

    Parameters
    ----------
    name : what its flow is called; by default the function's name.
    namespace : where the flow belongs; by default the package of the module, else `default`.
    labels : what its runs are labelled with.
    enable_cache, retry : what holds for steps that say nothing themselves, as for `step`.
    on_failure, on_success : a function that is called when a run has failed, or when it has succeeded.
    timeout : how long a run may take: seconds, a `timedelta`, or an ISO 8601 duration.

    Raises
    ------
    PipelineInvalid : an option is unknown or cannot have that value, or the function cannot be a pipeline.
    """
    chosen = changed(PipelineOptions(), options, "`@pipeline`")
    return partial(Pipeline, options=chosen) if function is None else Pipeline(function, chosen)
