"""Options that only ZenML has, each with what to do instead."""

from __future__ import annotations

from collections.abc import Mapping

_SETTINGS = (
    "Dal Segno has no stacks; set what a step needs in its own code, `timeout`, `retry` and `isolation` in its options"
)
_MODEL = "return what belongs to a model as an output of a step, and label runs with `labels` of the pipeline"
_TRACKER = "call the tracker in the step itself; `get_step_context().log_metadata(...)` keeps values with the run"
_OPERATOR = 'run the step in a process of its own with `isolation="process"`, or call the other system in the step'
_ENVIRONMENT = "set variables of the environment where the run is started, or pass them as parameters"
_SECRETS = "read secrets in the step itself, from the environment"
_VISUALS = "every stored value has a summary; leave it out"
_LOGS = "logs of steps are always kept; leave it out"
_HOOKS = "use `on_failure` and `on_success`, or call it at the beginning or the end of the function"
_EXTRA = "pass it as a parameter, or log it with `get_step_context().log_metadata(...)`"
_NAMES = "names of runs are counted; tell runs apart with `labels` of the pipeline"
_POLICY = "`cache=True` goes by the step's code and by the values that it gets; use `cache=True` or `cache=False`"
_ALIVE = "give a `timeout`"

OF_STEP: Mapping[str, str] = {
    "settings": _SETTINGS,
    "model": _MODEL,
    "experiment_tracker": _TRACKER,
    "step_operator": _OPERATOR,
    "output_materializers": "register one for the type with `register_materializer`; it then holds for every step",
    "environment": _ENVIRONMENT,
    "secrets": _SECRETS,
    "enable_artifact_metadata": _VISUALS,
    "enable_artifact_visualization": _VISUALS,
    "enable_step_logs": _LOGS,
    "extra": _EXTRA,
    "on_start": _HOOKS,
    "on_end": _HOOKS,
    "substitutions": _NAMES,
    "cache_policy": _POLICY,
    "runtime": 'use `isolation="process"` for a process of its own, or `isolation="inherit"`',
    "heartbeat_healthy_threshold": _ALIVE,
    "group": "groups show only in the picture of a run; leave it out",
    "step_type": "leave it out",
    "tags": "label runs with `labels` of the pipeline",
}

OF_PIPELINE: Mapping[str, str] = {
    "settings": _SETTINGS,
    "model": _MODEL,
    "tags": 'use `labels={"team": "a"}`',
    "dynamic": "leave it out: `.map` and `.product` fan out over what is known only when the run gets there",
    "depends_on": "call the other pipeline inside of this one",
    "environment": _ENVIRONMENT,
    "secrets": _SECRETS,
    "enable_artifact_metadata": _VISUALS,
    "enable_artifact_visualization": _VISUALS,
    "enable_step_logs": _LOGS,
    "enable_pipeline_logs": _LOGS,
    "enable_heartbeat": _ALIVE,
    "extra": _EXTRA,
    "on_start": _HOOKS,
    "on_end": _HOOKS,
    "on_init": _HOOKS,
    "on_init_kwargs": _HOOKS,
    "on_cleanup": _HOOKS,
    "on_pause": _HOOKS,
    "on_resume": _HOOKS,
    "substitutions": _NAMES,
    "run_name": _NAMES,
    "cache_policy": _POLICY,
    "execution_mode": "what does not depend on a failed step goes on; leave it out",
    "config_path": "choose options in code, with `.with_options(...)`",
    "schedule": "start the pipeline from the scheduler that you have, with `dalsegno run module:pipeline`",
    "build": "there are no images to build; leave it out",
}
