"""The decorator `step`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Generic, Protocol, Self, TypeVar, overload

from dalsegno.model.names import TASK_ID
from dalsegno.pipelines.around import Around
from dalsegno.pipelines.current import CURRENT
from dalsegno.pipelines.mapped import PRODUCT, ZIP, Unmapped, call_each
from dalsegno.pipelines.options import StepOptions, changed
from dalsegno.pipelines.places import invalid, users_line_last

Result = TypeVar("Result")

_AT_CALL = ("id", "after", "run_if")


class Step(Around[StepOptions], Generic[Result]):
    """A function that is a step of pipelines. Outside of a pipeline, calling it calls the function.

    In a pipeline a call takes three arguments more (where the function has no parameters of these names): `id`, what the call
    is called in place of the step's name; `after`, what it stands after without reading it (results of other calls, or
    their ids); `run_if`, an output that says whether it runs, or `True` or `False`.
    """

    kind = "step"

    def __init__(self, function: Callable[..., Result], options: StepOptions) -> None:
        self._surround(function, options)
        complaint = TASK_ID.complaint(self.name)
        if complaint is not None:
            raise invalid(f"{self.what} needs another name, by `name=`: `{self.name}` {complaint}", code="bad-name")

    def __call__(self, *args: Any, **kwargs: Any) -> Result:
        recorder = CURRENT.get()
        options = self.options_at(kwargs, _AT_CALL)
        if recorder is None:
            return self._called(args, kwargs, options)
        with users_line_last():
            return recorder.call(self, self.signature.bind(args, kwargs, options.parameters), options)

    def _called(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], options: StepOptions) -> Any:
        if options.run_if is not None and not options.run_if:
            return None
        if options.parameters:
            return self.function(**self.signature.bind(args, kwargs, options.parameters))
        return self.function(*args, **kwargs)

    def map(self, *args: Any, **kwargs: Any) -> Any:
        """Run the step once for every item of what is passed: a list, or an output of a step that gives one.

        Several go in lockstep and must be of one length. What is passed as `unmapped(value)` every item gets whole. What the
        call gives stands for the results of all items: passed to another step it is a list of them, in the order of the items;
        mapped again, the items keep their keys.

        Parameters
        ----------
        args, kwargs : the step's arguments; and `id`, `after` and `run_if`, as at a plain call.
        key : how items are told apart in addresses and in replays: the name of a field of the first argument's items, or a
            function that is called with what an item is made of. By default a number or text is its own key.

        Raises
        ------
        PipelineInvalid : the call is wrong.
        """
        return self._fan(ZIP, args, kwargs)

    def product(self, *args: Any, **kwargs: Any) -> Any:
        """Run the step once for each item of one argument with each of the others, like `.map` otherwise."""
        return self._fan(PRODUCT, args, kwargs)

    def _fan(self, mode: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        recorder = CURRENT.get()
        options = self.options_at(kwargs, (*_AT_CALL, "key"))
        fixed = {name: Unmapped(value) for name, value in options.parameters.items()}
        arguments = self.signature.bind(args, kwargs, fixed)
        if recorder is None:
            return call_each(self, arguments, mode)
        from dalsegno.pipelines.fanning import Fan, fan_out

        with users_line_last():
            return fan_out(recorder, Fan(self, arguments, options, mode))

    def options_at(self, kwargs: dict[str, Any], names: tuple[str, ...]) -> StepOptions:
        """Take the options out of the arguments of a call; a parameter of the function of that name goes before."""
        options = self.options
        for name in names:
            if name in kwargs and name not in self.signature.defaults:
                given = kwargs.pop(name)
                if name == "after" and options.after is not None and given is not None:
                    given = [options.after, given]
                if given is not None:
                    options = replace(options, **{name: given})
        return options

    def with_options(self, **options: Any) -> Self:
        """Give another step around the same function, with some options chosen otherwise.

        Parameters
        ----------
        options : those of `step`; `parameters`, values for parameters that calls do not give; and `id`, `after`, `run_if` and
            `key`, as at a call.

        Raises
        ------
        PipelineInvalid : one is unknown, or cannot have that value.
        """
        return type(self)(self.function, changed(self.options, options, self.what))

    def replay(self, **request: Any) -> Any:
        """Run the step again as it ran in an earlier run, with the code that it has now, and give what calling it gives.

        It gets what it got then: inputs and parameters. Its run is a replay of that run in which only this step runs, and never
        "the latest" of the pipeline. What was chosen for the step holds: retry, timeout, isolation, hooks. What it gives can
        stand for it in a replay: `training_pipeline.replay(outputs={"train": result})`.

        Parameters
        ----------
        step_run_id : exactly this step run: its id, or the step run itself.
        pipeline_run : in its place a run of the pipeline, in which the step is looked for.
        pipeline : in its place a pipeline, or its name: the latest run of it.
        invocation_id : which of several invocations, and which item of a mapped step: `train_2`, `train[paris]`.
        input_overrides : other values for its inputs: values, `UUID`s of artifacts, or outputs of step runs.
        debug : in this thread, with terminal and debugger left as they are.
        post_mortem : whether a debugger is opened at the line that failed.
        reason, labels : kept on the run.

        Raises
        ------
        Refusal : the request is wrong; nothing was written.
        RunFailed : the step raised; that is the cause.
        """
        from dalsegno.pipelines import running

        with users_line_last():
            return running.replay_step(self, request)


class Making(Protocol):
    """Makes a function a step. One that is async gives, in a pipeline, what awaiting it gives."""

    @overload
    def __call__(self, function: Callable[..., Coroutine[Any, Any, Result]], /) -> Step[Result]: ...
    @overload
    def __call__(self, function: Callable[..., Result], /) -> Step[Result]: ...


@overload
def step(function: Callable[..., Coroutine[Any, Any, Result]], /) -> Step[Result]: ...
@overload
def step(function: Callable[..., Result], /) -> Step[Result]: ...
@overload
def step(
    *,
    name: str | None = None,
    retry: Any = None,
    timeout: Any = None,
    isolation: str | None = None,
    cache: bool | None = None,
    effects: str | None = None,
    on_failure: Callable[..., Any] | None = None,
    on_success: Callable[..., Any] | None = None,
    **options: Any,
) -> Making: ...
def step(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function a step of pipelines; `@step` alone, or with options.

    Parameters
    ----------
    name : what its tasks are called; by default the function's name.
    retry : how often it is tried again, a `Retry`, or a map with its fields.
    timeout : how long an attempt may take: seconds, a `timedelta`, or an ISO 8601 duration.
    isolation : `"process"` to run it in a process of its own, `"inherit"` to run it where the run is.
    cache : whether the result of an earlier run may be taken that had the same code and the same values (ZenML's
        `enable_cache`, which is taken as well); by default what the pipeline says, else not.
    effects : `"external"` where running it twice is seen outside: a replay asks before it does.
    on_failure, on_success : a function that is called when it has failed for good, or when it has succeeded.

    Raises
    ------
    PipelineInvalid : an option is unknown or cannot have that value, or the function cannot be a step.
    """
    chosen = changed(StepOptions(), options, "`@step`")
    return partial(Step[Any], options=chosen) if function is None else Step[Any](function, chosen)
